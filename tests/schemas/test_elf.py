"""ELF objects: read within limits, or refused."""

from __future__ import annotations

import struct

import pytest
from ebpfhub.schemas.elf import FUNCTION, MAX_SECTIONS, ElfObject
from ebpfhub.schemas.errors import BadInput


def test_sections_symbols_and_relocations_are_read(sample: bytes) -> None:
    elf = ElfObject.parse(sample)
    section = elf.section("tracepoint/syscalls/sys_enter_openat")
    assert section is not None
    assert [(item.name, item.kind) for item in elf.symbols_in(section)][-1] == ("enter_openat", FUNCTION)
    names = {item.symbol.name for item in elf.relocations(section)}
    assert {"seen", "events", "target_pid", "subprogram"} <= names


@pytest.mark.parametrize("size", [0, 3, 16, 63, 64, 200])
def test_truncated_elf_is_refused(sample: bytes, size: int) -> None:
    with pytest.raises(BadInput):
        ElfObject.parse(sample[:size])


def test_object_cut_in_its_last_section_is_refused(sample: bytes) -> None:
    with pytest.raises(BadInput, match="cut off"):
        ElfObject.parse(sample[:-1])


def _with(data: bytes, offset: int, form: str, value: int) -> bytes:
    made = bytearray(data)
    struct.pack_into(form, made, offset, value)
    return bytes(made)


def test_objects_of_other_machines_are_refused(sample: bytes) -> None:
    for machine in (62, 183):
        with pytest.raises(BadInput, match="not a BPF object"):
            ElfObject.parse(_with(sample, 18, "<H", machine))


def test_big_endian_object_is_refused(sample: bytes) -> None:
    with pytest.raises(BadInput, match="little-endian"):
        ElfObject.parse(_with(sample, 5, "<B", 2))


def test_executable_is_refused(sample: bytes) -> None:
    with pytest.raises(BadInput, match="not a BPF object"):
        ElfObject.parse(_with(sample, 16, "<H", 2))


def test_too_many_sections_are_refused(sample: bytes) -> None:
    with pytest.raises(BadInput, match="table of sections"):
        ElfObject.parse(_with(sample, 60, "<H", MAX_SECTIONS + 1))


def test_section_table_beyond_the_end_is_refused(sample: bytes) -> None:
    with pytest.raises(BadInput, match="cut off"):
        ElfObject.parse(_with(sample, 40, "<Q", 2**63))


def test_symbol_in_a_missing_section_is_refused(sample: bytes) -> None:
    elf = ElfObject.parse(sample)
    table = next(section for section in elf.sections if section.name == ".symtab")
    start = sample.index(bytes(table.data))
    with pytest.raises(BadInput, match="symbol"):
        ElfObject.parse(_with(sample, start + 24 + 6, "<H", 0xFEFF))
