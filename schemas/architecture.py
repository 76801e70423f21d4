"""On which processors a BPF object runs, as far as its code tells: by how it reads a task's registers.

Byte code is the same everywhere, but probes get `struct pt_regs`, and every architecture names and orders its own.
"""

from __future__ import annotations

from enum import StrEnum

from .bpf_object import BpfObject
from .btf import BtfType, Kind


class Architecture(StrEnum):
    """Processors that packages are made for."""

    X86_64 = "x86-64"
    ARM64 = "arm64"

    @property
    def oci(self) -> str:
        """OCI's name (image specification 1.1: Go's GOARCH)."""
        return {Architecture.X86_64: "amd64", Architecture.ARM64: "arm64"}[self]


_X86_REGISTERS = frozenset(
    [
        "ax",
        "bx",
        "cx",
        "dx",
        "si",
        "di",
        "bp",
        "sp",
        "ip",
        "orig_ax",
        "rax",
        "rbx",
        "rcx",
        "rdx",
        "rsi",
        "rdi",
        "rbp",
        "rsp",
        "rip",
        "orig_rax",
        "r8",
        "r9",
        "r10",
        "r11",
        "r12",
        "r13",
        "r14",
        "r15",
    ]
)


_NAMES = frozenset({"pt_regs", "user_pt_regs"})
_GIVEN = frozenset({"kprobe", "uprobe", "perf_event"})  # types of programs that are called with registers


def architectures_of(source: BpfObject) -> tuple[Architecture, ...]:
    """The architectures whose registers an object reads; all of them where it reads none, or of several."""
    given = any(program.kind.type in _GIVEN for program in source.programs) or _NAMES & set(source.core_roots)
    types = source.btf.types if given else ()
    found = {made for item in types if item.kind is Kind.STRUCT for made in _read(item)}
    return tuple(found) if len(found) == 1 else tuple(Architecture)


def _read(item: BtfType) -> tuple[Architecture, ...]:
    """What a struct's members betray; ARM's has its own name (uapi/asm/ptrace.h)."""
    names = {member.name for member in item.members}
    if item.name == "pt_regs" and names & _X86_REGISTERS:
        return (Architecture.X86_64,)
    if item.name == "user_pt_regs" and names & {"regs", "pc", "pstate"}:
        return (Architecture.ARM64,)
    return ()
