"""A kernel's BTF, read lazily: where each type begins, and which types have a name; a type is decoded when asked for.

A kernel has over 100,000 types and a program needs a dozen. Objects' small BTF is schemas/btf.py's.
"""

from __future__ import annotations

import re
import struct
import sys
from array import array
from collections.abc import Iterable, Iterator

from ...schemas.btf import VOID, BtfType, Kind, read_type, string_at
from ...schemas.errors import BadInput
from ...schemas.kernel_types import MAX_KERNEL_BTF_BYTES

MAX_KERNEL_TYPES = 1 << 20  # BTF_MAX_TYPE of the kernel
_HEADER = struct.Struct("<HBBIIIII")
_MAGIC = 0xEB9F
_END, _FLAVOUR = b"\0", b"___"
_FLAVOURED = re.compile("(.*[^_])___[^_]", re.DOTALL)
_MAX_PLACES = 65536  # of one name in the strings
_MAX_ITEMS = 0xFFFF  # of one type

# Words of a type: fixed ones, and those of each member, value, parameter or variable.
_SHAPES: dict[int, tuple[int, int]] = {
    Kind.INT: (4, 0),
    Kind.PTR: (3, 0),
    Kind.ARRAY: (6, 0),
    Kind.STRUCT: (3, 3),
    Kind.UNION: (3, 3),
    Kind.ENUM: (3, 2),
    Kind.FWD: (3, 0),
    Kind.TYPEDEF: (3, 0),
    Kind.VOLATILE: (3, 0),
    Kind.CONST: (3, 0),
    Kind.RESTRICT: (3, 0),
    Kind.FUNC: (3, 0),  # its linkage stands where others have their count
    Kind.FUNC_PROTO: (3, 2),
    Kind.VAR: (4, 0),
    Kind.DATASEC: (3, 3),
    Kind.FLOAT: (3, 0),
    Kind.DECL_TAG: (4, 0),
    Kind.TYPE_TAG: (3, 0),
    Kind.ENUM64: (3, 3),
}


class KernelTypes:
    """All types of a kernel by id; 0 is void. `named()` finds some of them. Raises (constructor): BadInput."""

    def __init__(self, data: bytes, *, where: str = "kernel BTF") -> None:
        self.where = where
        if not _HEADER.size <= len(data) <= MAX_KERNEL_BTF_BYTES:
            raise BadInput("is cut off or too large", where=where)
        magic, version, _, size, type_offset, type_size, string_offset, string_size = _HEADER.unpack_from(data)
        if magic != _MAGIC or version != 1 or size < _HEADER.size:
            raise BadInput("is not little-endian BTF of version 1", where=where)
        begin, strings_at = size + type_offset, size + string_offset
        if begin + type_size > len(data) or strings_at + string_size > len(data) or type_size % 4:
            raise BadInput("is cut off", where=where)
        self._types = data[begin : begin + type_size]
        self._strings = data[strings_at : strings_at + string_size]
        self._words = _words(self._types)
        self._starts = self._walk()
        self._read: dict[int, BtfType] = {0: VOID}

    def __len__(self) -> int:
        return len(self._starts) + 1

    def __getitem__(self, number: int) -> BtfType:
        """The type of an id. Raises: BadInput where it is none."""
        made = self._read.get(number)
        if made is None:
            if not 0 < number < len(self):
                raise BadInput("refers to a type that is not there", where=self.where)
            start = self._starts[number - 1]
            if self._words[start + 1] & 0xFFFFFF > _MAX_ITEMS:
                raise BadInput("has a type with too many members", where=self.where)
            made = self._read[number] = read_type(self._types, start * 4, self._strings, where=self.where)
        return made

    def named(self, names: Iterable[str]) -> dict[str, list[int]]:
        """Ids of types with these names, or with one of them and a flavour (`name___x`), in the order of ids."""
        places: dict[int, str] = {}
        for name in names:
            for offset in self._offsets(name):
                places[offset] = name
        found: dict[str, list[int]] = {}
        words = self._words
        for number in [number for number, start in enumerate(self._starts, 1) if words[start] in places]:
            found.setdefault(places[words[self._starts[number - 1]]], []).append(number)
        return found

    def _offsets(self, name: str) -> Iterator[int]:
        """Where a string begins that means `name`: the end of a longer string counts, for tables may share those."""
        plain = name.encode()
        for ending in (_END, _FLAVOUR):
            at = self._strings.find(plain + ending)
            for _ in range(_MAX_PLACES):
                if at < 0:
                    break
                if ending == _END or essential(string_at(self._strings, at, self.where)) == name:
                    yield at
                at = self._strings.find(plain + ending, at + 1)
            else:
                raise BadInput(f"has more than {_MAX_PLACES} names like {name[:64]!r}", where=self.where)

    def _walk(self) -> array[int]:
        """Where each type begins, in words."""
        words, shapes = self._words, _SHAPES
        end = len(words)
        made = array("I")
        at = 0
        try:
            while at < end:
                made.append(at)
                info = words[at + 1]
                fixed, each = shapes[info >> 24 & 0x7F]
                at += fixed + each * (info & 0xFFFFFF)
        except (IndexError, KeyError) as error:
            raise BadInput("is cut off or has a type of an unknown kind", where=self.where) from error
        if at != end or len(made) >= MAX_KERNEL_TYPES:
            raise BadInput("is cut off, or has too many types", where=self.where)
        return made


def essential(name: str) -> str:
    """A name without its flavour, as libbpf compares names (bpf_core_essential_name_len): `x___y` is `x`."""
    found = _FLAVOURED.match(name)
    return found[1] if found else name


def _words(data: bytes) -> array[int]:
    made = array("I", data)
    if sys.byteorder != "little":
        made.byteswap()
    return made
