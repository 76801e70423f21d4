"""Prometheus metrics of events and of looked-at maps: `/// @metric {"name": …, "kind": "counter"}` before the map.

Each @metric is one metric. Without "value", a metric counts events, or the entries of a map; a map with a histogram
view gives its slots to a metric of kind "histogram".
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ....schemas.c_type import ARRAY, BOOLEAN, ENUM, FLOAT, INTEGER, STRUCT, Member
from ....schemas.errors import BadInput
from ....schemas.fields import Fields
from ....schemas.program import (
    COUNTER,
    GAUGE,
    HISTOGRAM,
    MAX_LABELS,
    MAX_METRICS,
    TABLE,
    EventStream,
    MapView,
    Metric,
)
from .comments import SourceDocs
from .doc_text import MAX_HELP_CHARS, Command
from .field_names import fields_of, fields_of_view, no_such_field

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,127}")  # prometheus.io/docs/concepts/data_model
_LABEL = re.compile(r"(?!__|le\Z)[a-zA-Z_][a-zA-Z0-9_]{0,63}")  # le is the bound of a histogram's bucket
_OURS = "ebpfhub_"  # what the exporter says of itself
_NUMBERS = (INTEGER, BOOLEAN, FLOAT, ENUM)
# What a metric's samples are called besides its name; no other metric may be called so.
_SUFFIXES = {
    COUNTER: ("", "_total", "_created"),
    GAUGE: ("",),
    HISTOGRAM: ("", "_bucket", "_count", "_sum", "_created"),
}


class _Source(NamedTuple):
    fields: dict[str, Member]
    is_view: bool
    is_histogram: bool


def find_metrics(docs: SourceDocs, events: tuple[EventStream, ...], views: tuple[MapView, ...]) -> tuple[Metric, ...]:
    """The metrics of all @metric commands. Raises: BadInput with file and line, and what was meant perhaps."""
    sources = {item.map: _Source(fields_of_view(item), True, item.show != TABLE) for item in views}
    sources |= {item.map: _Source(fields_of(item.type), False, False) for item in events}
    made: list[Metric] = []
    taken: dict[str, Command] = {}
    for name, doc in docs.names.items():
        for command in doc.all("metric"):
            metric = _metric(name, sources.get(name), command)
            _take_names(metric, taken, command)
            made.append(metric)
    if len(made) > MAX_METRICS:
        raise BadInput(f"has more than {MAX_METRICS} metrics", where="metrics")
    return tuple(made)


def _metric(name: str, source: _Source | None, command: Command) -> Metric:
    if source is None:
        raise BadInput(
            f"{name} has no events, and is not looked at", where=command.place,
            todo="Put @metric before an event map or program, or before a map with @sample",
        )  # fmt: skip
    fields = command.fields("name", "kind", "help", "value", "labels")
    called = fields.text("name", limit=128)
    if called.startswith(_OURS):
        raise BadInput(f"metrics whose names begin with {_OURS} are ecli's own", where=fields.at("name"))
    if not _NAME.fullmatch(called):
        raise BadInput(f"{called!r} is not the name of a metric: letters, digits and _", where=fields.at("name"))
    kind = fields.text("kind", limit=16)
    if kind not in _SUFFIXES:
        raise BadInput(f"{kind!r} is not {COUNTER}, {GAUGE} or {HISTOGRAM}", where=fields.at("kind"))
    labels = _labels(fields, source)
    help_text = fields.text("help", limit=MAX_HELP_CHARS, default="")
    return Metric(called, kind, help_text, name, _value(fields, source, kind), labels)


def _value(fields: Fields, source: _Source, kind: str) -> str:
    name = fields.text("value", limit=128, default="")
    where = fields.at("value")
    if source.is_view and kind == HISTOGRAM:
        if not source.is_histogram:
            raise BadInput(
                "a histogram of a map is made of its slots, and this one is looked at as a table",
                where=fields.at("kind"), todo='Give its @sample the type "log2_hist" or "linear_hist"',
            )  # fmt: skip
        if name not in ("", "slots"):
            raise BadInput("a histogram of a map with a histogram view is made of its slots", where=where)
        return ""
    if not name:
        if kind == HISTOGRAM:
            raise BadInput("is missing: a histogram is one of a field", where=where)
        return ""
    if name not in source.fields:
        raise no_such_field(name, source.fields, where=where)
    if source.fields[name].type.kind not in _NUMBERS:
        raise BadInput(f"{name} is not a number", where=where)
    return name


def _labels(fields: Fields, source: _Source) -> tuple[tuple[str, str], ...]:
    made = fields.text_map("labels", count=MAX_LABELS, limit=128)
    where = fields.at("labels")
    for label, name in made.items():
        if not _LABEL.fullmatch(label):
            raise BadInput(f"{label!r} is not a label: letters, digits and _, not __ first, not le", where=where)
        if name not in source.fields:
            raise no_such_field(name, source.fields, where=where)
        if source.fields[name].type.kind in (ARRAY, STRUCT) and source.fields[name].show not in ("ip", "mac"):
            raise BadInput(f"{name} holds many values, so it is no label", where=where)
    return tuple(sorted(made.items()))


def _take_names(metric: Metric, taken: dict[str, Command], command: Command) -> None:
    base = metric.name.removesuffix("_total")
    for suffix in _SUFFIXES[metric.kind]:
        other = taken.setdefault(base + suffix, command)
        if other is not command:
            raise BadInput(f"{metric.name} would be mixed up with the metric of {other.where}", where=command.place)
