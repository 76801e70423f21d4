"""How a program is used, as its config says: options, events, maps to look at, attach points, metrics.

The builder finds them in the object's BTF and comments. Shapes only: what runs is in client/loader, what is shown in
client/output.
"""

from __future__ import annotations

from .c_type import CType
from .errors import BadInput
from .named import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any

    from .fields import Fields

MAX_OPTIONS = 128
MAX_EVENTS = 16
MAX_VIEWS = 16
MAX_ATTACH_POINTS = 1024
MAX_METRICS = 64
MAX_LABELS = 16
RINGBUF, PERF, ITERATOR = "ringbuf", "perf", "iterator"
TABLE, LOG2, LINEAR = "table", "log2", "linear"
COUNTER, GAUGE, HISTOGRAM = "counter", "gauge", "histogram"
TARGETS = ("interface", "direction", "mode", "binary", "symbol", "pid", "cgroup", "frequency", "priority", "handle")


class Option(NamedTuple):
    """A variable that a user may set before loading: `offset` in bytes in data section `section` (".rodata", …)."""

    name: str
    long: str
    short: str
    help: str
    section: str
    offset: int
    type: CType
    default: int | float | str | bool | None = None

    @classmethod
    def read(cls, fields: Fields) -> Option:
        """Read an option. Raises: BadInput."""
        default = fields.raw("default")
        if default is not None and not isinstance(default, int | float | str | bool):
            raise BadInput("must be a number, text, true or false", where=fields.at("default"))
        return cls(
            fields.text("name", limit=128),
            fields.text("long", limit=64),
            fields.text("short", limit=1, default=""),
            fields.text("help", limit=1024, default=""),
            fields.text("section", limit=64),
            fields.integer("offset", high=2**24),
            CType.read(fields.map("type")),
            default,
        )

    def to_json(self) -> dict[str, Any]:
        """The JSON object, without empty fields."""
        made: dict[str, Any] = {"name": self.name, "long": self.long}
        if self.short:
            made["short"] = self.short
        if self.help:
            made["help"] = self.help
        made |= {"section": self.section, "offset": self.offset, "type": self.type.to_json()}
        return made | ({"default": self.default} if self.default is not None else {})


class EventStream(NamedTuple):
    """Events to user space; each record is one `type` struct.

    `map` is a ring buffer ("ringbuf"), a perf event array ("perf"), or the name of an iterator program ("iterator").
    """

    map: str
    transport: str
    type: CType

    @classmethod
    def read(cls, fields: Fields) -> EventStream:
        """Read a stream. Raises: BadInput."""
        transport = _one_of(fields, "transport", (RINGBUF, PERF, ITERATOR))
        return cls(fields.text("map", limit=128), transport, CType.read(fields.map("type")))

    def to_json(self) -> dict[str, Any]:
        """The JSON object."""
        return {"map": self.map, "transport": self.transport, "type": self.type.to_json()}


class MapView(NamedTuple):
    """A map whose content is shown again and again, every `interval` milliseconds.

    `show` is "table" (a line for each key), "log2" or "linear": a histogram of the value's array (its member `slots`,
    or the value itself), else of the keys, which are slots then. `step` and `base` give a linear slot its bounds.
    `clear`: its entries are deleted after each look. A value of a per-processor map is the sum over processors.
    """

    map: str
    show: str
    key: CType
    value: CType
    interval: int = 1000
    unit: str = ""
    clear: bool = False
    step: int = 1
    base: int = 0

    @classmethod
    def read(cls, fields: Fields) -> MapView:
        """Read a view. Raises: BadInput."""
        return cls(
            fields.text("map", limit=128),
            _one_of(fields, "show", (TABLE, LOG2, LINEAR)),
            CType.read(fields.map("key")),
            CType.read(fields.map("value")),
            fields.integer("interval", low=10, high=24 * 3600 * 1000, default=1000),
            fields.text("unit", limit=32, default=""),
            fields.boolean("clear", default=False),
            fields.integer("step", low=1, default=1),
            fields.integer("base", low=-(2**63), default=0),
        )

    def to_json(self) -> dict[str, Any]:
        """The JSON object, without what is as usual."""
        made = {"map": self.map, "show": self.show, "key": self.key.to_json(), "value": self.value.to_json()}
        return made | _unusual(self, "interval", "unit", "clear", "step", "base")


