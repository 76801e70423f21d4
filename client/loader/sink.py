"""Where a run's records go: the seam between loading (session.py) and showing (client/output)."""

from __future__ import annotations

from typing import Protocol


class Sink(Protocol):
    """Where a run's records go. `descriptor` is where it writes (the run ends when its reader is gone), or -1."""

    descriptor: int

    def started(self, name: str, *, attached: int, streams: int) -> None:
        """Hear that `attached` programs are attached, and that `streams` maps are read. Raises: BrokenPipeError."""

    def batch(self, stream: int, records: list[bytes]) -> int:
        """Show records of stream number `stream`, and return how many were malformed. Raises: BrokenPipeError."""

    def looked(self, view: int, entries: list[tuple[bytes, tuple[bytes, ...]]]) -> None:
        """Show what the map of usage.views[view] holds: each key with one value, or one of each possible processor.

        Called at each interval, and once more when nothing is attached any more. Raises: BrokenPipeError.
        """

    def text(self, data: bytes) -> None:
        """Show what an iterator program without an event type wrote. Raises: BrokenPipeError."""

    def lost(self, count: int) -> None:
        """Hear how many records are known to be lost so far; not often. Raises: BrokenPipeError."""

    def ended(self, *, lost: int, malformed: int) -> None:
        """Hear that nothing is attached any more, and what was lost."""
