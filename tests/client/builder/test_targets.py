"""Building for several architectures: the same where nothing differs, marked where something does, never mixed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ebpfhub.client.builder.architecture import Architecture
from ebpfhub.client.builder.build import BuiltPackage, build_project
from ebpfhub.client.builder.neutrality import difference
from ebpfhub.client.builder.targets import Target
from ebpfhub.client.requirements import require_architecture
from ebpfhub.schemas.errors import Unsupported
from ebpfhub.schemas.package import PackageConfig

Write = Callable[..., Path]
BOTH = Target(architectures=tuple(Architecture))
READS_TASK = """
SEC("tp_btf/sched_process_exit")
int leave(u64 *context) {
	struct task_struct *task = (struct task_struct *)context[0];
	return BPF_CORE_READ(task, mm, arg_start) + BPF_CORE_READ(task, real_parent, tgid);
}
"""
READS_REGISTERS = """
#include <bpf/bpf_tracing.h>
SEC("kprobe/do_unlinkat")
int BPF_KPROBE(enter_unlink, int folder, struct filename *name) { return folder; }
"""
CHOOSES = """
#ifdef __TARGET_ARCH_arm64
int number = 64;
#else
int number = 86;
#endif
"""


def only(architecture: Architecture) -> Target:
    return Target(architectures=(architecture,))


def build(folder: Path, cache: Path, target: Target) -> BuiltPackage:
    return build_project(folder, cache=cache, target=target)


def test_neutral_program_is_one_package_for_all(project: Write, cache: Path, loads: Callable[[bytes], bool]) -> None:
    folder = project(READS_TASK)
    made = build(folder, cache, BOTH)
    assert made.manifest == build_project(folder, cache=cache).manifest
    assert made.config.architecture == ""
    assert loads(made.object)


def test_neutral_objects_differ_in_nothing_but_what_core_replaces(project: Write, cache: Path) -> None:
    objects = [build(project(READS_TASK), cache, only(item)).object for item in Architecture]
    assert objects[0] != objects[1]  # members lie elsewhere
    assert difference(*objects) == ""


def test_program_that_reads_registers_is_for_one_architecture(project: Write, cache: Path) -> None:
    here = Architecture.here()
    assert here is not None
    made = build_project(project(READS_REGISTERS), cache=cache)
    assert made.config.architecture == here.oci
    assert PackageConfig.parse(made.config.to_json()) == made.config


@pytest.mark.parametrize(
    ("architecture", "registers"), [(Architecture.X86_64, "pt_regs"), (Architecture.ARM64, "user_pt_regs")]
)
def test_every_architecture_can_be_built_for(
    architecture: Architecture, registers: str, project: Write, cache: Path
) -> None:
    made = build(project(READS_REGISTERS), cache, only(architecture))
    assert made.config.architecture == architecture.oci
    assert registers in made.facts.core_roots
    assert made.record.kernel.endswith(architecture.oci)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (READS_REGISTERS, r"it reads registers \(struct pt_regs\)"),
        (CHOOSES, "the source names __TARGET_ARCH_arm64"),
        ("const volatile int size = sizeof(struct pt_regs);", "other maps, variables or functions"),
    ],
)
def test_programs_that_differ_are_never_mixed(body: str, reason: str, project: Write, cache: Path) -> None:
    with pytest.raises(Unsupported, match=reason) as caught:
        build(project(body), cache, BOTH)
    assert "ecli build --arch arm64" in caught.value.todo


def test_package_for_another_architecture_does_not_run_here() -> None:
    here = Architecture.here()
    for item in Architecture:
        if item is here:
            require_architecture(item.oci)
        else:
            with pytest.raises(Unsupported, match=item.oci):
                require_architecture(item.oci)
    require_architecture("")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("", 'SEC("raw_tp/sys_exit") int leave(void *context) { return 0; }', "different programs"),
        (READS_TASK, READS_TASK.replace("real_parent, tgid", "parent, tgid"), "other members"),
        (READS_TASK, READS_TASK.replace("return BPF", "return 1 + BPF"), "other instructions"),
        ("int a = 1;", "int a = 2;", "other maps, variables"),
        ("long a = 1;", "long a = 1;", ""),
    ],
)
def test_differences_are_found(one: str, other: str, expected: str, project: Write, cache: Path) -> None:
    objects = [build_project(project(body), cache=cache).object for body in (one, other)]
    found = difference(*objects)
    assert (expected in found) if expected else found == ""
