"""From a record's bytes to a row of values: the event's type is compiled once into a layout, nested structs flattened.

Values stay raw (integers, bytes of texts, of arrays, and of structs with a meaning of their own such as an IP address);
how they look is said in lines.py, table.py and meanings.py. A record may be longer than its type (perf pads), and may
end inside a last text. One that is shorter still is malformed: what it lacks is None.
"""

from __future__ import annotations

import struct
import sys

from ...schemas.c_type import ARRAY, BOOLEAN, ENUM, FLOAT, INTEGER, POINTER, STRING, STRUCT, CType
from ...schemas.errors import BadInput
from ...schemas.named import TYPE_CHECKING, NamedTuple
from .text import decoded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

MAX_FIELDS = 512  # of one event, after flattening
_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}
_SCALARS = (INTEGER, ENUM, POINTER)
_WHOLE = frozenset({"ip", "mac", "hex", "kernel-stack", "user-stack"})  # shows that take a struct as its bytes

Row = tuple["Any", ...]


class Field(NamedTuple):
    """One value of an event: its dotted name, its place in bytes, its type, and its meaning as in SHOWS or ""."""

    name: str
    offset: int
    type: CType
    show: str = ""


class Decoder:
    """The layout of one event type. Raises (constructor): BadInput when it has too many fields, or one name twice."""

    def __init__(self, event: CType) -> None:
        self.fields = tuple(_flattened(event, "", 0))
        names = {field.name for field in self.fields}
        if len(self.fields) > MAX_FIELDS or len(names) < len(self.fields):
            raise BadInput(f"has more than {MAX_FIELDS} fields, or two of one name", where=f"event {event.name}")
        self.size = max((field.offset + field.type.size for field in self.fields), default=0)
        self.needed = max((_needed(field, self.size) for field in self.fields), default=0)
        passes = _passes(self.fields)
        self._layouts = [_layout([self.fields[index] for index in chosen]) for chosen in passes]
        order = [index for chosen in passes for index in chosen]
        self._order = [order.index(index) for index in range(len(order))]
        self._in_order = order == sorted(order)
        self._singles = [_layout([field._replace(offset=0)]) for field in self.fields]

    def rows(self, records: Sequence[bytes]) -> tuple[list[Row], int]:
        """Decode records; return their rows, and how many were malformed."""
        if len(self._layouts) == 1 and self._in_order:
            try:
                return list(map(self._layouts[0].unpack_from, records)), 0
            except struct.error:  # one is shorter than the type
                pass
        made, malformed = [], 0
        for record in records:
            if len(record) < self.needed:
                malformed += 1
                made.append(self._partial(record))
            else:
                made.append(self._row(record.ljust(self.size, b"\0")))
        return made, malformed

    def _row(self, record: bytes) -> Row:
        values = [value for layout in self._layouts for value in layout.unpack_from(record)]
        return tuple(values[place] for place in self._order)

    def _partial(self, record: bytes) -> Row:
        values: list[Any] = []
        for field, single in zip(self.fields, self._singles, strict=True):
            part = record[field.offset : field.offset + field.type.size]
            if field.type.kind == STRING and part:
                values.append(part)
            else:
                values.append(single.unpack(part)[0] if len(part) == field.type.size else None)
        return tuple(values)


def nested(kind: CType, data: bytes) -> Any:
    """Decode any type's bytes to a plain value: lists for arrays, dotted names for structs inside them.

    Integers of 128 bits become text.
    """
    if kind.kind == ARRAY and kind.item is not None:
        size = kind.item.size
        return [nested(kind.item, data[place * size : place * size + size]) for place in range(kind.length)]
    if kind.kind == STRUCT:
        flat = _flattened(kind, "", 0)
        return {field.name: nested(field.type, data[field.offset : field.offset + field.type.size]) for field in flat}
    return decoded(data) if kind.kind == STRING else _scalar(kind, data)


def _scalar(kind: CType, data: bytes) -> int | float | bool | str:
    if kind.kind == FLOAT:
        value: float = struct.unpack("=f" if kind.size == 4 else "=d", data)[0]
        return value
    number = int.from_bytes(data, sys.byteorder, signed=kind.signed)
    if kind.kind == BOOLEAN:
        return bool(number)
    if kind.kind == ENUM:
        return enum_name(kind, number)
    return str(number) if kind.size == 16 else number


def enum_name(kind: CType, number: int) -> str | int:
    """Return an enumerator's name, or the number when none has it."""
    for name, value in kind.values:
        if value == number:
            return name
    return number


def _flattened(kind: CType, name: str, offset: int, show: str = "") -> Iterator[Field]:
    if kind.kind != STRUCT or show in _WHOLE:
        yield Field(name or kind.name or "value", offset, kind, show)
        return
    for member in kind.members:
        inner = f"{name}.{member.name}" if name and member.name else name or member.name
        yield from _flattened(member.type, inner, offset + member.offset, member.show)


def _needed(field: Field, size: int) -> int:
    """Return how many bytes a record must have for this field; a text at the end may be cut short (execsnoop's is)."""
    last = field.type.kind == STRING and field.offset + field.type.size == size
    return field.offset if last else field.offset + field.type.size


def _passes(fields: Sequence[Field]) -> list[list[int]]:
    """Share fields out so that in each pass they follow each other; more than one pass only where unions overlap."""
    passes: list[list[int]] = []
    ends: list[int] = []
    for index, field in sorted(enumerate(fields), key=lambda pair: pair[1].offset):
        place = next((number for number, end in enumerate(ends) if field.offset >= end), len(passes))
        if place == len(passes):
            passes.append([])
            ends.append(0)
        passes[place].append(index)
        ends[place] = field.offset + field.type.size
    return passes or [[]]


def _layout(fields: Sequence[Field]) -> struct.Struct:
    parts, end = ["="], 0
    for field in fields:
        parts += [f"{field.offset - end}x", _code(field.type)]
        end = field.offset + field.type.size
    return struct.Struct("".join(parts))


def _code(kind: CType) -> str:
    if kind.kind == BOOLEAN:
        return "?"
    if kind.kind == FLOAT:
        return "f" if kind.size == 4 else "d"
    if kind.kind in _SCALARS and kind.size in _CODES:
        code = _CODES[kind.size]
        return code.lower() if kind.signed else code
    return f"{kind.size}s"
