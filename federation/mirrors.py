"""Choosing among the servers that have an origin's content: pure. Measuring is the client's work.

The quickest answer wins, but not one that is behind; and the origin itself wins over a mirror that is hardly quicker,
because noise should not send people back and forth.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

ORIGIN_BONUS = 1.25  # the origin may take this many times as long as the quickest mirror
ORIGIN_GRACE = 3.0  # milliseconds on top


class Verdict(StrEnum):
    """What became of a server when it was asked for its checkpoint."""

    OK = "ok"
    BEHIND = "behind"
    FAILED = "failed"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class Measured:
    """One server: milliseconds to its checkpoint (None: no answer), the signed size that it showed, why it failed.

    `slow`: it did not answer while others did. `untrusted`: it answered, but not with a checkpoint of the log.
    """

    url: str
    mirror: bool
    milliseconds: float | None = None
    size: int | None = None
    error: str = ""
    slow: bool = False
    untrusted: bool = False


@dataclass(frozen=True, slots=True)
class Ranked:
    """A server in the order of preference."""

    measured: Measured
    verdict: Verdict


def rank(found: Iterable[Measured], *, seen: int) -> list[Ranked]:
    """Order servers for a client that has seen `seen` entries: the best first, those that failed last."""
    servers = list(found)
    newest = max([seen, *(item.size for item in servers if item.size is not None)])
    ranked = [Ranked(item, _verdict(item, newest)) for item in servers]
    return sorted(ranked, key=lambda item: (list(Verdict).index(item.verdict), _cost(item.measured)))


def _verdict(item: Measured, newest: int) -> Verdict:
    if item.slow:
        return Verdict.SLOW
    if item.size is None:
        return Verdict.FAILED
    return Verdict.OK if item.size >= newest else Verdict.BEHIND


def _cost(item: Measured) -> float:
    if item.milliseconds is None:
        return float("inf")
    return item.milliseconds if item.mirror else (item.milliseconds - ORIGIN_GRACE) / ORIGIN_BONUS
