"""The columns of one event type in a table: widths from type and header, numbers to the right, texts to the left.

Text is cut to its column with a mark; a number never is: it pushes the line, and the last text gives way. Only on a
terminal too narrow for the numbers is the whole line cut.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from ...schemas.c_type import ARRAY, BOOLEAN, ENUM, FLOAT, INTEGER, POINTER, STRING, CType
from .decode import Decoder, Field, Row, enum_name, nested
from .lines import json_value
from .text import Remembered, columns, decoded, fitted, visible

MISSING = "?"
_TIME_WIDTH = 8
_INTEGER_WIDTHS = {1: 4, 2: 6, 4: 7, 8: 11, 16: 20}  # columns; larger values are rare and may push
_POINTER_WIDTH, _FLOAT_WIDTH, _BOOLEAN_WIDTH = 18, 10, 5
_WIDEST_TEXT, _LEAST_TEXT = 32, 8  # columns of a text that is not the last

Show = Callable[[Any], str]


class Column:
    """One field's column. `text` columns may be cut; `show` makes a raw value's cell, not yet fitted if a number."""

    def __init__(self, field: Field) -> None:
        self.header = visible(field.name).upper()
        self.type = field.type
        self.text = field.type.kind in (STRING, ENUM, ARRAY)
        self.most = _natural_width(field.type)
        self.width = max(min(self.most, _WIDEST_TEXT), columns(self.header))
        self.fill = True  # false for a text at the end of the line
        self.show: Show = str

    def settle(self, *, cut: bool) -> None:
        """Fix the way values are shown, once the width is known; `cut` tells whether texts may be cut."""
        self.show = _text_show(self, cut=cut) if self.text else _number_show(self.type, self.width)

    def refit(self, value: Any, width: int) -> str:
        """Show a text value in another width."""
        return fitted(_plain(self.type, value), max(width, 1), fill=self.fill)


class EventTable:
    """The table of one event type, `width` columns wide or as wide as needed; `label` is its name, second on each line.

    Raises (constructor): BadInput.
    """

    def __init__(self, event: CType, *, width: int | None = None, label: str = "") -> None:
        self._decoder = Decoder(event)
        self._columns = [Column(field) for field in self._decoder.fields]
        self._width = width
        self._lead = f" {visible(label)}" if label else ""
        texts = [index for index, column in enumerate(self._columns) if column.text]
        self._last = texts[-1] if texts else None
        self._narrow = not self._share(texts)
        for column in self._columns:
            column.settle(cut=width is not None)
        heads = [_placed(column.header, column) for column in self._columns]
        lead = " EVENT".ljust(len(self._lead)) if label else ""
        self.header = self._bounded("TIME".ljust(_TIME_WIDTH) + lead + "".join(f" {head}" for head in heads)).rstrip()
        self._template = " %s" * len(self._columns)

    def _share(self, texts: list[int]) -> bool:
        """Give the last text what is left, and narrow the others when nothing is; tell whether it fits."""
        if self._last is None:
            return self._width is None or self._total() <= self._width
        last = self._columns[self._last]
        last.fill = self._last != len(self._columns) - 1
        if self._width is None:
            return True
        last.width = max(_LEAST_TEXT, columns(last.header))
        for index in texts[:-1]:
            column = self._columns[index]
            over = max(0, self._total() - self._width)
            column.width = max(column.width - over, min(column.width, max(_LEAST_TEXT, columns(column.header))))
        room = self._width - self._total()
        last.width = max(last.width, min(last.width + room, max(last.most, columns(last.header))))
        return room >= 0

    def _total(self) -> int:
        return _TIME_WIDTH + columns(self._lead) + sum(column.width + 1 for column in self._columns)

    def lines(self, records: Sequence[bytes], clock: str) -> tuple[list[str], int]:
        """Return the lines of some records at `clock`, and how many records were malformed."""
        rows, malformed = self._decoder.rows(records)
        lead = clock.ljust(_TIME_WIDTH) + self._lead
        if malformed or self._narrow or not rows or not self._columns:
            return [self._line(lead, row) for row in rows], malformed
        cells, pushed = [], False
        for column, values in zip(self._columns, zip(*rows, strict=True), strict=True):
            shown = list(map(column.show, values))
            pushed = pushed or (not column.text and max(map(len, shown)) > column.width)
            cells.append(shown)
        if pushed and self._width is not None:
            return [self._line(lead, row) for row in rows], malformed
        return [lead + line for line in map(self._template.__mod__, zip(*cells, strict=True))], malformed

    def _line(self, lead: str, row: Row) -> str:
        """Lay out one line that may not fit: the last text makes room for numbers that are too wide."""
        cells = [
            _placed(MISSING, column) if value is None else column.show(value)
            for column, value in zip(self._columns, row, strict=True)
        ]
        pushed = sum(
            max(0, len(cell) - column.width)
            for column, cell in zip(self._columns, cells, strict=True)
            if not column.text
        )
        if pushed and self._last is not None and row[self._last] is not None and self._width is not None:
            column = self._columns[self._last]
            cells[self._last] = column.refit(row[self._last], column.width - pushed)
        return self._bounded(lead + "".join(f" {cell}" for cell in cells))

    def _bounded(self, line: str) -> str:
        return line if self._width is None else fitted(line, self._width, fill=False)


def _natural_width(kind: CType) -> int:
    if kind.kind == STRING:
        return max(kind.size - 1, 1)
    if kind.kind == ENUM:
        return max((columns(visible(name)) for name, _ in kind.values), default=_LEAST_TEXT)
    if kind.kind == ARRAY:
        return 4 * kind.size
    fixed = {POINTER: _POINTER_WIDTH, FLOAT: _FLOAT_WIDTH, BOOLEAN: _BOOLEAN_WIDTH}
    return fixed.get(kind.kind) or _INTEGER_WIDTHS[kind.size]


def _placed(text: str, column: Column) -> str:
    if column.text or column.type.kind == BOOLEAN:
        return fitted(text, column.width, fill=column.fill)
    return text.rjust(column.width)


def _plain(kind: CType, value: Any) -> str:
    if kind.kind == STRING:
        return visible(decoded(value))
    if kind.kind == ENUM:
        number = int.from_bytes(value, sys.byteorder, signed=kind.signed) if isinstance(value, bytes) else value
        return visible(str(enum_name(kind, number)))
    return json_value(nested(kind, value))


def _text_show(column: Column, *, cut: bool) -> Show:
    kind, width, fill = column.type, column.width, column.fill

    def show(value: Any) -> str:
        text = _plain(kind, value)
        return fitted(text, width if cut else max(width, columns(text)), fill=fill)

    return Remembered(show).__getitem__


def _number_show(kind: CType, width: int) -> Show:
    if kind.kind == BOOLEAN:
        return {True: "true".ljust(width), False: "false".ljust(width)}.__getitem__
    if kind.kind == FLOAT:
        return f"%{width}.6g".__mod__
    if kind.size == 16:
        signed = kind.kind == INTEGER and kind.signed
        return lambda value: str(int.from_bytes(value, sys.byteorder, signed=signed)).rjust(width)
    if kind.kind == POINTER:
        return lambda value: f"{value:#x}".rjust(width)
    return f"%{width}d".__mod__
