"""The function symbols of a program file or library (ELF, 64 bit, this machine's byte order), for addresses in it.

Files may be hostile: sizes and counts are bounded, and what cannot be read has no symbols. BPF objects are read by
schemas/elf.py, which wants other things of them.
"""

from __future__ import annotations

import os
import stat
import struct
import sys
from array import array
from bisect import bisect_right
from typing import NamedTuple

MAX_SYMBOLS = 1_000_000  # of one file
MAX_TABLE_BYTES = 64 * 1024 * 1024  # of symbols, or of their names
MAX_HEADERS = 4096  # of sections, or of segments
MAX_NAME_BYTES = 512
_LOAD, _SYMTAB, _DYNSYM = 1, 2, 11
_FUNCTION, _INDIRECT = 2, 10  # types of symbols: STT_FUNC, STT_GNU_IFUNC
_IDENT = b"\x7fELF\x02" + (b"\x01" if sys.byteorder == "little" else b"\x02")
_HEADER = struct.Struct("=16sHHIQQQIHHHHHH")
_SECTION = struct.Struct("=IIQQQQIIQQ")
_SEGMENT = struct.Struct("=IIQQQQQQ")
_SYMBOL = struct.Struct("=IBBHQQ")


class Segment(NamedTuple):
    """A loadable part: where it is in the file, its address there, its size in the file."""

    offset: int
    address: int
    size: int


class Image:
    """A file's functions in order of their addresses."""

    def __init__(self, segments: list[Segment], starts: array[int], places: array[int], names: bytes) -> None:
        self._segments, self._starts, self._places, self._names = segments, starts, places, names

    @classmethod
    def read(cls, path: str) -> Image | None:
        """Read a regular file's symbols: of .symtab, or else of .dynsym. None where it cannot be had."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        except (OSError, ValueError):
            return None
        try:
            return _read(descriptor) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
        except (OSError, struct.error, ValueError, OverflowError, MemoryError):
            return None
        finally:
            os.close(descriptor)

    def find(self, offset: int) -> str:
        """Return `symbol+0x1a` for a byte of the file, or "" where there is none."""
        segment = next((item for item in self._segments if 0 <= offset - item.offset < item.size), None)
        if segment is None:
            return ""
        address = offset - segment.offset + segment.address
        place = bisect_right(self._starts, address) - 1
        if place < 0:
            return ""
        start, at = self._starts[place], self._places[place]
        name = self._names[at : at + MAX_NAME_BYTES].partition(b"\0")[0].decode("utf-8", "backslashreplace")
        return f"{name}+{address - start:#x}" if address > start else name


def _read(descriptor: int) -> Image | None:
    header = os.pread(descriptor, _HEADER.size, 0)
    if not header.startswith(_IDENT):
        return None
    (_, _, _, _, _, segments_at, sections_at, _, _, segment_size, segments, section_size, sections, _) = _HEADER.unpack(
        header
    )
    if segment_size != _SEGMENT.size or segments > MAX_HEADERS or sections > MAX_HEADERS:
        return None
    loads = [
        Segment(offset, address, size)
        for kind, _, offset, address, _, size, _, _ in _SEGMENT.iter_unpack(
            _at(descriptor, segments_at, segments * _SEGMENT.size)
        )
        if kind == _LOAD
    ]
    if section_size != _SECTION.size:
        return Image(loads, array("Q"), array("Q"), b"")
    tables = list(_SECTION.iter_unpack(_at(descriptor, sections_at, sections * _SECTION.size)))
    for wanted in (_SYMTAB, _DYNSYM):
        for table in tables:
            if table[1] == wanted and table[6] < len(tables):
                starts, places, names = _symbols(descriptor, table, tables[table[6]])
                if starts:
                    return Image(loads, starts, places, names)
    return Image(loads, array("Q"), array("Q"), b"")


def _symbols(descriptor: int, table: tuple[int, ...], strings: tuple[int, ...]) -> tuple[array[int], array[int], bytes]:
    count = min(table[5] // _SYMBOL.size, MAX_SYMBOLS)
    names = _at(descriptor, strings[4], strings[5])
    found = sorted(
        (value, name)
        for name, info, _, section, value, _ in _SYMBOL.iter_unpack(_at(descriptor, table[4], count * _SYMBOL.size))
        if section and info & 15 in (_FUNCTION, _INDIRECT) and 0 < name < len(names)
    )
    return array("Q", [value for value, _ in found]), array("Q", [name for _, name in found]), names


def _at(descriptor: int, offset: int, size: int) -> bytes:
    """Read a part of the file, whole. Raises: OSError, ValueError."""
    if size > MAX_TABLE_BYTES:
        raise ValueError("too large")
    data = os.pread(descriptor, size, offset) if size else b""
    if len(data) < size:
        raise ValueError("cut off")
    return data
