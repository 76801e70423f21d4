"""The series of one metric: a number, or a histogram, for each combination of its labels' values."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.samples import Sample

from ....schemas import program
from ....schemas.errors import BadInput
from ..decode import Row
from ..meanings import Meaning
from ..selection import Selection, find_name, unknown_field
from ..text import fitted, visible
from ..values import is_text
from ..views.histogram import find_slots, histograms, log2_bounds

MAX_SERIES = 10_000  # of all metrics of a run
_LONGEST_LABEL = 128  # columns
_NAME, _LABEL = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,127}"), re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,127}")
_KINDS: dict[str, type[CounterMetricFamily | GaugeMetricFamily]] = {
    program.COUNTER: CounterMetricFamily,
    program.GAUGE: GaugeMetricFamily,
}

Labels = tuple[str, ...]
Buckets = dict[int, float]  # largest value of a bucket: how many fell into it, not counted together


def checked(usage: program.Usage) -> list[program.Metric]:
    """Return the metrics, if their names and sources can be. Raises: BadInput."""
    sources = {stream.map for stream in usage.events} | {view.map for view in usage.views}
    seen: set[str] = set()
    for metric in usage.metrics:
        where, name = f"metric {metric.name}", metric.name.removesuffix("_total")
        reserved = [label for label, _ in metric.labels if label == "le" or label.startswith("__")]
        if not _NAME.fullmatch(metric.name) or reserved or not all(_LABEL.fullmatch(text) for text, _ in metric.labels):
            raise BadInput("its name or a label is not one that Prometheus takes", where=where)
        if metric.source not in sources:
            raise BadInput(f"{metric.source!r} is no event map and no viewed map", where=where)
        if name in seen or name.startswith("ebpfhub_"):
            raise BadInput("there is another metric of this name", where=where)
        seen.add(name)
    return list(usage.metrics)


class Room:
    """How many more series there may be."""

    def __init__(self, limit: int) -> None:
        self.left = limit
        self.dropped = 0


class Series(ABC):
    """What events' and views' series have in common: labels, a bounded number of values, and their family."""

    def __init__(self, metric: program.Metric, selection: Selection, room: Room) -> None:
        self._metric, self._room = metric, room
        self._labels = [_label(selection, field, metric) for _, field in metric.labels]
        self._value = _number(selection, metric) if metric.value else None
        self._numbers: dict[Labels, float] = {}
        self._buckets: dict[Labels, Buckets] = {}
        self._sums: dict[Labels, float] = {}

    @abstractmethod
    def family(self) -> Metric:
        """Return the metric as it is now."""

    def _key(self, row: Row) -> Labels:
        return tuple(label(row) for label in self._labels)

    def _admits(self, key: Labels, held: dict[Labels, Any]) -> bool:
        """Tell whether a series may be updated; a new one takes room."""
        if key in held:
            return True
        if self._room.left <= 0:
            self._room.dropped += 1
            return False
        self._room.left -= 1
        return True

    def _family(self, *, summed: bool) -> Metric:
        names = [label for label, _ in self._metric.labels]
        text = visible(self._metric.help) or f"From {visible(self._metric.source)}."
        if self._metric.kind != program.HISTOGRAM:
            made = _KINDS[self._metric.kind](self._metric.name, text, labels=names)
            for key, number in self._numbers.items():
                made.add_metric(key, number)
            return made
        drawn = HistogramMetricFamily(self._metric.name, text, labels=names)
        for key, buckets in self._buckets.items():
            bounds = list(_cumulative(buckets))
            drawn.add_metric(key, bounds, self._sums[key] if summed else None)
            if not summed:  # the slots of a map tell how many, but not the sum
                labels = dict(zip(names, key, strict=True))
                drawn.samples.append(Sample(f"{self._metric.name}_count", labels, bounds[-1][1]))
        return drawn


class EventSeries(Series):
    """A metric of events: they are counted, or a field's values are added up, kept, or put into powers of 2."""

    def add(self, rows: Iterable[Row]) -> None:
        """Take rows of events."""
        for row in rows:
            number = 1 if self._value is None else self._value(row)
            if number is not None:
                self._add(self._key(row), number)

    def _add(self, key: Labels, number: float) -> None:
        if self._metric.kind == program.HISTOGRAM:
            if self._admits(key, self._buckets):
                buckets = self._buckets.setdefault(key, {})
                bound = log2_bounds(max(int(number).bit_length() - 1, 0))[1] if number > 0 else 0
                buckets[bound] = buckets.get(bound, 0) + 1
                self._sums[key] = self._sums.get(key, 0) + number
        elif self._admits(key, self._numbers):
            kept = self._metric.kind == program.GAUGE and self._value is not None
            self._numbers[key] = number if kept else self._numbers.get(key, 0) + number

    def family(self) -> Metric:
        """Return the metric as it is now."""
        return self._family(summed=True)


