"""Events and maps as comma-separated values (RFC 4180, lines end in LF): one header, one line for each event or key.

Values are as in JSON, texts without its quotes; what is missing is empty. Several kinds of things share one header of
all their fields, with `event` first. Control characters are escaped, so that a terminal that shows them does not obey.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from ...schemas.c_type import BOOLEAN, FLOAT
from ...schemas.program import EventStream
from .compiled import Cell, compile_lines
from .decode import Row, enum_name
from .json_text import json_value
from .lines import LABEL
from .notices import Notices
from .selection import Selection
from .text import Remembered, visible
from .things import Entry, Things, as_things
from .values import raw_to_value
from .writer import Writer


class CommaLines:
    """A run's sink that writes comma-separated values. Raises (constructor): BadInput."""

    def __init__(
        self, things: Things | Sequence[EventStream], *, descriptor: int = 1, notices: Notices | None = None
    ) -> None:
        self.descriptor = descriptor
        self._writer = Writer(descriptor)
        self._notices = notices or Notices()
        self._things = as_things(things)
        chosen = self._things.selections
        names = list(dict.fromkeys(item.fields[index].name for item in chosen for index in item.indexes))
        several = len(chosen) > 1
        self._forms = [CommaForm(item, names, label=item.label if several else "") for item in chosen]
        heads = [next(key for key in (LABEL, "_event", "__event") if key not in names)] if several else []
        self._header = ",".join(map(quoted, [*heads, *names])) if chosen else "text"

    def started(self, name: str, *, attached: int, streams: int) -> None:
        """Write the header. Raises: BrokenPipeError, OSError."""
        self._notices.started(name, attached=attached, streams=len(self._things.selections))
        self._writer.write(f"{self._header}\n".encode())

    def batch(self, stream: int, records: list[bytes]) -> int:
        """Write one line for each record; return how many were malformed. Raises: BrokenPipeError, OSError."""
        form = self._forms[stream]
        if form.selection.descending is not None:
            return self._things.hold(stream, records)
        rows, malformed = form.selection.rows(records)
        self._writer.write(form.lines(rows).encode())
        return malformed

    def looked(self, view: int, entries: Sequence[Entry]) -> None:
        """Write one line for each key. Raises: BrokenPipeError, OSError."""
        number, rows = self._things.looked(view, entries)
        self._writer.write(self._forms[number].lines(rows).encode())

    def text(self, data: bytes) -> None:
        """Write one line for each line of text. Raises: BrokenPipeError, OSError."""
        self._writer.write("".join(f"{quoted(line)}\n" for line in self._things.lines(data)).encode())

    def lost(self, count: int) -> None:
        """Tell how many events are lost so far."""
        self._notices.lost(count)

    def ended(self, *, lost: int, malformed: int) -> None:
        """Write what was held back to be sorted, and hear what was lost. Raises: OSError."""
        with suppress(BrokenPipeError):
            for stream, rows, _ in self._things.held():
                self._writer.write(self._forms[stream].lines(rows).encode())
            self.text(b"")
        self._notices.ended(lost=lost, malformed=malformed, unsorted=self._things.dropped)


class CommaForm:
    """The lines of one kind of thing in the columns `names`; with `label`, that comes first."""

    def __init__(self, selection: Selection, names: Sequence[str], *, label: str = "") -> None:
        self.selection = selection
        shown = {selection.fields[index].name: index for index in selection.indexes}
        parts: list[str | Cell] = [quoted(label)] if label else []
        for name in names:
            parts += [","] if parts else []
            parts.append(_cell(shown[name], selection) if name in shown else "")
        self._parts = parts
        self._lines = compile_lines([*parts, "\n"], fields=len(selection.fields))

    def lines(self, rows: Sequence[Row]) -> str:
        """Return the lines of rows."""
        if any(None in row for row in rows):
            lines = [
                "".join(part if isinstance(part, str) else part.shown(row, "") for part in self._parts) for row in rows
            ]
            return "".join(f"{line}\n" for line in lines)
        return "".join(self._lines(rows, ""))


def quoted(text: str) -> str:
    """Quote a text where it must be; an empty one too, which tells it from what is missing."""
    text = visible(text)
    if not text or any(char in text for char in ',"') or text != text.strip():
        return '"' + text.replace('"', '""') + '"'
    return text


def _cell(index: int, selection: Selection) -> Cell:
    """Return how a field's raw values are written."""
    field, meaning = selection.fields[index], selection.meanings[index]
    beside = meaning.beside if meaning is not None and meaning.value is not None else ()
    change = raw_to_value(field, meaning)
    if not field.type.values and change is None and field.type.kind != BOOLEAN:
        return Cell(index)

    def show(*values: Any) -> str:
        value = change(*values) if change is not None else values[0]
        if field.type.values and change is None:
            value = enum_name(field.type, value)
        if isinstance(value, str):
            return quoted(value)
        text = "null" if value is None else json_value(value)
        return "" if text == "null" else quoted(text)

    if beside or (meaning is not None and not meaning.often) or field.type.kind == FLOAT:
        return Cell(index, show, beside)
    return Cell(index, Remembered(show))
