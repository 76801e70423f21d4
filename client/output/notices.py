"""What a person should know beside the events: that it runs, what was lost. For stderr, so that stdout stays pure."""

from __future__ import annotations

from .text import visible
from .writer import Writer


class Notices:
    """Short lines to a descriptor. That nobody reads them any more is no failure."""

    def __init__(self, descriptor: int = 2) -> None:
        self._writer = Writer(descriptor)

    def started(self, name: str, *, attached: int, streams: int) -> None:
        """Tell that a program without events runs; one with events speaks for itself."""
        if not streams:
            programs = "1 BPF program" if attached == 1 else f"{attached} BPF programs"
            self._say(f"{visible(name)} is running ({programs} attached); Ctrl-C ends it")

    def lost(self, count: int) -> None:
        """Tell that events are lost while the program runs."""
        self._say(f"ecli: {count:,} {'event' if count == 1 else 'events'} lost so far")

    def ended(self, *, lost: int, malformed: int, unsorted: int = 0) -> None:
        """Tell what is missing from the events that were shown; `unsorted` were too many to be kept for sorting."""
        if lost:
            self._say(f"{_count(lost, 'event was', 'events were')} lost: they came faster than they could be read")
        if malformed:
            self._say(f"{_count(malformed, 'event was', 'events were')} shorter than the program's type for them")

        if unsorted:
            self._say(f"{_count(unsorted, 'event was', 'events were')} dropped: too many to sort; see --filter")

    def _say(self, line: str) -> None:
        try:
            self._writer.write(line.encode() + b"\n")
        except OSError:
            return


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
