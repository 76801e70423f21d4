"""Lines of source in .BTF.ext: what the compiler noted is found for every instruction, or refused when damaged."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from ebpfhub.schemas.bpf_code import INSTRUCTION_BYTES, read_code
from ebpfhub.schemas.btf import Btf
from ebpfhub.schemas.btf_lines import LineTable, read_lines
from ebpfhub.schemas.elf import FUNCTION, ElfObject
from ebpfhub.schemas.errors import BadInput
from hypothesis import given
from hypothesis import strategies as st

SOURCE = Path(__file__).parent / "programs" / "sample.bpf.c"
STRINGS = b"\0tp/x\0x.c\0a = 1;\0" + b"\xff\xfe;\0" + b"z" * 5000 + b"\0"
NAME, FILE, TEXT, ODD, LONG = 1, 6, 10, 17, 21


def _ext(*rows: tuple[int, int, int, int], size: int = 16, count: int | None = None, name: int = NAME) -> bytes:
    body = struct.pack("<III", size, name, len(rows) if count is None else count)
    body += b"".join(struct.pack("<IIII", *row) for row in rows)
    return struct.pack("<HBBIIIIIII", 0xEB9F, 1, 0, 32, 0, 0, 0, len(body), len(body), 0) + body


def _lines(data: bytes) -> tuple[ElfObject, LineTable]:
    elf = ElfObject.parse(data)
    btf, ext = elf.section(".BTF"), elf.section(".BTF.ext")
    assert btf
    assert ext
    return elf, read_lines(bytes(ext.data), Btf.parse(bytes(btf.data)).strings)


def test_every_instruction_has_the_line_that_it_comes_from(sample: bytes) -> None:
    elf, lines = _lines(sample)
    source = SOURCE.read_text().splitlines()
    for section in read_code(elf, where="sample").sections:
        for symbol in elf.symbols_in(section):
            places = range(symbol.value, symbol.value + symbol.size, INSTRUCTION_BYTES)
            for offset in places if symbol.kind == FUNCTION else ():
                found = lines.at(section.name, offset)
                assert found
                assert found.file.endswith("sample.bpf.c")
                assert found.text == source[found.line - 1]
                assert lines.named("sample.bpf.c", found.line)


def test_lines_of_objects_that_others_compiled_are_read(tools: dict[str, bytes]) -> None:
    for data in tools.values():
        assert _lines(data)[1].sections


def test_code_before_the_first_line_and_unknown_sections_have_none() -> None:
    lines = read_lines(_ext((8, FILE, TEXT, 3 << 10 | 5)), STRINGS)
    assert lines.at("tp/x", 0) is None
    assert lines.at("tp/y", 8) is None
    found = lines.at("tp/x", 800)
    assert found
    assert (found.file, found.line, found.column, found.text) == ("x.c", 3, 5, "a = 1;")


def test_a_text_that_stands_in_two_lines_names_neither() -> None:
    once, twice = (0, FILE, TEXT, 3 << 10), (8, FILE, TEXT, 4 << 10)
    assert read_lines(_ext(once), STRINGS).quoted("  a = 1;")
    assert read_lines(_ext(once, twice), STRINGS).quoted("a = 1;") is None


def test_lines_that_are_long_or_no_utf_8_are_read_all_the_same() -> None:
    lines = read_lines(_ext((0, FILE, ODD, 1 << 10), (8, FILE, LONG, 2 << 10)), STRINGS)
    assert [item.text for _, item in lines.sections["tp/x"]] == ["\ufffd\ufffd;", "z" * 4096]


@pytest.mark.parametrize(
    "ext",
    [
        b"",
        b"\x9f\xeb\1",
        b"\0" * 32,
        _ext((0, FILE, TEXT, 1 << 10))[:-1],
        _ext((0, FILE, TEXT, 1 << 10), count=2),
        _ext((0, FILE, TEXT, 1 << 10), count=0xFFFFFFFF),
        _ext((0, FILE, TEXT, 1 << 10), size=8),
        _ext((0, 99999, TEXT, 1 << 10)),
        _ext((0, FILE, TEXT, 1 << 10), name=99999),
    ],
    ids=["empty", "short", "magic", "cut", "count", "many", "size", "file", "name"],
)
def test_damaged_lines_are_refused(ext: bytes) -> None:
    with pytest.raises(BadInput):
        read_lines(ext, STRINGS)


@given(st.binary(max_size=200), st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(tail: bytes, strings: bytes) -> None:
    head = struct.pack("<HBBIIIIIII", 0xEB9F, 1, 0, 32, 0, 0, 0, len(tail), 0, 0)
    for data in (tail, head + tail, head + struct.pack("<I", 16) + tail):
        try:
            lines = read_lines(data, b"\0" + strings)
        except BadInput:
            continue
        for name in lines.sections:
            lines.at(name, 0)
