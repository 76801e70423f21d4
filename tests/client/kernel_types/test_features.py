"""What the running kernel lacks, told before loading, and true: this one has no kprobes and refuses fentry and LSM."""

from __future__ import annotations

from pathlib import Path

import pytest
from ebpfhub.client.kernel_types.features import Evidence, Missing, missing
from ebpfhub.client.kernel_types.machine import Machine
from ebpfhub.client.loader.kernel import Kernel
from ebpfhub.client.loader.libbpf import Library
from ebpfhub.client.loader.program import LoadedProgram
from ebpfhub.schemas.bpf_object import BpfObject
from ebpfhub.schemas.errors import HubError

from .conftest import Compiled

SOURCES = Path("/sys/bus/event_source/devices")


def of(found: list[Missing], program: str) -> dict[str, Missing]:
    return {item.feature: item for item in found if item.program == program}


def old_machine(folder: Path, release: str = "4.14.1-el7") -> Machine:
    return Machine(
        release=release, architecture="aarch64", tracing=(), btf=str(folder / "btf"), sources=folder / "sources",
        options=(folder / "config",),
    )  # fmt: skip


@pytest.fixture(scope="session")
def found(compiled: Compiled) -> list[Missing]:
    return missing(BpfObject.parse(compiled("hooks")), Kernel(), library=Library())


def test_what_a_kernel_lacks_is_what_it_refuses(found: list[Missing]) -> None:
    """On a kernel with kprobes, fentry and LSM this list is shorter: the test asks the kernel which it is."""
    library = Library()
    fentry, lsm = (bool(library.call("libbpf_probe_bpf_prog_type", number, None)) for number in (26, 29))
    assert (of(found, "on_kprobe") == {}) == (SOURCES / "kprobe").exists()
    assert (of(found, "on_uprobe") == {}) == (SOURCES / "uprobe").exists()
    assert ("program type fentry" not in of(found, "on_fentry")) == fentry
    assert ("program type lsm" not in of(found, "on_lsm")) == lsm
    assert all(item.certain for item in of(found, "on_kprobe").values())


def test_what_is_there_is_not_missing(found: list[Missing]) -> None:
    for program in ("on_xdp", "on_tp_btf", "on_connect", "on_optional", "even"):
        assert of(found, program) == {}


def test_what_no_kernel_has_is_missing(found: list[Missing]) -> None:
    assert not of(found, "odd")["map type 99"].certain
    assert of(found, "on_no_tp")["helper #9999"].evidence is Evidence.TRIED
    assert of(found, "on_no_tp_btf")["tp_btf target no_such_tracepoint"].evidence is Evidence.TYPES


def test_fields_that_are_not_there_are_named(compiled: Compiled) -> None:
    elf = compiled("absent")
    made = missing(BpfObject.parse(elf), Kernel(), bpf_object=elf)
    assert {(item.program, item.feature, item.certain) for item in made} == {
        ("asks", "struct no_such_struct", False),
        ("assumes", "field a[1].b of struct task_struct", True),
        ("assumes", "value NO_SUCH_VALUE of enum bpf_map_type", True),
    }
    assert [item.certain for item in made] == [True, True, False]
    with LoadedProgram(elf, "absent") as program, pytest.raises(HubError, match="verifier refuses"):
        program.load()


def test_programs_that_load_lack_nothing_for_certain(compiled: Compiled) -> None:
    for name in ("fields", "simple", "plain"):
        elf = compiled(name)
        made = missing(BpfObject.parse(elf), Kernel(), bpf_object=elf, library=Library())
        assert not any(item.certain for item in made)
        with LoadedProgram(elf, name) as program:
            program.load()


def test_a_version_alone_is_never_certain(compiled: Compiled, tmp_path: Path) -> None:
    made = missing(BpfObject.parse(compiled("hooks")), Kernel(), machine=old_machine(tmp_path))
    assert not any(item.certain for item in made if item.evidence is Evidence.VERSION)
    assert of(made, "on_fentry")["program type fentry"].since == (5, 5)
    assert of(made, "on_fentry")["trampolines on aarch64"].since == (6, 4)
    assert of(made, "on_multi")["hook kprobe.multi"].since == (5, 18)
    assert of(made, "on_connect")["program type cgroup"].since == (4, 17)
    assert of(made, "on_xdp") == {}


def test_nothing_is_tried_by_a_user_who_may_not_load(compiled: Compiled, tmp_path: Path) -> None:
    """The kernel refuses him everything: that says nothing of what it has."""
    status = tmp_path / "status"
    status.write_text("CapEff:\t0000000000000000\n")
    made = missing(BpfObject.parse(compiled("hooks")), Kernel(status=str(status)), library=Library())
    assert all(item.evidence is not Evidence.TRIED for item in made)


def test_options_and_lists_of_the_kernel_are_read(compiled: Compiled, tmp_path: Path) -> None:
    facts = BpfObject.parse(compiled("hooks"))
    (tmp_path / "sources" / "uprobe").mkdir(parents=True)
    (tmp_path / "config").write_text(
        "CONFIG_BPF_LSM=y\nCONFIG_UPROBE_EVENTS=y\n# CONFIG_FPROBE is not set\nCONFIG_KPROBE_EVENTS=m\n"
    )
    (tmp_path / "tracing/events/syscalls/sys_enter_openat").mkdir(parents=True)
    machine = Machine(
        release="6.8.0", architecture="x86_64", tracing=(str(tmp_path / "tracing"),), btf=str(tmp_path / "none"),
        sources=tmp_path / "sources", options=(tmp_path / "config.gz", tmp_path / "config"),
    )  # fmt: skip
    made = missing(facts, Kernel(btf=str(tmp_path / "none")), machine=machine)
    assert of(made, "on_kprobe")["kprobes"].evidence is Evidence.FILES
    assert of(made, "on_uprobe") == of(made, "on_tp") == {}
    assert of(made, "on_multi")["hook kprobe.multi (CONFIG_FPROBE)"].evidence is Evidence.OPTIONS
    assert "tracepoint syscalls/no_such_tracepoint" in of(made, "on_no_tp")
    assert list(of(made, "on_tp_btf")) == ["types of its own (CONFIG_DEBUG_INFO_BTF)"]


def test_what_cannot_be_known_is_not_missing(compiled: Compiled, tmp_path: Path) -> None:
    machine = old_machine(tmp_path, release="mine")
    made = missing(BpfObject.parse(compiled("hooks")), Kernel(), machine=machine, bpf_object=compiled("hooks"))
    assert [item.feature for item in made] == ["map type 99"]
