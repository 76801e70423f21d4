"""Events for programs: one flat JSON object a line (RFC 8259), members of nested structs under dotted names.

Integers of 128 bits are text, for few readers could hold them; what is not finite, or missing in a malformed event, is
null. An object with several event streams gets a first field `event` that names the event's type.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from json.encoder import encode_basestring, encode_basestring_ascii
from math import isfinite
from typing import Any

from ...schemas.c_type import ARRAY, BOOLEAN, ENUM, FLOAT, STRING, CType
from ...schemas.program import EventStream
from .decode import Decoder, Row, enum_name, nested
from .notices import Notices
from .text import Remembered, decoded
from .writer import Writer

Show = Callable[[Any], str]
LABEL = "event"


class JsonLines:
    """A run's sink that writes JSON lines, one write for each batch. Raises (constructor): BadInput."""

    def __init__(self, streams: Sequence[EventStream], *, descriptor: int = 1, notices: Notices | None = None) -> None:
        self.descriptor = descriptor
        self._writer = Writer(descriptor)
        self._notices = notices or Notices()
        names = labels(streams)
        self._formats = [
            EventLines(stream.type, label=name if len(streams) > 1 else "")
            for stream, name in zip(streams, names, strict=True)
        ]

    def started(self, name: str, *, attached: int, streams: int) -> None:
        """Hear that the programs are attached."""
        self._notices.started(name, attached=attached, streams=streams)

    def batch(self, stream: int, records: list[bytes]) -> int:
        """Write one line for each record; return how many were malformed. Raises: BrokenPipeError, OSError."""
        text, malformed = self._formats[stream].lines(records)
        self._writer.write(text.encode())
        return malformed

    def ended(self, *, lost: int, malformed: int) -> None:
        """Hear what was lost."""
        self._notices.ended(lost=lost, malformed=malformed)


class EventLines:
    """The JSON form of one event type; with `label`, each object starts by naming it."""

    def __init__(self, event: CType, *, label: str = "") -> None:
        self._decoder = Decoder(event)
        fields = self._decoder.fields
        parts = [json_text(field.name).replace("%", "%%") + ":%s" for field in fields]
        if label:
            key = next(key for key in (LABEL, "_event", "__event") if key not in {field.name for field in fields})
            parts.insert(0, f"{json_text(key)}:{json_text(label)}".replace("%", "%%"))
        self._template = "{" + ",".join(parts) + "}\n"
        self._shows = [_show(field.type) for field in fields]

    def lines(self, records: Sequence[bytes]) -> tuple[str, int]:
        """Return the lines of some records, and how many records were malformed."""
        rows, malformed = self._decoder.rows(records)
        if malformed or not self._shows:
            return "".join(map(self._line, rows)), malformed
        columns = zip(*rows, strict=True)
        shown = [map(show, column) if show else column for show, column in zip(self._shows, columns, strict=bool(rows))]
        return "".join(map(self._template.__mod__, zip(*shown, strict=True))), malformed

    def _line(self, row: Row) -> str:
        values = (
            "null" if value is None else show(value) if show else value
            for show, value in zip(self._shows, row, strict=True)
        )
        return self._template % tuple(values)


def labels(streams: Sequence[EventStream]) -> list[str]:
    """Name the streams: by the type of their events, or by their map where that says nothing."""
    types = [stream.type.name for stream in streams]
    return [
        stream.type.name if stream.type.name and types.count(stream.type.name) == 1 else stream.map
        for stream in streams
    ]


def json_text(text: str) -> str:
    """Write a JSON string; everything unprintable is escaped, so that a terminal shows it and does not obey."""
    if text.isprintable():
        return encode_basestring(text)
    return encode_basestring_ascii(text).replace("\x7f", "\\u007f")


def json_value(value: Any) -> str:
    """Write a decoded value as JSON."""
    if isinstance(value, str):
        return json_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value) if isfinite(value) else "null"
    if isinstance(value, list):
        return f"[{','.join(map(json_value, value))}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{json_text(name)}:{json_value(part)}" for name, part in value.items()) + "}"
    return str(value)


def _show(kind: CType) -> Show | None:
    """Return how a column's raw values become JSON; None where `%s` already does it."""
    if kind.kind == STRING:
        return Remembered(lambda value: json_text(decoded(value))).__getitem__
    if kind.kind == ENUM and kind.size < 16:
        return Remembered(lambda value: json_value(enum_name(kind, value))).__getitem__
    if kind.kind == BOOLEAN:
        return {True: "true", False: "false"}.__getitem__
    if kind.kind == FLOAT:
        return json_value
    if kind.kind == ARRAY or kind.size == 16:
        return lambda value: json_value(nested(kind, value))
    return None
