"""One line of source as errors show it: tabs as blanks, cut to the terminal's width, a caret below the column.

It reads no file. What comes out is printable, whatever the source holds.
"""

from __future__ import annotations

from .output.text import CUT, columns, visible

TAB_COLUMNS = 4
WIDTH = 76  # columns of a shown line; with two blanks before it, it fits a terminal of 80
MAX_SOURCE_CHARS = 4096


def source_with_caret(source: str, column: int) -> tuple[str, ...]:
    """The line, and below it a line with a caret at `column`, counted in bytes from 1; none where that is 0.

    A line that is too wide is cut on both sides of the column, blanks at the beginning first.
    """
    line = source[:MAX_SOURCE_CHARS].rstrip()
    before = _shown(line.encode()[: max(column - 1, 0)].decode("utf-8", "ignore"))
    shown = _shown(line)
    spare = len(shown) - len(shown.lstrip(" "))
    if columns(shown) > WIDTH and spare:
        shown, before = shown[spare:], before[spare:]
    while columns(before) >= WIDTH - 8:  # the caret would stand outside: begin later
        shown, before = CUT + shown[WIDTH // 2 :], CUT + before[WIDTH // 2 :]
    while columns(shown) > WIDTH:
        shown = shown[: -1 if shown[-1] != CUT else -2] + CUT
    if column <= 0:
        return (shown,)
    return shown, " " * columns(before) + "^"


def _shown(text: str) -> str:
    return visible(text.expandtabs(TAB_COLUMNS))
