"""The records of several maps in one loop: epoll wakes it, every wake-up hands on one batch for each map that has some.

It knows ring buffers and perf event arrays, time, a stop and a count; what a record means is decoded elsewhere.
"""

from __future__ import annotations

import select
import time

from ...schemas.errors import Unsupported
from ...schemas.named import TYPE_CHECKING
from .buffers import CalledRing, PerfBuffer
from .libbpf import BpfMap, Library
from .program import PERF_EVENT_ARRAY, RINGBUF
from .refusal import meaning
from .ring import MappedRing, readable_directly
from .stop import Stop

BATCH = 8192  # records that one map hands on at once
PERF_PAGES = 64  # pages of each processor's perf buffer, as libbpf's own tools take
_NEVER = float("inf")  # when a ticker has nothing to do
_LONGEST_WAIT = 24 * 3600.0  # seconds; epoll counts milliseconds in an int


if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType
    from typing import Protocol

    class Reader(Protocol):
        """One source of records: take() copies those that wait, `lost` counts those known to be lost."""

        @property
        def lost(self) -> int: ...
        def fileno(self) -> int: ...
        def take(self) -> list[bytes]: ...
        def close(self) -> None: ...

    class Ticker(Protocol):
        """Work that comes again: `due` is when (time.monotonic(); infinity is never); tick() does it and sets `due`."""

        @property
        def due(self) -> float: ...
        def tick(self) -> None: ...


def reader(library: Library, bpf_map: BpfMap, *, direct: bool | None = None) -> Reader:
    """Open the reader that fits a loaded map; `direct` chooses how rings are read. Raises: Unsupported."""
    try:
        if bpf_map.type == RINGBUF and (readable_directly() if direct is None else direct):
            return MappedRing(bpf_map.fd, bpf_map.max_entries, limit=BATCH)
        if bpf_map.type == RINGBUF:
            return CalledRing(library, bpf_map.fd, limit=BATCH)
        if bpf_map.type == PERF_EVENT_ARRAY:
            return PerfBuffer(library, bpf_map.fd, pages=PERF_PAGES)
    except OSError as error:
        raise Unsupported(f"map {bpf_map.name!r} cannot be read: {meaning(error)}", needs="perf events") from error
    raise Unsupported(
        f"map {bpf_map.name!r} of type {bpf_map.type} carries no events", needs="a ring buffer or perf event array"
    )


class Streams:
    """Readers under one epoll, closed together. Records keep their order inside a stream, not between streams."""

    def __init__(
        self, readers: Sequence[Reader], stop: Stop, *, watched: int = -1, tickers: Sequence[Ticker] = ()
    ) -> None:
        self._readers, self._stop = list(readers), stop
        self.tickers = list(tickers)
        self._watched = watched
        self._epoll = select.epoll(flags=select.EPOLL_CLOEXEC)
        self._epoll.register(stop.fileno(), select.EPOLLIN)
        self._indexes = {}
        for index, source in enumerate(self._readers):
            self._epoll.register(source.fileno(), select.EPOLLIN)
            self._indexes[source.fileno()] = index
        if watched >= 0:
            self._watch(watched)

    def _watch(self, descriptor: int) -> None:
        try:
            self._epoll.register(descriptor, 0)  # errors and hang-ups are always told
        except OSError:  # a file or /dev/null has no hang-up (EPERM), or stdout is closed
            self._watched = -1

    def __enter__(self) -> Streams:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    @property
    def lost(self) -> int:
        """Records that the kernel reported as lost."""
        return sum(source.lost for source in self._readers)

    def batches(
        self, *, timeout: float | None = None, max_events: int | None = None
    ) -> Iterator[tuple[int, list[bytes]]]:
        """Yield (stream, records) until `timeout` seconds, `max_events` records, the stop, or the watched fd hangs up.

        When time or the stop ends it, what already waits is still handed on, one batch a stream.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        left = max_events
        over = left == 0
        while not over:
            ready, over = self._wait(deadline)
            for index in ready:
                records = self._readers[index].take()
                if left is not None:
                    records = records[:left]
                    left -= len(records)
                if records:
                    yield index, records
                if left == 0:
                    return

    def _wait(self, deadline: float | None) -> tuple[list[int], bool]:
        """Return the streams to read, and whether this is the last round."""
        wake = deadline
        for ticker in self.tickers:
            if ticker.due != _NEVER and (wake is None or ticker.due < wake):
                wake = ticker.due
        wait = _LONGEST_WAIT if wake is None else min(max(0.0, wake - time.monotonic()), _LONGEST_WAIT)
        woken = self._epoll.poll(wait)
        for ticker in self.tickers:
            if ticker.due != _NEVER and time.monotonic() >= ticker.due:
                ticker.tick()
        gone = any(descriptor == self._watched for descriptor, _ in woken)
        if gone or self._stop.wanted or (deadline is not None and time.monotonic() >= deadline):
            return list(range(len(self._readers))), True
        return [self._indexes[descriptor] for descriptor, _ in woken if descriptor in self._indexes], False

    def close(self) -> None:
        """Close all readers; a second call does nothing."""
        readers, self._readers = self._readers, []
        self._epoll.close()
        for source in readers:
            source.close()
