"""Whether a program is the same for every architecture: two objects compared but for what CO-RE replaces at loading.

A quick look at one object tells what names an architecture for sure; only comparing proves that nothing does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ...schemas.bpf_object import BpfObject
from ...schemas.elf import EXECUTABLE, PROGBITS, SECTION, ElfObject, Section
from ..kernel_types.resolve import Need, Unusual, read_need

_REGISTERS = frozenset({"pt_regs", "user_pt_regs", "user_regs_struct"})  # differ in their members' names
_MACROS = re.compile(r"\b(?:__TARGET_ARCH_\w+|bpf_target_\w+|__x64_sys_|__arm64_sys_)")
_CODE_BYTES = 8
_PATCHED = slice(2, 8)  # bytes: offset and immediate of an instruction: what libbpf writes into it
_LOAD_IMM64 = 0x18


def names_architecture(facts: BpfObject, sources: Iterable[str]) -> str:
    """What in an object or its sources is one architecture's own, in words; empty when nothing is seen to be."""
    for text in sources:
        if found := _MACROS.search(text):
            return f"the source names {found[0]}"
    if found_roots := sorted(_REGISTERS & set(facts.core_roots)):
        return f"it reads registers (struct {found_roots[0]})"
    named = next((item.section for item in facts.programs if _MACROS.search(item.section)), "")
    return f"it attaches to {named}" if named else ""


def difference(one: bytes, other: bytes) -> str:
    """The first thing in which two objects differ that CO-RE does not even out, in words; empty when none does.

    Raises: BadInput for what is no BPF object.
    """
    elfs = ElfObject.parse(one), ElfObject.parse(other)
    facts = BpfObject.parse(one), BpfObject.parse(other)
    codes = [{item.name: item for item in elf.sections if _is_code(item)} for elf in elfs]
    if list(codes[0]) != list(codes[1]):
        return "they have different programs"
    cores = [_core(item, elf) for item, elf in zip(facts, elfs, strict=True)]
    for name in codes[0]:
        if cores[0].get(name) != cores[1].get(name):
            return f"{name} reads other members of the kernel's types"
        masked = [_masked(code[name], core.get(name, {})) for code, core in zip(codes, cores, strict=True)]
        links = [list(_links(elf, code[name])) for elf, code in zip(elfs, codes, strict=True)]
        if masked[0] != masked[1] or links[0] != links[1]:
            return f"{name} has other instructions"
    if _shape(facts[0]) != _shape(facts[1]):
        return "they have other maps, variables or functions"
    return ""


def _is_code(section: Section) -> bool:
    return section.kind == PROGBITS and bool(section.flags & EXECUTABLE) and bool(section.size)


def _core(facts: BpfObject, elf: ElfObject) -> dict[str, dict[int, tuple[object, ...]]]:
    """CO-RE relocations by section and place, told by names, as their numbers are each kernel's own."""
    section, made = elf.section(".BTF.ext"), dict[str, dict[int, tuple[object, ...]]]()
    for item in facts.btf.core_relocations(bytes(section.data)) if section else ():
        try:
            need = read_need(facts.btf, item)
        except Unusual:
            told: tuple[object, ...] = (item.kind, item.access)
        else:
            told = (item.kind, need.name, need.kind, _steps(need))
        made.setdefault(item.section, {})[item.offset] = told
    return made


def _steps(need: Need) -> tuple[object, ...]:
    return tuple(step.name or step.index for step in need.steps)


def _masked(section: Section, patched: Iterable[int]) -> bytes:
    code = bytearray(section.data)
    for place in patched:
        if place + _CODE_BYTES <= len(code):
            ends = (0, _CODE_BYTES) if code[place] == _LOAD_IMM64 else (0,)
            for end in ends:
                code[place + end + _PATCHED.start : place + end + _PATCHED.stop] = bytes(6)
    return bytes(code)


def _links(elf: ElfObject, section: Section) -> Iterator[tuple[int, int, str]]:
    """Relocations by name; a symbol that stands for a section by that section's."""
    for item in elf.relocations(section):
        symbol = item.symbol
        is_section = symbol.kind == SECTION and symbol.section < len(elf.sections)
        yield item.offset, item.kind, elf.sections[symbol.section].name if is_section else symbol.name


def _shape(facts: BpfObject) -> tuple[object, ...]:
    programs = [(item.name, item.section, item.instructions, item.helpers, item.kfuncs) for item in facts.programs]
    data = [
        (item.name, item.image, [(row.name, row.offset, row.size) for row in item.variables]) for item in facts.sections
    ]
    return facts.license, programs, facts.maps, data
