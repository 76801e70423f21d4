"""Maps that are looked at again and again while a program runs, each at its own interval, and once at the end.

It reads entries; what they mean is decoded and shown by the sink.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ...schemas.errors import Unsupported
from ...schemas.program import MapView
from .maps import Entry, MapHandle
from .program import LoadedProgram, system_library
from .refusal import meaning

MAX_ENTRIES = 65_536  # of one map that one look reads

Looked = Callable[[int, list[Entry]], None]


class Views:
    """The viewed maps of a loaded program; a Ticker of events.py. Raises (constructor): NotFound, Unsupported."""

    def __init__(self, program: LoadedProgram, views: Sequence[MapView], looked: Looked) -> None:
        self._views, self._looked = views, looked
        self._maps = []
        for view in views:
            try:
                self._maps.append(MapHandle(system_library(), program.map_named(view.map).fd))
            except OSError as error:
                raise _unreadable(view, error) from error
        self._dues: list[float] = []
        self.cut: list[str] = []  # sentences about maps that had more entries than were read
        self.start()

    def start(self) -> None:
        """Begin to count the intervals."""
        self._dues = [time.monotonic() + view.interval / 1000 for view in self._views]

    @property
    def due(self) -> float:
        """When the next look is due (time.monotonic())."""
        return min(self._dues)

    def tick(self) -> None:
        """Look at the maps whose time has come. A look that took too long puts the next ones off."""
        now = time.monotonic()
        for index, due in enumerate(self._dues):
            if due <= now:
                interval = self._views[index].interval / 1000
                self._dues[index] = max(due + interval, now + interval / 2)
                self._look(index)

    def finish(self) -> None:
        """Look at all maps once more."""
        for index in range(len(self._views)):
            self._look(index)

    def _look(self, index: int) -> None:
        view, handle = self._views[index], self._maps[index]
        try:
            entries = handle.take(MAX_ENTRIES) if view.clear else handle.entries(MAX_ENTRIES)
        except OSError as error:
            raise _unreadable(view, error) from error
        if len(entries) >= MAX_ENTRIES and handle.max_entries > MAX_ENTRIES:
            sentence = f"only {MAX_ENTRIES} entries of map {view.map!r} are read at a look"
            self.cut += [sentence] if sentence not in self.cut else []
        self._looked(index, entries)


def _unreadable(view: MapView, error: OSError) -> Unsupported:
    return Unsupported(f"map {view.map!r} cannot be read: {meaning(error)}", needs="a map that user space can read")
