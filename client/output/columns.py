"""The table of one event type: its header and its lines, in columns whose numbers grow as wide as their values need.

A number that is too wide widens its column while texts can give way; else it pushes the line, and the last text gives
way in it. Only on a terminal too narrow for the numbers is the whole line cut. A stack is shown below its event's line.
"""

from __future__ import annotations

from ...schemas.c_type import CType
from ...schemas.named import TYPE_CHECKING
from .column import Column, share
from .compiled import Cell, compile_lines
from .decode import Row
from .selection import Selection
from .text import columns, fitted, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

_TIME_WIDTH = 8
_INDENT = " " * 4  # of a stack's lines


class EventTable:
    """The table of one event type, `width` columns wide or as wide as needed; `label` is its name, second on each line.

    The first column is the time that lines() is given, unless the events carry their own. Raises (constructor):
    BadInput.
    """

    def __init__(self, event: CType | Selection, *, width: int | None = None, label: str = "") -> None:
        self.selection = selection = event if isinstance(event, Selection) else Selection(event)
        self._width = width
        self._lead = visible(label)
        pairs = [(index, selection.meanings[index]) for index in selection.indexes]
        self._stacks = [(index, meaning) for index, meaning in pairs if meaning is not None and meaning.frames]
        self._columns = [
            Column(index, selection.fields[index], meaning, narrow=width is not None)
            for index, meaning in pairs
            if meaning is None or not meaning.frames
        ]
        self.timed = not any(selection.fields[column.index].show == "time" for column in self._columns)
        texts = [column for column in self._columns if column.text]
        self._last = texts[-1] if texts else None
        self._arrange()

    def _arrange(self) -> None:
        """Share the line out, and make the header and the function of lines for it."""
        self._roomy = self._width is None or share(self._columns, self._room())
        if self._width is None and self._columns:
            self._columns[-1].fill = not self._columns[-1].text
        heads = ["TIME".ljust(_TIME_WIDTH)] if self.timed else []
        heads += ["EVENT".ljust(columns(self._lead))] if self._lead else []
        heads += [column.placed(column.header) for column in self._columns]
        self.header = self._bounded(" ".join(heads)).rstrip()
        parts: list[str | Cell] = [f" {self._lead}" if self.timed else self._lead] if self._lead else []
        for column in self._columns:
            parts += [" "] if parts or self.timed else []
            parts.append(column.cell(cut=self._width is not None))
        self._compiled = compile_lines(parts, fields=len(self.selection.fields))

    def _room(self) -> int:
        """The columns left for fields: without the time, the label, and a blank before each field."""
        lead = (_TIME_WIDTH if self.timed else 0) + (columns(self._lead) + 1 if self._lead else 0)
        return (self._width or 0) - lead - len(self._columns) + (0 if lead else 1)

    def lines(self, records: Sequence[bytes], clock: str) -> tuple[list[str], int]:
        """Return the lines of some records at `clock`, and how many records were malformed; `header` may change."""
        rows, malformed = self.selection.rows(records)
        if malformed or not rows or not self._columns or not self._fits(rows):
            return self._slowly(rows, [clock] * len(rows)), malformed
        return self._with_stacks(self._compiled(rows, clock.ljust(_TIME_WIDTH) if self.timed else ""), rows), 0

    def of_rows(self, rows: Sequence[Row], clocks: Sequence[str]) -> list[str]:
        """Return the lines of rows, each with its time of day."""
        if any(None in row for row in rows) or not rows or not self._columns or not self._fits(rows):
            return self._slowly(rows, clocks)
        lines = self._compiled(rows, "")
        if self.timed:
            lines = [clock.ljust(_TIME_WIDTH) + line for clock, line in zip(clocks, lines, strict=True)]
        return self._with_stacks(lines, rows)

    def _fits(self, rows: Sequence[Row]) -> bool:
        """Widen the columns of numbers for these rows where that can be; tell whether all fits now."""
        if self._width is None:
            return True
        numbers = [column for column in self._columns if not column.text]
        wanted = {column: longest for column in numbers if (longest := column.longest(rows)) > column.width}
        if wanted:
            least = sum(column.least if column.text else wanted.get(column, column.width) for column in self._columns)
            if least > self._room():
                return False
            for column, longest in wanted.items():
                column.width = longest
            self._arrange()
        return self._roomy

    def _slowly(self, rows: Sequence[Row], clocks: Sequence[str]) -> list[str]:
        lines = [self._line(row, clock) for row, clock in zip(rows, clocks, strict=True)]
        return self._with_stacks(lines, rows)

    def _line(self, row: Row, clock: str) -> str:
        """Lay out one line that may not fit: the last text makes room for numbers that are too wide."""
        texts = [column.plain(row) for column in self._columns]
        pushed = sum(
            max(0, len(text) - column.width)
            for column, text in zip(self._columns, texts, strict=True)
            if not column.text
        )
        cells = [clock.ljust(_TIME_WIDTH)] if self.timed else []
        cells += [self._lead] if self._lead else []
        for column, text in zip(self._columns, texts, strict=True):
            width = column.width - (pushed if column is self._last else 0)
            if self._width is None and column.text:
                width = max(width, columns(text))
            cells.append(column.placed(text, width))
        return self._bounded(" ".join(cells))

    def _with_stacks(self, lines: list[str], rows: Sequence[Row]) -> list[str]:
        if not self._stacks:
            return lines
        made = []
        for line, row in zip(lines, rows, strict=True):
            made.append(line)
            made += [self._bounded(frame) for frame in stack_lines(self.selection, row)]
        return made

    def _bounded(self, line: str) -> str:
        return line if self._width is None else fitted(line, self._width, fill=False)


def stack_lines(selection: Selection, row: Row) -> list[str]:
    """Return the lines of a row's stacks, each under its field's name where there are several."""
    made = []
    chosen = [index for index in selection.indexes if (kind := selection.meanings[index]) and kind.frames]
    for index in chosen:
        meaning, name = selection.meanings[index], visible(selection.fields[index].name)
        if meaning is None or meaning.frames is None:
            continue
        values = [row[index], *(row[item] for item in meaning.beside)]
        frames = [f"[{name} is missing]"] if None in values else meaning.frames(*values)
        made += [f"{_INDENT}{name}:"] if len(chosen) > 1 else []
        made += [_INDENT + frame for frame in frames]
    return made
