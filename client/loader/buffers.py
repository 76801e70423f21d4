"""Records read through libbpf's own buffers: ring buffers where memory order needs its barriers, and perf buffers.

ring.py reads rings without libbpf, many records at a time; events.py chooses.
"""

from __future__ import annotations

import ctypes

from .libbpf import PERF_LOST, PERF_SAMPLE, RING_SAMPLE, Library


class CalledRing:
    """A ring buffer read through libbpf, with its memory barriers: one call a record, for every architecture."""

    lost = 0

    def __init__(self, library: Library, map_fd: int, *, limit: int) -> None:
        self._library, self._limit = library, limit
        self._records: list[bytes] = []
        self._callback = RING_SAMPLE(self._keep)
        self._ring = library.made("ring_buffer__new", map_fd, self._callback, None, None)

    def _keep(self, _context: int, data: int, size: int) -> int:
        self._records.append(ctypes.string_at(data, size))
        return 0 if len(self._records) < self._limit else -1  # a negative answer ends this round, losing nothing

    def fileno(self) -> int:
        """Return the descriptor that is readable when records wait."""
        return int(self._library.call("ring_buffer__epoll_fd", self._ring))

    def take(self) -> list[bytes]:
        """Return the waiting records, at most about `limit`."""
        self._library.call("ring_buffer__consume", self._ring)
        records, self._records = self._records, []
        return records

    def close(self) -> None:
        """Free the buffer; a second call does nothing."""
        ring, self._ring = self._ring, 0
        if ring:
            self._library.call("ring_buffer__free", ring)


class PerfBuffer:
    """The buffers of all processors behind a perf event array; `lost` counts what the kernel could not write."""

    def __init__(self, library: Library, map_fd: int, *, pages: int) -> None:
        self._library = library
        self._records: list[bytes] = []
        self.lost = 0
        self._sample, self._missing = PERF_SAMPLE(self._keep), PERF_LOST(self._lose)
        self._buffer = library.made("perf_buffer__new", map_fd, pages, self._sample, self._missing, None, None)

    def _keep(self, _context: int, _processor: int, data: int, size: int) -> None:
        self._records.append(ctypes.string_at(data, size))

    def _lose(self, _context: int, _processor: int, count: int) -> None:
        self.lost += count

    def fileno(self) -> int:
        """Return the descriptor that is readable when records wait."""
        return int(self._library.call("perf_buffer__epoll_fd", self._buffer))

    def take(self) -> list[bytes]:
        """Return the waiting records of all processors: at most what the buffers hold.

        Not by perf_buffer__poll(): the kernel tells only once that a perf event is readable, and the caller's epoll
        has heard it.
        """
        self._library.call("perf_buffer__consume", self._buffer)
        records, self._records = self._records, []
        return records

    def close(self) -> None:
        """Free the buffers; a second call does nothing."""
        buffer, self._buffer = self._buffer, 0
        if buffer:
            self._library.call("perf_buffer__free", buffer)
