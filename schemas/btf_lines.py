"""The lines of source that instructions come from, as .BTF.ext tells them (kernel: Documentation/bpf/btf).

Bytes in, facts out, within limits. Which instruction the verifier rejected is client/verifier's.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from .btf import string_at
from .errors import BadInput

MAX_LINES = 1_000_000  # of an object: one for each instruction at most
MAX_TEXT_BYTES = 4096  # of a line; the rest is left out
_HEADER = struct.Struct("<HBBI")
_TABLES = struct.Struct("<IIII")  # offset and size of functions, of lines
_PAIR = struct.Struct("<II")
_LINE = struct.Struct("<IIII")
_MAGIC = 0xEB9F
_MAX_RECORD_BYTES = 256
_COLUMN_BITS = 10


@dataclass(frozen=True, slots=True)
class SourceLine:
    """Line `line` of `file`, both counted from 1; `column` in bytes from 1, or 0 where the compiler knew none.

    `text` is the line as the compiler read it.
    """

    file: str
    line: int
    column: int
    text: str


@dataclass(frozen=True)
class LineTable:
    """What the code of each section comes from: (offset in bytes, line), in the order of the code."""

    sections: dict[str, tuple[tuple[int, SourceLine], ...]]

    def at(self, section: str, offset: int) -> SourceLine | None:
        """The line of the instruction at `offset` bytes in a section, or None where it has none."""
        number = bisect_right(self._offsets.get(section, ()), offset) - 1
        return self.sections[section][number][1] if number >= 0 else None

    def named(self, file: str, line: int) -> SourceLine | None:
        """The first place in a line of a file, by the file's last name; None where no instruction comes from it."""
        found = [
            item
            for rows in self.sections.values()
            for _, item in rows
            if item.line == line and item.file.rpartition("/")[2] == file
        ]
        return min(found, key=lambda item: item.column, default=None)

    def quoted(self, text: str) -> SourceLine | None:
        """The line that reads so; None where there is none, or more than one."""
        found = {
            (item.file, item.line): item
            for rows in self.sections.values()
            for _, item in rows
            if item.text.strip() == text.strip()
        }
        return next(iter(found.values())) if len(found) == 1 else None

    @cached_property
    def _offsets(self) -> dict[str, list[int]]:
        return {name: [offset for offset, _ in rows] for name, rows in self.sections.items()}


NO_LINES = LineTable({})


def read_lines(ext: bytes, strings: bytes, *, where: str = ".BTF.ext") -> LineTable:
    """Read the lines of a .BTF.ext section whose names are in `strings`, at most MAX_LINES. Raises: BadInput."""
    try:
        return LineTable(dict(_sections(_table(ext, where), strings, where)))
    except struct.error as error:
        raise BadInput("is cut off", where=where) from error


def _table(ext: bytes, where: str) -> bytes:
    magic, version, _, header_size = _HEADER.unpack_from(ext)
    if magic != _MAGIC or version != 1:
        raise BadInput("is not extended BTF of version 1", where=where)
    _, _, start, size = _TABLES.unpack_from(ext, _HEADER.size)
    begin = header_size + start
    if begin + size > len(ext):
        raise BadInput("is cut off", where=where)
    return ext[begin : begin + size]


def _sections(data: bytes, strings: bytes, where: str) -> Iterator[tuple[str, tuple[tuple[int, SourceLine], ...]]]:
    size = int.from_bytes(data[:4], "little")
    if data and not _LINE.size <= size <= _MAX_RECORD_BYTES:
        raise BadInput("has lines of an odd size", where=where)
    at, left = 4, MAX_LINES
    while at < len(data):
        name, count = _PAIR.unpack_from(data, at)
        at += _PAIR.size
        if count > left or at + count * size > len(data):
            raise BadInput("has too many lines or is cut off", where=where)
        left -= count
        rows = [_row(_LINE.unpack_from(data, at + number * size), strings, where) for number in range(count)]
        at += count * size
        yield string_at(strings, name, where), tuple(sorted(rows, key=lambda row: row[0]))


def _row(words: tuple[int, int, int, int], strings: bytes, where: str) -> tuple[int, SourceLine]:
    offset, file, text, place = words
    number, column = place >> _COLUMN_BITS, place & (1 << _COLUMN_BITS) - 1
    return offset, SourceLine(string_at(strings, file, where), number, column, _text(strings, text))


def _text(strings: bytes, offset: int) -> str:
    """A line of source may be longer than any name, and in any encoding."""
    return strings[offset : offset + MAX_TEXT_BYTES].partition(b"\0")[0].decode("utf-8", "replace")
