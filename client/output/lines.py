"""Events for programs: one flat JSON object a line (RFC 8259), members of nested structs under dotted names.

Integers of 128 bits are text, for few readers could hold them; what is not finite, or missing in a malformed event, is
null. With several event streams or viewed maps, each object has a first field `event` that names its type or its map.
"""

from __future__ import annotations

from ...schemas.c_type import ARRAY, BOOLEAN, ENUM, FLOAT, STRING, STRUCT, CType
from ...schemas.named import TYPE_CHECKING
from ...schemas.program import EventStream
from .compiled import Cell, compile_lines
from .decode import Field, Row, enum_name, nested
from .json_text import json_text, json_value
from .notices import Notices
from .selection import Selection
from .text import Remembered, decoded
from .things import Entry, Things, as_things
from .writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from .meanings import Meaning

LABEL = "event"


class JsonLines:
    """A run's sink that writes JSON lines, one write for each batch. Raises (constructor): BadInput.

    `things` are the streams, then the views; where there are several, each object names its own. Of a view, each look
    writes an object for each key; what an iterator wrote as text is an object with the field `text` for each line.
    """

    def __init__(
        self, things: Things | Sequence[EventStream], *, descriptor: int = 1, notices: Notices | None = None
    ) -> None:
        self.descriptor = descriptor
        self._writer = Writer(descriptor)
        self._notices = notices or Notices()
        self._things = as_things(things)
        several = len(self._things.selections) > 1
        self._formats = [EventLines(item, label=item.label if several else "") for item in self._things.selections]

    def started(self, name: str, *, attached: int, streams: int) -> None:
        """Hear that the programs are attached."""
        self._notices.started(name, attached=attached, streams=len(self._things.selections))

    def batch(self, stream: int, records: list[bytes]) -> int:
        """Write one line for each record; return how many were malformed. Raises: BrokenPipeError, OSError."""
        form = self._formats[stream]
        if form.selection.descending is not None:
            return self._things.hold(stream, records)
        text, malformed = form.lines(records)
        self._writer.write(text.encode())
        return malformed

    def looked(self, view: int, entries: Sequence[Entry]) -> None:
        """Write one line for each key. Raises: BrokenPipeError, OSError."""
        number, rows = self._things.looked(view, entries)
        self._writer.write(self._formats[number].of_rows(rows).encode())

    def text(self, data: bytes) -> None:
        """Write one line for each line of text. Raises: BrokenPipeError, OSError."""
        lines = self._things.lines(data)
        self._writer.write("".join(f'{{"text":{json_text(line)}}}\n' for line in lines).encode())

    def lost(self, count: int) -> None:
        """Tell how many events are lost so far."""
        self._notices.lost(count)

    def ended(self, *, lost: int, malformed: int) -> None:
        """Write what was held back to be sorted, and hear what was lost. Raises: OSError."""
        try:
            for stream, rows, _ in self._things.held():
                self._writer.write(self._formats[stream].of_rows(rows).encode())
            self.text(b"")
        except BrokenPipeError:
            pass  # nobody reads any more
        self._notices.ended(lost=lost, malformed=malformed, unsorted=self._things.dropped)


class EventLines:
    """The JSON form of one event type; with `label`, each object starts by naming it."""

    def __init__(self, event: CType | Selection, *, label: str = "") -> None:
        self.selection = event if isinstance(event, Selection) else Selection(event)
        fields = self.selection.fields
        parts: list[str | Cell] = []
        if label:
            key = next(key for key in (LABEL, "_event", "__event") if key not in {field.name for field in fields})
            parts.append(f"{json_text(key)}:{json_text(label)}")
        for index in self.selection.indexes:
            name = f"{',' if parts else ''}{json_text(fields[index].name)}:"
            parts += [name, _cell(index, fields[index], self.selection.meanings[index])]
        self._parts = ["{", *parts, "}\n"]
        self._lines = compile_lines(self._parts, fields=len(fields))

    def lines(self, records: Sequence[bytes]) -> tuple[str, int]:
        """Return the lines of some records, and how many records were malformed."""
        rows, malformed = self.selection.rows(records)
        return self.of_rows(rows, whole=not malformed), malformed

    def of_rows(self, rows: Sequence[Row], *, whole: bool = False) -> str:
        """Return the lines of rows; `whole` tells that they lack no value."""
        if whole or not any(None in row for row in rows):
            return "".join(self._lines(rows, ""))
        return "".join(
            part if isinstance(part, str) else part.shown(row, "null") for row in rows for part in self._parts
        )


def _cell(index: int, field: Field, meaning: Meaning | None) -> Cell:
    """Return how a field's raw values become JSON."""
    if meaning is None or meaning.value is None:
        return Cell(index, _show(field.type))
    value = meaning.value
    if not meaning.often:
        return Cell(index, lambda *raw: json_value(value(*raw)), meaning.beside)
    if meaning.beside:
        return Cell(index, Remembered(lambda pair: json_value(value(*pair))), meaning.beside)
    return Cell(index, Remembered(lambda raw: json_value(value(raw))))


def _show(kind: CType) -> Callable[[Any], str] | Remembered | None:
    """Return how raw values of a type become JSON; None where they are it already."""
    if kind.kind == STRING:
        return Remembered(lambda value: json_text(decoded(value)))
    if kind.kind == ENUM and kind.size < 16:
        return Remembered(lambda value: json_value(enum_name(kind, value)))
    if kind.kind == BOOLEAN:
        return Remembered({True: "true", False: "false"}.__getitem__)
    if kind.kind == FLOAT:
        return json_value
    if kind.kind in (ARRAY, STRUCT) or kind.size == 16:
        return lambda value: json_value(nested(kind, value))
    return None
