"""The content of a viewed map as lines of a table: a header, then a line for each key, as wide as this look needs."""

from __future__ import annotations

from collections.abc import Sequence

from ..column import Column, share
from ..columns import stack_lines
from ..decode import Row
from ..selection import Selection
from ..text import columns, fitted

_WIDE = 10_000  # columns where no terminal limits them


def block(selection: Selection, rows: Sequence[Row], *, width: int | None, limit: int | None = None) -> list[str]:
    """Return the header and the rows' lines: at most `limit` lines, at most `width` columns."""
    rows = rows if limit is None else rows[: max(limit - 1, 0)]
    shown = [
        Column(index, selection.fields[index], meaning)
        for index in selection.indexes
        if (meaning := selection.meanings[index]) is None or not meaning.frames
    ]
    texts = [[column.plain(row) for row in rows] for column in shown]
    for column, cells in zip(shown, texts, strict=True):
        needed = max([columns(column.header), *map(columns, cells)])
        column.most = column.width = needed
        column.least = min(column.least, needed)
    share(shown, (width or _WIDE) - max(len(shown) - 1, 0))
    lines = [" ".join(column.placed(column.header) for column in shown).rstrip()]
    for place, row in enumerate(rows):
        cells = [column.placed(cells[place]) for column, cells in zip(shown, texts, strict=True)]
        lines += [" ".join(cells), *stack_lines(selection, row)]
    lines = lines if limit is None else lines[:limit]
    return lines if width is None else [fitted(line, width, fill=False) for line in lines]
