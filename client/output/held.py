"""Events held back until the run ends, because they are to be sorted. Bounded: later ones are counted, not kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .decode import Row
from .selection import Selection

MAX_EVENTS = 1_000_000
MAX_BYTES = 512 * 1024 * 1024
_BATCH = 8192  # events shown at once


class Held:
    """Records of several streams, each with the time of day when it came."""

    def __init__(self, selections: Sequence[Selection]) -> None:
        self._selections = selections
        self._kept: dict[int, list[tuple[bytes, str]]] = {}
        self._count = self._bytes = 0
        self.dropped = 0

    def add(self, stream: int, records: list[bytes], clock: str) -> int:
        """Keep the records that are to be shown; return how many were malformed."""
        kept = self._kept.setdefault(stream, [])
        chosen, malformed = self._selections[stream].chosen(records)
        for record in chosen:
            if self._count >= MAX_EVENTS or self._bytes >= MAX_BYTES:
                self.dropped += 1
                continue
            kept.append((record, clock))
            self._count += 1
            self._bytes += len(record)
        return malformed

    def take(self) -> Iterator[tuple[int, list[Row], list[str]]]:
        """Yield (stream, rows, clocks) in order, stream after stream."""
        while self._kept:
            stream = min(self._kept)
            kept = self._kept.pop(stream)
            selection = self._selections[stream]
            rows, _ = selection.rows([record for record, _ in kept])
            order = selection.order(rows)
            for start in range(0, len(order), _BATCH):
                places = order[start : start + _BATCH]
                yield stream, [rows[place] for place in places], [kept[place][1] for place in places]
