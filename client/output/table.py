"""Events and maps for people: the sink that prints tables and histograms, the local time first.

How a line is laid out is in columns.py; how maps are shown is in views.
"""

from __future__ import annotations

import os
import time

from ...schemas.named import TYPE_CHECKING
from ...schemas.program import EventStream
from .columns import EventTable
from .notices import Notices
from .text import visible
from .things import Entry, Things, as_things
from .writer import Writer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .views.screen import Screen

_TIME = "%H:%M:%S"
_REPEAT = 24  # lines, about a screen: after so many a stream's header is shown again when its turn comes


class Table:
    """A table at most `width` columns wide; None is as wide as needed. Raises (constructor): BadInput.

    `things` are the streams, then the views. Views have the terminal for themselves if nothing else writes to it.
    """

    def __init__(
        self,
        things: Things | Sequence[EventStream],
        *,
        width: int | None = None,
        descriptor: int = 1,
        notices: Notices | None = None,
    ) -> None:
        self.descriptor = descriptor
        self._writer = Writer(descriptor)
        self._notices = notices or Notices()
        self._things = as_things(things)
        selections = self._things.selections[: len(self._things.usage.events)]
        longest = max((len(item.label) for item in selections), default=0) if len(selections) > 1 else 0
        self._tables = [EventTable(item, width=width, label=item.label[:longest].ljust(longest)) for item in selections]
        self._sorted = any(item.descending is not None for item in selections)
        self._screen: Screen | None = None
        if self._things.views:
            from .views.screen import Screen

            alone = not selections and os.isatty(descriptor)
            self._screen = Screen(self._things, width=width, descriptor=descriptor, alone=alone)
        self._current = 0
        self._written = 0  # lines
        self._shown_at: dict[int, int] = {}  # stream: number of the line that was its last header
        self._headers: dict[int, str] = {}  # stream: its last header

    def started(self, name: str, *, attached: int, streams: int) -> None:
        """Show the header. Raises: BrokenPipeError, OSError."""
        self._notices.started(name, attached=attached, streams=len(self._things.selections))
        first = next((place for place, table in enumerate(self._tables) if not table.selection.nothing), -1)
        if first >= 0 and not self._sorted:
            self._current = first
            self._head(first)
            self._writer.write(f"{self._headers[first]}\n".encode())

    def batch(self, stream: int, records: list[bytes]) -> int:
        """Write one line for each record; return how many were malformed. Raises: BrokenPipeError, OSError."""
        table, clock = self._tables[stream], time.strftime(_TIME)
        if self._sorted:
            return self._things.hold(stream, records, clock)
        lines, malformed = table.lines(records, clock)
        self._write(stream, lines)
        return malformed

    def _write(self, stream: int, lines: list[str]) -> None:
        if not lines:
            return
        turn = stream != self._current and self._written - self._shown_at.get(stream, -_REPEAT) >= _REPEAT
        if turn or self._headers.get(stream, self._tables[stream].header) != self._tables[stream].header:
            self._head(stream)
            lines.insert(0, self._headers[stream])
        self._current = stream
        self._written += len(lines)
        self._writer.write("".join(f"{line}\n" for line in lines).encode())

    def _head(self, stream: int) -> None:
        self._headers[stream], self._shown_at[stream] = self._tables[stream].header, self._written

    def looked(self, view: int, entries: Sequence[Entry]) -> None:
        """Show a map's entries: in place on a terminal, else as one block after the other. Raises: OSError."""
        number, rows = self._things.looked(view, entries)
        if self._screen is not None and not self._things.selections[number].nothing:
            self._screen.show(view, self._things.selections[number], rows)

    def text(self, data: bytes) -> None:
        """Write what a program wrote as text, line by line. Raises: BrokenPipeError, OSError."""
        lines = (visible(line.expandtabs()) for line in self._things.lines(data))
        self._writer.write("".join(f"{line}\n" for line in lines).encode())

    def lost(self, count: int) -> None:
        """Tell how many events are lost so far."""
        self._notices.lost(count)

    def ended(self, *, lost: int, malformed: int) -> None:
        """Write what was held back to be sorted, and hear what was lost. Raises: OSError."""
        try:
            for stream, rows, clocks in self._things.held():
                lines = self._tables[stream].of_rows(rows, clocks)
                self._headers.setdefault(stream, "")
                self._write(stream, lines)
            self.text(b"")
        except BrokenPipeError:
            pass  # nobody reads any more
        self._notices.ended(lost=lost, malformed=malformed, unsorted=self._things.dropped)
