"""What compiles, and even loads, but does not do what its author expects: notices, which do not end a build."""

from __future__ import annotations

from collections.abc import Iterator

from ...schemas.bpf_object import BpfObject
from ...schemas.elf import ElfObject

_DATA = (".data", ".rodata", ".bss")


def pitfalls(data: bytes, facts: BpfObject) -> Iterator[str]:
    """List the pitfalls of a built object. Raises: BadInput where it is no BPF object."""
    if not facts.license:
        yield (
            "the program names no licence, so the kernel refuses it many helpers: write"
            ' char LICENSE[] SEC("license") = "GPL"; or a compatible one'
        )
    for name in dict.fromkeys(_with_addresses(ElfObject.parse(data), facts)):
        yield (
            f"{name} holds addresses, which are 0 in the kernel: choose with switch in the code, or keep texts as"
            " arrays, char NAME[COUNT][LENGTH]"
        )


def _with_addresses(elf: ElfObject, facts: BpfObject) -> Iterator[str]:
    """Variables whose values the linker would fill in, which libbpf does not (it leaves such relocations out)."""
    for section in elf.sections:
        if section.name not in _DATA and not section.name.startswith(tuple(f"{name}." for name in _DATA)):
            continue
        known = next((item.variables for item in facts.sections if item.name == section.name), ())
        for relocation in elf.relocations(section):
            at = relocation.offset
            named = (item.name for item in known if item.offset <= at < item.offset + item.size)
            yield next(named, f"a variable in {section.name}")