class ViewSeries(Series):
    """A metric of a viewed map: of each look the values, or how many keys there are; or its histogram.

    What a look shows takes the place of the last one's, unless the map is cleared between them: counts then add up.
    """

    def __init__(self, metric: program.Metric, view: program.MapView, selection: Selection, room: Room) -> None:
        super().__init__(metric, selection, room)
        self._view, self._selection = view, selection
        self._adds = view.clear and metric.kind != program.GAUGE

    def look(self, rows: Sequence[Row]) -> None:
        """Take the rows of one look."""
        if not self._adds:
            self._room.left += len(self._numbers) + len(self._buckets)
            self._numbers, self._buckets = {}, {}
        if self._metric.kind == program.HISTOGRAM:
            self._look_at_slots(rows)
            return
        for row in rows:
            key, number = self._key(row), 1 if self._value is None else self._value(row)
            if number is not None and self._admits(key, self._numbers):
                self._numbers[key] = self._numbers.get(key, 0) + number

    def _look_at_slots(self, rows: Sequence[Row]) -> None:
        found = histograms(find_slots(self._view, self._selection), self._selection, rows)
        for histogram in found:
            key = self._key(histogram.row)
            if self._admits(key, self._buckets):
                buckets = self._buckets.setdefault(key, {})
                for slot, count in histogram.counts.items():
                    bound = self._bound(slot)
                    buckets[bound] = buckets.get(bound, 0) + count

    def _bound(self, slot: int) -> int:
        if self._view.show == program.LOG2:
            return log2_bounds(min(max(slot, 0), 127))[1]
        return self._view.base + (slot + 1) * self._view.step - 1

    def family(self) -> Metric:
        """Return the metric as it is now."""
        return self._family(summed=False)


def _cumulative(buckets: Buckets) -> Iterator[tuple[str, float]]:
    """Count buckets together, as Prometheus wants them; empty ones above the largest are left out."""
    total, last = 0.0, max((bound for bound, count in buckets.items() if count), default=0)
    for bound in sorted(buckets):
        total += buckets[bound]
        if bound <= last:
            yield f"{float(bound)}", total
    yield "+Inf", total


def _field(selection: Selection, name: str, metric: program.Metric) -> int:
    index = find_name(name, selection.fields)
    if index < 0:
        raise unknown_field(name, [field.name for field in selection.fields], where=f"metric {metric.name}")
    return index


def _number(selection: Selection, metric: program.Metric) -> Callable[[Row], Any] | None:
    """What gets the metric's number; None for a histogram's slots."""
    index = _field(selection, metric.value, metric)
    if is_text(selection.fields[index], selection.meanings[index]):
        if metric.kind == program.HISTOGRAM:
            return None
        raise BadInput(f"field {metric.value!r} is not a number", where=f"metric {metric.name}")
    return selection.value(index)


def _label(selection: Selection, name: str, metric: program.Metric) -> Callable[[Row], str]:
    """What gets a label's value: the value as tables show it."""
    from ..column import Column

    index = _field(selection, name, metric)
    meaning: Meaning | None = selection.meanings[index]
    column = Column(index, selection.fields[index], meaning)
    return lambda row: fitted(column.plain(row), _LONGEST_LABEL, fill=False)
