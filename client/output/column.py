"""One field's column in a table: how its values are shown, how wide it must and may be, and how columns share a line.

Texts may be cut to their column with a mark; a number never is.
"""

from __future__ import annotations

import sys

from ...schemas.c_type import ARRAY, BOOLEAN, ENUM, FLOAT, INTEGER, POINTER, STRING, STRUCT, CType
from ...schemas.named import TYPE_CHECKING
from .compiled import Cell
from .decode import Field, Row, enum_name, nested
from .text import Remembered, columns, decoded, fitted, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from .meanings import Meaning

MISSING = "?"
_INTEGER_WIDTHS = {1: 4, 2: 6, 4: 7, 8: 11, 16: 20}  # columns where there is room for all
_NARROW_WIDTHS = {1: 3, 2: 5, 4: 5, 8: 8, 16: 16}  # to start with on a terminal; they grow with their values
_POINTER_WIDTH, _FLOAT_WIDTH, _BOOLEAN_WIDTH = 18, 10, 5
_LEAST_TEXT = 8  # columns of a text that gives way to numbers and to others
_SHORT_TEXT = 20  # texts up to this get what they want before longer ones get more than _FAIR_TEXT
_FAIR_TEXT = 24
_ENOUGH_TEXT = 32  # columns that a text gets where there is no terminal to fill


class Column:
    """One field's column. `text`: it may be cut; else it stands right, and `width` may grow. `most` is natural."""

    def __init__(self, index: int, field: Field, meaning: Meaning | None, *, narrow: bool = False) -> None:
        self.index, self.type, self.meaning = index, field.type, meaning
        self.header = visible(field.name).upper()
        self.boolean = meaning is None and field.type.kind == BOOLEAN
        self.text = not meaning.right if meaning else field.type.kind in (STRING, ENUM, ARRAY, STRUCT)
        self.middle = meaning is not None and meaning.middle
        self.most = meaning.most if meaning else _natural_width(field.type)
        head = columns(self.header)
        if self.text:
            self.least = max(min(self.most, meaning.least if meaning else _LEAST_TEXT), head)
            self.most = max(self.most, head)
            self.width = max(min(self.most, _ENOUGH_TEXT), head)
        else:
            plain = meaning is None and field.type.kind == INTEGER
            self.least = self.width = max(_NARROW_WIDTHS[field.type.size] if plain and narrow else self.most, head)
        self.fill = True  # false for a text at the end of the line
        often = meaning is None or meaning.often
        self._texts: Remembered | Callable[..., str] = Remembered(self._text) if often else self._text

    @property
    def beside(self) -> tuple[int, ...]:
        """Numbers of the other fields that its values need to be shown."""
        return self.meaning.beside if self.meaning else ()

    def plain(self, row: Row) -> str:
        """Show a row's value in as many columns as it takes."""
        return Cell(self.index, self._texts, self.beside).shown(row, MISSING)

    def placed(self, text: str, width: int | None = None) -> str:
        """Put a shown value, or the header, in its place; texts are cut to `width` or the column's."""
        width = self.width if width is None else max(width, 1)
        if self.text or self.boolean:
            return fitted(text, width, fill=self.fill, middle=self.middle)
        return text.rjust(width)

    def cell(self, *, cut: bool) -> Cell:
        """Return the cell for the width as it is now; `cut` tells whether texts may be cut."""
        if self.meaning is None and self.type.kind == INTEGER and self.type.size <= 8:
            return Cell(self.index, None, width=self.width)

        def show(*values: Any) -> str:
            text = self._text(*values)
            return self.placed(text, self.width if cut or not self.text else max(self.width, columns(text)))

        return Cell(self.index, Remembered(show) if isinstance(self._texts, Remembered) else show, self.beside)

    def longest(self, rows: Sequence[Row]) -> int:
        """Return how many columns the rows' values take; for a column that is never cut."""
        if self.boolean:
            return _BOOLEAN_WIDTH
        if self.meaning is None and self.type.kind == INTEGER and self.type.size <= 8:
            values = [row[self.index] for row in rows]
            return max(len(str(max(values))), len(str(min(values))))
        return max(len(self.plain(row)) for row in rows)

    def _text(self, *values: Any) -> str:
        """Show a raw value; where there are others beside it, they may come in one tuple."""
        if self.meaning is None:
            return _plain(self.type, values[0])
        return self.meaning.text(*(values[0] if self.beside and len(values) == 1 else values))


def share(shown: Sequence[Column], room: int) -> bool:
    """Give texts their widths in `room` columns, numbers having theirs; tell whether all fits.

    First each text gets its least, then long ones of the program a fair width, then short ones all they want, then
    long ones the rest.
    """
    texts = [column for column in shown if column.text]
    for column in texts:
        column.width = column.least
        column.fill = column is not shown[-1]
    left = room - sum(column.width for column in shown)
    long = [column for column in texts if column.most > _SHORT_TEXT and column.type.kind == STRING]
    left = _pour(long, [min(column.most, _FAIR_TEXT) for column in long], left)
    left = _pour(texts, [min(column.most, _SHORT_TEXT) for column in texts], left)
    return _pour(texts, [column.most for column in texts], left) >= 0


def _pour(texts: Sequence[Column], wanted: Sequence[int], left: int) -> int:
    """Widen columns to what is wanted, equally as far as it goes; return what is left."""
    hungry = [(column, most) for column, most in zip(texts, wanted, strict=True) if column.width < most]
    while hungry and left > 0:
        part = max(left // len(hungry), 1)
        for column, most in hungry:
            more = min(part, most - column.width, left)
            column.width += more
            left -= more
        hungry = [(column, most) for column, most in hungry if column.width < most]
    return left


def _natural_width(kind: CType) -> int:
    if kind.kind == STRING:
        return max(kind.size - 1, 1)
    if kind.kind == ENUM:
        return max((columns(visible(name)) for name, _ in kind.values), default=_LEAST_TEXT)
    if kind.kind in (ARRAY, STRUCT):
        return 4 * kind.size
    fixed = {POINTER: _POINTER_WIDTH, FLOAT: _FLOAT_WIDTH, BOOLEAN: _BOOLEAN_WIDTH}
    return fixed.get(kind.kind) or _INTEGER_WIDTHS[kind.size]


def _plain(kind: CType, value: Any) -> str:
    if kind.kind == STRING:
        return visible(decoded(value))
    if kind.kind in (ARRAY, STRUCT):
        from .json_text import json_value

        return json_value(nested(kind, value))
    number = int.from_bytes(value, sys.byteorder, signed=kind.signed) if isinstance(value, bytes) else value
    if kind.kind == ENUM:
        return visible(str(enum_name(kind, number)))
    shapes = {FLOAT: "{:.6g}", POINTER: "{:#x}"}
    return str(number).lower() if kind.kind == BOOLEAN else shapes.get(kind.kind, "{}").format(number)
