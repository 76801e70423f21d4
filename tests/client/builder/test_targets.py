"""Building for several architectures: one object where nothing differs, else one for each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ebpfhub.client.architecture import own_architecture
from ebpfhub.client.builder.architecture import Architecture
from ebpfhub.client.builder.build import BuiltPackage, build_project
from ebpfhub.client.builder.neutrality import difference
from ebpfhub.client.builder.record import Part
from ebpfhub.client.builder.targets import Target
from ebpfhub.client.requirements import require_architecture
from ebpfhub.schemas.contents import PackageContents
from ebpfhub.schemas.errors import BadInput, Unsupported
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
SEC("raw_tp/sys_exit")
int leave(void *context) {
#ifdef __TARGET_ARCH_arm64
	return bpf_get_smp_processor_id() + 64;
#else
	return bpf_get_smp_processor_id() + 86;
#endif
}
"""


def only(architecture: Architecture) -> Target:
    return Target(architectures=(architecture,))


def build(folder: Path, cache: Path, target: Target) -> BuiltPackage:
    return build_project(folder, cache=cache, target=target)


def test_neutral_program_is_one_package_for_all(project: Write, cache: Path, loads: Callable[[bytes], bool]) -> None:
    folder = project(READS_TASK)
    made = build(folder, cache, BOTH)
    assert made.manifest == build_project(folder, cache=cache).manifest
    assert made.config.architectures == ()
    assert loads(made.object)


def test_neutral_objects_differ_in_nothing_but_what_core_replaces(project: Write, cache: Path) -> None:
    objects = [build(project(READS_TASK), cache, only(item)).object for item in Architecture]
    assert objects[0] != objects[1]  # members lie elsewhere
    assert difference(*objects) == ""


@pytest.mark.parametrize("body", [READS_REGISTERS, CHOOSES])
def test_program_that_differs_has_an_object_for_each_architecture(body: str, project: Write, cache: Path) -> None:
    folder = project(body)
    made = build(folder, cache, BOTH)
    assert made.config.architectures == ("amd64", "arm64")
    assert PackageConfig.parse(made.config.to_json()) == made.config
    assert made.manifest == build_project(folder, cache=cache).manifest  # as nothing was asked for
    contents = PackageContents.open(made.manifest, made.blobs)
    assert contents.objects() == tuple(build(folder, cache, only(item)).object for item in Architecture)
    assert contents.bpf_object("arm64") == contents.objects()[1] != contents.objects()[0]
    assert contents.bpf_object(own_architecture()) == made.object
    assert contents.bpf_object("riscv64") is not None  # to be looked at; it is kept from running


def test_program_that_compiles_for_one_architecture_is_for_it_alone(project: Write, cache: Path) -> None:
    here = Architecture.here()
    assert here is not None
    folder = project(f"#ifndef __TARGET_ARCH_{here.libbpf}\n#error for one machine\n#endif\n{READS_REGISTERS}")
    made = build_project(folder, cache=cache)
    assert made.config.architectures == (here.oci,)
    (notice,) = [item for item in made.notices if "does not compile" in item]
    assert notice.startswith("it is not for ")
    assert notice.endswith("demo.bpf.c:5:2: error: for one machine")
    with pytest.raises(BadInput, match="for one machine"):
        build(folder, cache, BOTH)


def test_objects_that_are_used_differently_are_no_one_package(project: Write, cache: Path) -> None:
    folder = project(f"const volatile int size = sizeof(struct pt_regs);\n{READS_REGISTERS}")
    made = build_project(folder, cache=cache)
    assert len(made.config.architectures) == 1
    assert any("options, events or attach points differ" in notice for notice in made.notices)
    with pytest.raises(Unsupported, match="options, events or attach points differ") as caught:
        build(folder, cache, BOTH)
    assert "ecli build --arch arm64" in caught.value.todo


def test_materials_of_every_object_are_recorded(project: Write, cache: Path) -> None:
    made = build(project(READS_REGISTERS), cache, BOTH)
    assert [item.name for item in made.record.of(Part.TYPES)] == ["x86_64/vmlinux.h", "arm64/vmlinux.h"]
    assert made.record.architectures == ("x86_64", "arm64")


@pytest.mark.parametrize(
    ("architecture", "registers"), [(Architecture.X86_64, "pt_regs"), (Architecture.ARM64, "user_pt_regs")]
)
def test_every_architecture_can_be_built_for(
    architecture: Architecture, registers: str, project: Write, cache: Path
) -> None:
    made = build(project(READS_REGISTERS), cache, only(architecture))
    assert made.config.architectures == (architecture.oci,)
    assert registers in made.facts.core_roots
    assert made.record.kernel.endswith(architecture.oci)


def test_package_for_another_architecture_does_not_run_here() -> None:
    here = Architecture.here()
    for item in Architecture:
        if item is here:
            require_architecture((item.oci,))
        else:
            with pytest.raises(Unsupported, match=item.oci):
                require_architecture((item.oci,))
    require_architecture(tuple(item.oci for item in Architecture))
    require_architecture(())


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
