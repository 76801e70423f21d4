"""Write BTF and .BTF.ext: types, strings and relocations in, bytes out. What to write is for their users to say."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from .btf import BtfType, Kind

_MAGIC, _VERSION = 0xEB9F, 1
_HEADER = struct.Struct("<HBBIIIII")
_EXT_HEADER = struct.Struct("<HBBIIIIIII")
_REFERRING = frozenset(
    {Kind.PTR, Kind.TYPEDEF, Kind.VOLATILE, Kind.CONST, Kind.RESTRICT, Kind.FUNC, Kind.FUNC_PROTO, Kind.VAR}
    | {Kind.DECL_TAG, Kind.TYPE_TAG}
)
_VLEN = 0xFFFF


class Strings:
    """BTF's table of strings: each once, in the order of first use."""

    def __init__(self) -> None:
        self.data = bytearray(1)
        self._places = {b"": 0}

    def add(self, text: str) -> int:
        """Give the place of a string."""
        return self.add_bytes(text.encode())

    def add_bytes(self, text: bytes) -> int:
        """Give the place of a string in any encoding, such as a line of source."""
        if text not in self._places:
            self._places[text] = len(self.data)
            self.data += text + b"\0"
        return self._places[text]


def write_btf(types: Iterable[BtfType], strings: Strings) -> bytes:
    """Write a .BTF section of types (without void) whose ids are their places, counted from 1."""
    body = b"".join(_type(item, strings) for item in types)
    table = bytes(strings.data)
    return _HEADER.pack(_MAGIC, _VERSION, 0, _HEADER.size, 0, len(body), len(body), len(table)) + body + table


@dataclass(frozen=True, slots=True)
class ExtTable:
    """One table of .BTF.ext: its record's size in bytes, and (place of the section's name, records) in order."""

    record_size: int
    sections: tuple[tuple[int, tuple[bytes, ...]], ...]

    def pack(self) -> bytes:
        """The table's bytes; nothing where it has no records."""
        parts = [struct.pack("<II", name, len(rows)) + b"".join(rows) for name, rows in self.sections if rows]
        return struct.pack("<I", self.record_size) + b"".join(parts) if parts else b""


def write_ext(functions: ExtTable, lines: ExtTable, relocations: ExtTable) -> bytes:
    """Write a .BTF.ext section."""
    parts = [table.pack() for table in (functions, lines, relocations)]
    places: list[int] = []
    at = 0
    for part in parts:
        places += [at, len(part)]
        at += len(part)
    return _EXT_HEADER.pack(_MAGIC, _VERSION, 0, _EXT_HEADER.size, *places) + b"".join(parts)


def _type(item: BtfType, strings: Strings) -> bytes:
    tail, count = _tail(item, strings)
    info = int(item.flag) << 31 | int(item.kind) << 24 | count
    value = 0 if item.kind == Kind.ARRAY else item.type if item.kind in _REFERRING else item.size
    return struct.pack("<III", strings.add(item.name), info, value) + tail


def _tail(item: BtfType, strings: Strings) -> tuple[bytes, int]:  # noqa: PLR0911 - one return for each kind
    """What follows a type's three words, and its number of items."""
    match item.kind:
        case Kind.INT:
            return struct.pack("<I", item.encoding << 24 | item.index << 16 | item.bits), 0
        case Kind.ARRAY:
            return struct.pack("<III", item.type, item.index, item.count), 0
        case Kind.STRUCT | Kind.UNION:
            rows = [
                struct.pack("<III", strings.add(row.name), row.type, row.bits << 24 | row.bit_offset)
                for row in item.members
            ]
            return b"".join(rows), len(rows)
        case Kind.ENUM:
            rows = [struct.pack("<II", strings.add(name), value & 0xFFFFFFFF) for name, value in item.values]
            return b"".join(rows), len(rows)
        case Kind.ENUM64:
            rows = [
                struct.pack("<III", strings.add(name), value & 0xFFFFFFFF, value >> 32 & 0xFFFFFFFF)
                for name, value in item.values
            ]
            return b"".join(rows), len(rows)
        case Kind.FUNC_PROTO:
            rows = [struct.pack("<II", strings.add(row.name), row.type) for row in item.members]
            return b"".join(rows), len(rows)
        case Kind.DATASEC:
            rows = [struct.pack("<III", row.type, row.offset, row.size) for row in item.places]
            return b"".join(rows), len(rows)
        case Kind.VAR | Kind.DECL_TAG:
            return struct.pack("<I", item.encoding), 0
        case Kind.FUNC:
            return b"", item.encoding & _VLEN
        case _:
            return b"", 0
