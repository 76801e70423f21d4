"""The records of one map on their way to a guest: taken in batches, kept until the guest's callback has seen them."""

from __future__ import annotations

import select

from ..loader.events import reader
from ..loader.libbpf import BpfMap
from ..loader.program import system_library
from ..loader.stop import Stop


class Buffer:
    """One ring buffer or perf event array. Raises (constructor): Unsupported when the map carries no events."""

    def __init__(self, bpf_map: BpfMap, ending: Stop) -> None:
        self._reader = reader(system_library(), bpf_map)
        self._ending = ending
        self._waiting: list[bytes] = []
        self._epoll = select.epoll(flags=select.EPOLL_CLOEXEC)
        self._epoll.register(self._reader.fileno(), select.EPOLLIN)
        self._epoll.register(ending.fileno(), select.EPOLLIN)

    @property
    def lost(self) -> int:
        """Records that the kernel reported as lost."""
        return self._reader.lost

    def take(self, timeout: float | None) -> list[bytes]:
        """Return what waits; when nothing does, wait `timeout` seconds (None: for ever) or until the end is wanted."""
        records, self._waiting = self._waiting, []
        records = records or self._reader.take()
        if not records and not self._ending.wanted:
            self._epoll.poll(timeout)
            records = self._reader.take()
        return records

    def give_back(self, records: list[bytes]) -> None:
        """Keep records that the guest has not seen, for its next poll."""
        self._waiting = records + self._waiting

    def close(self) -> None:
        """Give the buffer back."""
        self._epoll.close()
        self._reader.close()
