"""All that one run shows: its streams of events, then its views of maps, each with its selection.

What the sinks have in common is here: names, rows of a look, lines of text, and events held back until they are sorted.
"""

from __future__ import annotations

from ...schemas.named import TYPE_CHECKING
from ...schemas.program import EventStream, Usage
from .decode import Row
from .selection import Selection, check_names
from .text import decoded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .held import Held
    from .meanings import Stacks
    from .shown import Shown
    from .views.rows import ViewRows

MAX_LINE_BYTES = 64 * 1024  # of text from a program; longer lines are broken

Entry = tuple[bytes, tuple[bytes, ...]]  # a map's key, and its value: one, or one for each possible processor


class Things:
    """The streams and views of a usage under the user's wishes. Raises (constructor): BadInput."""

    def __init__(self, usage: Usage, *, shown: Shown | None = None, stacks: Stacks | None = None) -> None:
        self.usage = usage
        names = labels(usage.events) + [view.map for view in usage.views]
        self.views: list[ViewRows] = []
        if usage.views:
            from .views.rows import ViewRows

            self.views = [ViewRows(view) for view in usage.views]
        types = [stream.type for stream in usage.events] + [view.type for view in self.views]
        self.selections = [
            Selection(kind, label=name, shown=shown, stacks=stacks) for kind, name in zip(types, names, strict=True)
        ]
        if shown is not None and types:
            check_names(shown.fields, self.selections, where="--fields")
            check_names([shown.sort.removeprefix("-")] if shown.sort else [], self.selections, where="--sort")
            if shown.where:
                from .filter import check_filter

                check_filter(shown.where, self.selections)
        for view, selection in zip(self.views, self.selections[len(usage.events) :], strict=True):
            view.arrange(selection)
        self._held: Held | None = None
        self._text = b""

    @property
    def dropped(self) -> int:
        """Events that were too many to be held back."""
        return self._held.dropped if self._held is not None else 0

    def looked(self, view: int, entries: Sequence[Entry]) -> tuple[int, list[Row]]:
        """Return the selection's number and the sorted rows of one look at a view."""
        number = len(self.usage.events) + view
        selection = self.selections[number]
        rows, _ = selection.rows(self.views[view].records(entries))
        return number, [rows[place] for place in selection.order(rows)]

    def hold(self, stream: int, records: list[bytes], clock: str = "") -> int:
        """Keep records of a stream that is sorted at the end; return how many were malformed."""
        if self._held is None:
            from .held import Held

            self._held = Held(self.selections)
        return self._held.add(stream, records, clock)

    def held(self) -> Iterator[tuple[int, list[Row], list[str]]]:
        """Yield (stream, rows, their clocks) of what was kept, sorted, in batches; then it is kept no more."""
        if self._held is not None:
            yield from self._held.take()

    def lines(self, data: bytes) -> list[str]:
        """Return the lines that are complete with this text; with none, the last one that was not."""
        *lines, rest = (self._text + data).split(b"\n")
        if not data:
            lines, rest = ([rest] if rest else []), b""
        while len(rest) > MAX_LINE_BYTES:
            lines.append(rest[:MAX_LINE_BYTES])
            rest = rest[MAX_LINE_BYTES:]
        self._text = rest
        return [decoded(line) for line in lines]


def as_things(things: Things | Sequence[EventStream]) -> Things:
    """Return things without wishes for plain streams."""
    return things if isinstance(things, Things) else Things(Usage(events=tuple(things)))


def labels(streams: Sequence[EventStream]) -> list[str]:
    """Name the streams: by the type of their events, or by their map where that says nothing."""
    types = [stream.type.name for stream in streams]
    return [
        stream.type.name if stream.type.name and types.count(stream.type.name) == 1 else stream.map
        for stream in streams
    ]
