"""A program's metrics for Prometheus, as its config declares them: counted from events, or taken from viewed maps.

Sinks beside the one that shows: Exporter serves them over HTTP, Both hands a run to several sinks. Only imported where
they are wanted, for prometheus_client takes its time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from ...schemas.program import Usage
from .metrics.series import MAX_SERIES, EventSeries, Room, Series, ViewSeries, checked
from .metrics.server import MetricServer
from .things import Entry, Things

if TYPE_CHECKING:
    from ..loader.sink import Sink

__all__ = ["MAX_SERIES", "Both", "Exporter"]


class Exporter(Collector):
    """A sink that serves `usage.metrics` at http://HOST:PORT/metrics until it is closed; port 0 takes a free one.

    At most MAX_SERIES series are kept; what would be more is counted in ebpfhub_series_dropped_total.
    Raises (constructor): BadInput for metrics that cannot be, Unavailable when it cannot listen there.
    """

    descriptor = -1

    def __init__(self, usage: Usage, host: str, port: int) -> None:
        self._things = Things(usage)
        self._lock = threading.Lock()
        self._room = Room(MAX_SERIES)
        streams = [stream.map for stream in usage.events]
        self._events: list[list[EventSeries]] = [[] for _ in usage.events]
        self._views: list[list[ViewSeries]] = [[] for _ in usage.views]
        for metric in checked(usage):
            if metric.source in streams:
                number = streams.index(metric.source)
                self._events[number].append(EventSeries(metric, self._things.selections[number], self._room))
            else:
                number = [view.map for view in usage.views].index(metric.source)
                selection = self._things.selections[len(streams) + number]
                self._views[number].append(ViewSeries(metric, usage.views[number], selection, self._room))
        self._counts = [0] * len(streams)
        self._lost = self._malformed = 0
        registry = CollectorRegistry()
        registry.register(self)
        self._server = MetricServer(registry, host, port)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.port

    def started(self, name: str, *, attached: int, streams: int) -> None:
        """Hear that the programs are attached."""

    def batch(self, stream: int, records: list[bytes]) -> int:
        """Count records; return how many were malformed."""
        rows, malformed = self._things.selections[stream].rows(records)
        with self._lock:
            self._counts[stream] += len(rows)
            self._malformed += malformed
            for series in self._events[stream]:
                series.add(rows)
        return malformed

    def looked(self, view: int, entries: Sequence[Entry]) -> None:
        """Take a map's values."""
        _, rows = self._things.looked(view, entries)
        with self._lock:
            for series in self._views[view]:
                series.look(rows)

    def text(self, data: bytes) -> None:
        """Hear text, which has no metrics."""

    def lost(self, count: int) -> None:
        """Take the count of lost events."""
        with self._lock:
            self._lost = count

    def ended(self, *, lost: int, malformed: int) -> None:
        """Take the count of lost events at the end."""
        self.lost(lost)

    def close(self) -> None:
        """Answer no more; a second call does nothing."""
        self._server.close()

    def collect(self) -> Iterable[Metric]:
        """Give all metrics as they are now, to whoever asks over HTTP."""
        with self._lock:
            return self._own() + [series.family() for series in self._all()]

    def _all(self) -> list[Series]:
        made: list[Series] = []
        for events in self._events:
            made += events
        for views in self._views:
            made += views
        return made

    def _own(self) -> list[Metric]:
        events = CounterMetricFamily("ebpfhub_events", "Events that were read.", labels=["source"])
        for stream, count in zip(self._things.usage.events, self._counts, strict=True):
            events.add_metric([stream.map], count)
        return [
            events,
            CounterMetricFamily("ebpfhub_lost_events", "Events that are known to be lost.", value=self._lost),
            CounterMetricFamily("ebpfhub_malformed_events", "Events shorter than their type.", value=self._malformed),
            CounterMetricFamily(
                "ebpfhub_series_dropped", f"Updates of series beyond {MAX_SERIES}.", value=self._room.dropped
            ),
        ]


class Both:
    """A sink that hands a run to several; the first one's descriptor and counts are the run's."""

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self._sinks = tuple(sinks)
        self.descriptor = self._sinks[0].descriptor

    def started(self, name: str, *, attached: int, streams: int) -> None:
        """Hand on. Raises: what a sink raises."""
        for sink in self._sinks:
            sink.started(name, attached=attached, streams=streams)

    def batch(self, stream: int, records: list[bytes]) -> int:
        """Hand on; return how many the first found malformed. Raises: what a sink raises."""
        malformed = [sink.batch(stream, records) for sink in self._sinks]
        return malformed[0]

    def looked(self, view: int, entries: list[Entry]) -> None:
        """Hand on. Raises: what a sink raises."""
        for sink in self._sinks:
            sink.looked(view, entries)

    def text(self, data: bytes) -> None:
        """Hand on. Raises: what a sink raises."""
        for sink in self._sinks:
            sink.text(data)

    def lost(self, count: int) -> None:
        """Hand on. Raises: what a sink raises."""
        for sink in self._sinks:
            sink.lost(count)

    def ended(self, *, lost: int, malformed: int) -> None:
        """Hand on. Raises: what a sink raises."""
        for sink in self._sinks:
            sink.ended(lost=lost, malformed=malformed)
