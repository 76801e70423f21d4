"""The entries of a viewed map as records of one type: the key's bytes, then the value's.

So filters, fields and JSON work on them as on events. Values of all processors become one here: numbers are added up.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ....schemas.c_type import ARRAY, FLOAT, INTEGER, STRUCT, CType, Member
from ....schemas.program import TABLE, MapView
from ..decode import Decoder
from ..selection import Selection
from ..things import Entry
from ..values import numeric

_MAX_NUMBERS = 16384  # of one value that are added up
_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}
_ADDED = ("", "duration", "size")  # shows of numbers that can be added up; the latest time counts, the first of others


class Numbers(NamedTuple):
    """Some numbers that follow each other in a value: how they are packed, and whether the largest counts."""

    offset: int
    layout: struct.Struct
    bits: int  # 0: floats
    largest: bool = False


class ViewRows:
    """A viewed map: `type` is a struct of its key and value."""

    def __init__(self, view: MapView) -> None:
        self.view = view
        self.type = CType(STRUCT, view.key.size + view.value.size, view.map, members=_members(view))
        self._numbers = list(_numbers(view.value, 0, ""))[:_MAX_NUMBERS]

    def arrange(self, selection: Selection) -> None:
        """Set the order where the user named none: largest last number first; histograms by their keys."""
        if self.view.show != TABLE:
            selection.sort_by(0, descending=False)
            return
        fields = selection.fields
        ranked = [
            index
            for index, field in enumerate(fields)
            if field.offset >= self.view.key.size and numeric(field.type) and field.show in (*_ADDED, "time")
        ]
        selection.sort_by(ranked[-1] if ranked else 0, descending=bool(ranked))

    def records(self, entries: Sequence[Entry]) -> list[bytes]:
        """Return each entry as one record."""
        size = self.view.key.size
        return [key[:size].ljust(size, b"\0") + self._one(values) for key, values in entries]

    def _one(self, values: tuple[bytes, ...]) -> bytes:
        """Add up the values of all processors."""
        if len(values) < 2:
            return values[0] if values else b""
        made, size = bytearray(values[0]), self.view.value.size
        if any(len(value) < size for value in values):
            return bytes(made)
        for numbers in self._numbers:
            parts = zip(*(numbers.layout.unpack_from(value, numbers.offset) for value in values), strict=True)
            merged = [max(part) if numbers.largest else sum(part) for part in parts]
            if numbers.bits:
                merged = [number % (1 << numbers.bits) for number in merged]
            numbers.layout.pack_into(made, numbers.offset, *merged)
        return bytes(made)


def _members(view: MapView) -> tuple[Member, ...]:
    """The key's and the value's members side by side; under `key` and `value` where names would meet, or are none."""
    key = Member("" if view.key.kind == STRUCT else "key", 0, view.key)
    value = Member("" if view.value.kind == STRUCT else "value", view.key.size, view.value)
    names = [{field.name for field in Decoder(CType(STRUCT, 0, members=(one,))).fields} for one in (key, value)]
    if names[0] & names[1]:
        return key._replace(name="key"), value._replace(name="value")
    return key, value


def _numbers(kind: CType, offset: int, show: str) -> Iterator[Numbers]:
    """Find the integers and floats in a type that are to be added up."""
    if kind.kind == STRUCT:
        for member in kind.members:
            yield from _numbers(member.type, offset + member.offset, member.show)
        return
    if show not in (*_ADDED, "time"):
        return
    item, count = (kind.item, kind.length) if kind.kind == ARRAY and kind.item is not None else (kind, 1)
    if item.kind in (ARRAY, STRUCT):
        for place in range(min(count, _MAX_NUMBERS)):
            yield from _numbers(item, offset + place * item.size, show)
    elif item.kind == FLOAT:
        yield Numbers(offset, struct.Struct(f"={count}{'f' if item.size == 4 else 'd'}"), 0, show == "time")
    elif item.kind == INTEGER and item.size in _CODES:
        yield Numbers(offset, struct.Struct(f"={count}{_CODES[item.size]}"), 8 * item.size, show == "time")
