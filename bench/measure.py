"""What a row of the table is, and medians."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `good` tells whether the target is met; None where a figure has none."""

    number: str
    what: str
    ours: str
    peers: str
    ratio: str
    target: str
    good: bool | None

    def line(self) -> str:
        """The Markdown line."""
        mark = {True: "met", False: "**missed**", None: ""}[self.good]
        return f"| {self.number} | {self.what} | {self.ours} | {self.peers} | {self.ratio} | {self.target} | {mark} |"


def median(values: Sequence[float]) -> float:
    """The median of at least one value."""
    return statistics.median(values)


def spread(values: Sequence[float], *, unit: str, scale: float = 1.0) -> str:
    """Median, least and most, for the table."""
    shown = [value * scale for value in (median(values), min(values), max(values))]
    return f"{shown[0]:.1f} {unit} ({shown[1]:.1f} to {shown[2]:.1f})"