class AttachPoint(NamedTuple):
    """A program and its ELF section; `defaults` are (one of TARGETS, text) for what the section leaves open."""

    program: str
    section: str
    defaults: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, fields: Fields) -> AttachPoint:
        """Read an attach point; defaults of a later version have no effect. Raises: BadInput."""
        defaults = fields.text_map("defaults", count=len(TARGETS), limit=4096)
        return cls(
            fields.text("program", limit=128),
            fields.text("section", limit=512),
            tuple(sorted((name, text) for name, text in defaults.items() if name in TARGETS)),
        )

    def to_json(self) -> dict[str, Any]:
        """The JSON object."""
        made: dict[str, Any] = {"program": self.program, "section": self.section}
        return made | ({"defaults": dict(self.defaults)} if self.defaults else {})


class Metric(NamedTuple):
    """A Prometheus metric of `source`, an event map or a viewed map: of its field `value`, or of how many there are.

    `kind` is "counter", "gauge" or "histogram"; `labels` are (label, field).
    """

    name: str
    kind: str
    help: str
    source: str
    value: str = ""
    labels: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, fields: Fields) -> Metric:
        """Read a metric. Raises: BadInput."""
        labels = fields.text_map("labels", count=MAX_LABELS, limit=128)
        return cls(
            fields.text("name", limit=128),
            _one_of(fields, "kind", (COUNTER, GAUGE, HISTOGRAM)),
            fields.text("help", limit=1024, default=""),
            fields.text("source", limit=128),
            fields.text("value", limit=128, default=""),
            tuple(sorted(labels.items())),
        )

    def to_json(self) -> dict[str, Any]:
        """The JSON object, without empty fields."""
        made: dict[str, Any] = {"name": self.name, "kind": self.kind, "source": self.source}
        made |= _unusual(self, "help", "value")
        return made | ({"labels": dict(self.labels)} if self.labels else {})


class Usage(NamedTuple):
    """All that a config says of how its program is used."""

    options: tuple[Option, ...] = ()
    events: tuple[EventStream, ...] = ()
    views: tuple[MapView, ...] = ()
    attach: tuple[AttachPoint, ...] = ()
    metrics: tuple[Metric, ...] = ()

    @classmethod
    def read(cls, fields: Fields) -> Usage:
        """Read a config's usage. Raises: BadInput."""
        return cls(
            tuple(Option.read(item) for item in fields.maps("options", limit=MAX_OPTIONS, default=[])),
            tuple(EventStream.read(item) for item in fields.maps("events", limit=MAX_EVENTS, default=[])),
            tuple(MapView.read(item) for item in fields.maps("views", limit=MAX_VIEWS, default=[])),
            tuple(AttachPoint.read(item) for item in fields.maps("attach", limit=MAX_ATTACH_POINTS, default=[])),
            tuple(Metric.read(item) for item in fields.maps("metrics", limit=MAX_METRICS, default=[])),
        )

    def to_json(self) -> dict[str, Any]:
        """The config's fields; options and events are always there."""
        made: dict[str, Any] = {
            "options": [option.to_json() for option in self.options],
            "events": [stream.to_json() for stream in self.events],
        }
        more = {
            "views": [item.to_json() for item in self.views],
            "attach": [item.to_json() for item in self.attach],
            "metrics": [item.to_json() for item in self.metrics],
        }
        return made | {name: items for name, items in more.items() if items}


def _one_of(fields: Fields, name: str, words: tuple[str, ...]) -> str:
    word = fields.text(name, limit=16)
    if word not in words:
        raise BadInput(f"{word!r} is not {', '.join(words[:-1])} or {words[-1]}", where=fields.at(name))
    return word


def _unusual(item: Any, *names: str) -> dict[str, Any]:
    """The fields that do not have their default value; without one, those that are not empty."""
    defaults = type(item)._field_defaults
    return {name: getattr(item, name) for name in names if getattr(item, name) != defaults.get(name, "")}


NO_USAGE = Usage()
