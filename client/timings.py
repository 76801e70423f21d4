"""Where the time of a run goes, for `--timings`: laps of a stopwatch, from the interpreter's start to the end."""

from __future__ import annotations

import os
import time

from .loader.sink import Sink

_SELF = "/proc/self/stat"
_START_FIELD = 22  # of proc_pid_stat(5), in clock ticks since boot


class Timings:
    """Laps in the order in which they ended. One that is not `kept` costs nothing."""

    def __init__(self, *, kept: bool) -> None:
        self._kept = kept
        self._laps: list[tuple[str, float]] = []
        self._last = time.monotonic()
        if kept:
            self._laps.append(
                ("interpreter and imports", max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - _started()))
            )

    def lap(self, name: str) -> None:
        """End a lap, which began where the last one ended."""
        if self._kept:
            now = time.monotonic()
            self._laps.append((name, now - self._last))
            self._last = now

    def lines(self) -> list[str]:
        """One line for each lap, in milliseconds, and their sum."""
        rows = [*self._laps, ("in all", sum(seconds for _, seconds in self._laps))] if self._laps else []
        return [f"  {1000 * seconds:9.1f} ms  {name}" for name, seconds in rows]


class TimedSink:
    """A sink that ends a lap when everything is attached, and one at the first record."""

    def __init__(self, sink: Sink, timings: Timings) -> None:
        self._sink, self._timings = sink, timings
        self.descriptor = sink.descriptor
        self._seen = False

    def started(self, name: str, *, attached: int, streams: int) -> None:
        """Hear that the programs are attached."""
        self._timings.lap("loaded and attached")
        self._sink.started(name, attached=attached, streams=streams)

    def batch(self, stream: int, records: list[bytes]) -> int:
        """Hand records on."""
        malformed = self._sink.batch(stream, records)
        self._first()
        return malformed

    def looked(self, view: int, entries: list[tuple[bytes, tuple[bytes, ...]]]) -> None:
        """Hand a map's content on."""
        self._sink.looked(view, entries)
        self._first()

    def text(self, data: bytes) -> None:
        """Hand an iterator's text on."""
        self._sink.text(data)
        self._first()

    def lost(self, count: int) -> None:
        """Hand on what is lost so far."""
        self._sink.lost(count)

    def ended(self, *, lost: int, malformed: int) -> None:
        """Hear what was lost."""
        self._sink.ended(lost=lost, malformed=malformed)

    def _first(self) -> None:
        if not self._seen:
            self._seen = True
            self._timings.lap("first output")


def _started() -> float:
    """When this process was started, in seconds since boot, to a hundredth."""
    try:
        with open(_SELF, "rb") as file:  # noqa: PTH123 — pathlib is not on the run path
            fields = file.read(4096).rpartition(b")")[2].split()
        return int(fields[_START_FIELD - 3]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
