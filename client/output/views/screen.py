"""Where views are shown: on a terminal of their own, drawn anew in place at each look, else one block after another."""

from __future__ import annotations

import os
import time

from ....schemas.program import TABLE
from ..decode import Row
from ..selection import Selection
from ..text import visible
from ..things import Things
from ..writer import Writer
from .blocks import block
from .histogram import drawn

_TIME = "%H:%M:%S"
_HOME, _TO_LINE_END, _TO_SCREEN_END = "\x1b[H", "\x1b[K", "\x1b[J"
_LEAST_LINES = 4  # of one view on a crowded terminal


class Screen:
    """The views of a run. `alone`: the descriptor is a terminal to which nothing else writes."""

    def __init__(self, things: Things, *, width: int | None, descriptor: int, alone: bool) -> None:
        self._views = [view.view for view in things.views]
        self._width, self._alone = width, alone
        self._writer = Writer(descriptor)
        self._latest: dict[int, tuple[str, Selection, list[Row]]] = {}
        self._begun = False

    def show(self, view: int, selection: Selection, rows: list[Row]) -> None:
        """Show the rows of one look. Raises: BrokenPipeError, OSError."""
        clock = time.strftime(_TIME)
        if not self._alone:
            lines = [self._title(view, clock), *self._content(view, selection, rows, self._width, None), ""]
            self._writer.write("".join(f"{line}\n" for line in lines).encode())
            return
        self._latest[view] = clock, selection, rows
        self._redraw()

    def _redraw(self) -> None:
        width, height = os.get_terminal_size(self._writer.descriptor)  # it may have been resized
        before = "" if self._begun else "\n" * height  # what was there scrolls away, and is not lost
        self._begun = True
        lines = self._fitting(width, height - 1)
        drawing = "".join(f"{line}{_TO_LINE_END}\n" for line in lines)
        self._writer.write(f"{before}{_HOME}{drawing}{_TO_SCREEN_END}".encode())

    def _fitting(self, width: int, height: int) -> list[str]:
        """All views' lines: histograms as long as they are, tables as long as there is room."""
        made: dict[int, list[str]] = {}
        tables = [view for view in self._latest if self._views[view].show == TABLE]
        for view, (clock, selection, rows) in self._latest.items():
            if view not in tables:
                made[view] = [self._title(view, clock), *self._content(view, selection, rows, width, None), ""]
        left = height - sum(map(len, made.values()))
        for place, view in enumerate(tables):
            clock, selection, rows = self._latest[view]
            limit = max(left // (len(tables) - place), _LEAST_LINES)
            made[view] = [self._title(view, clock), *self._content(view, selection, rows, width, limit - 2), ""]
            left -= len(made[view])
        return [line for view in sorted(made) for line in made[view]]

    def _title(self, view: int, clock: str) -> str:
        return f"{clock} {visible(self._views[view].map)}" if len(self._views) > 1 else clock

    def _content(
        self, view: int, selection: Selection, rows: list[Row], width: int | None, limit: int | None
    ) -> list[str]:
        if self._views[view].show == TABLE:
            return block(selection, rows, width=width, limit=limit)
        found = list(drawn(self._views[view], selection, rows, width=width))
        return [line for lines in found for line in [*lines, ""]][:-1] or ["nothing counted yet"]
