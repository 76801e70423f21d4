"""Events for people: the sink that prints a table, the local time first. How a line is laid out is in columns.py."""

from __future__ import annotations

import time
from collections.abc import Sequence

from ...schemas.program import EventStream
from .columns import EventTable
from .lines import labels
from .notices import Notices
from .writer import Writer

_TIME = "%H:%M:%S"
_REPEAT = 24  # lines, about a screen: after so many a stream's header is shown again when its turn comes


class Table:
    """A table at most `width` columns wide; None is as wide as needed. Raises (constructor): BadInput."""

    def __init__(
        self,
        streams: Sequence[EventStream],
        *,
        width: int | None = None,
        descriptor: int = 1,
        notices: Notices | None = None,
    ) -> None:
        self.descriptor = descriptor
        self._writer = Writer(descriptor)
        self._notices = notices or Notices()
        names = labels(streams) if len(streams) > 1 else [""] * len(streams)
        longest = max(map(len, names), default=0)
        self._tables = [
            EventTable(stream.type, width=width, label=name.ljust(longest))
            for stream, name in zip(streams, names, strict=True)
        ]
        self._current = 0
        self._written = 0  # lines
        self._shown_at: dict[int, int] = {}  # stream: number of the line that was its last header

    def started(self, name: str, *, attached: int, streams: int) -> None:
        """Show the header. Raises: BrokenPipeError, OSError."""
        self._notices.started(name, attached=attached, streams=streams)
        if self._tables:
            self._shown_at[0] = 0
            self._writer.write(f"{self._tables[0].header}\n".encode())

    def batch(self, stream: int, records: list[bytes]) -> int:
        """Write one line for each record; return how many were malformed. Raises: BrokenPipeError, OSError."""
        table = self._tables[stream]
        lines, malformed = table.lines(records, time.strftime(_TIME))
        if stream != self._current and self._written - self._shown_at.get(stream, -_REPEAT) >= _REPEAT:
            lines.insert(0, table.header)
            self._shown_at[stream] = self._written
        self._current = stream
        self._written += len(lines)
        self._writer.write("".join(f"{line}\n" for line in lines).encode())
        return malformed

    def ended(self, *, lost: int, malformed: int) -> None:
        """Hear what was lost."""
        self._notices.ended(lost=lost, malformed=malformed)
