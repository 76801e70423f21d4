"""How a package's program is called and what it prints, as rows for a page. Languages and HTML are not its business."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from ...schemas.c_type import ARRAY, BOOLEAN, ENUM, FLOAT, INTEGER, STRING, STRUCT, CType
from ...schemas.program import EventStream, Option, Usage

MAX_ARGUMENTS = 32  # rows shown
MAX_COLUMNS = 48  # rows shown of one event
MAX_STREAMS = 4  # events shown
MAX_NOTE_CHARS = 160
MAX_NAME_CHARS = 80
_MAX_NAMES = 8  # of an enum, shown
_METAVARS = {INTEGER: "N", FLOAT: "X", STRING: "TEXT", ENUM: "NAME", ARRAY: "N,N,…", BOOLEAN: ""}


@dataclass(frozen=True, slots=True)
class ShownType:
    """A C type in short: `size` in bytes, `count` items of kind `item` for arrays, the first `names` of an enum."""

    kind: str
    size: int
    signed: bool = False
    count: int = 0
    item: ShownType | None = None
    names: tuple[str, ...] = ()
    more: bool = False

    @classmethod
    def of(cls, kind: CType) -> ShownType:
        """Shorten a type."""
        names = tuple(clipped(name, MAX_NAME_CHARS) for name, _ in kind.values[:_MAX_NAMES])
        item = cls.of(kind.item) if kind.item is not None else None
        return cls(kind.kind, kind.size, kind.signed, kind.length, item, names, len(kind.values) > _MAX_NAMES)


@dataclass(frozen=True, slots=True)
class Argument:
    """One option of the command line: `-p, --pid` takes `N`; `default` is empty where there is none to tell."""

    flags: str
    value: str
    note: str
    type: ShownType
    default: str


@dataclass(frozen=True, slots=True)
class Column:
    """One value of an event."""

    name: str
    note: str
    type: ShownType


@dataclass(frozen=True, slots=True)
class EventTable:
    """The columns of one kind of event; `more` is how many are not among them."""

    name: str
    columns: tuple[Column, ...]
    more: int


@dataclass(frozen=True, slots=True)
class ShownUsage:
    """Arguments and events of a program; `more` is how many arguments are not among them."""

    arguments: tuple[Argument, ...]
    more: int
    events: tuple[EventTable, ...]

    @classmethod
    def of(cls, usage: Usage) -> ShownUsage:
        """Shorten a package's usage to what a page shows."""
        arguments = tuple(_argument(option) for option in usage.options[:MAX_ARGUMENTS])
        events = tuple(_event(stream) for stream in usage.events[:MAX_STREAMS])
        return cls(arguments, len(usage.options) - len(arguments), events)


def clipped(text: str, limit: int) -> str:
    """Cut text after `limit` characters, and say so with an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _argument(option: Option) -> Argument:
    short = f"-{option.short}, " if option.short else ""
    return Argument(
        clipped(f"{short}--{option.long}", MAX_NAME_CHARS),
        _METAVARS.get(option.type.kind, "VALUE"),
        clipped(option.help, MAX_NOTE_CHARS),
        ShownType.of(option.type),
        clipped(_default(option.default), MAX_NAME_CHARS),
    )


def _default(value: int | float | str | bool | None) -> str:
    if value is None or value is False:
        return ""
    return "true" if value is True else str(value)


def _event(stream: EventStream) -> EventTable:
    found = _columns(stream.type, "", "")
    shown = tuple(islice(found, MAX_COLUMNS))
    return EventTable(clipped(stream.map, MAX_NAME_CHARS), shown, sum(1 for _ in found))


def _columns(kind: CType, name: str, note: str) -> Iterator[Column]:
    """Structs inside an event are flattened into dotted names, as `ecli run` prints them."""
    if kind.kind != STRUCT:
        told = clipped(name or kind.name or "value", MAX_NAME_CHARS)
        yield Column(told, clipped(note, MAX_NOTE_CHARS), ShownType.of(kind))
        return
    for member in kind.members:
        inner = f"{name}.{member.name}" if name and member.name else name or member.name
        yield from _columns(member.type, inner, member.help)
