"""How this hub stands among others, gathered once for page and API: its log, its mirrors, whom it mirrors, evidence."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from ...signing.origin import read_origin_note
from ..peering.evidence import Evidence
from .checkpoint import ShownCheckpoint
from .services import Hub


@dataclass(frozen=True, slots=True)
class MirrorFacts:
    """A mirror of this hub. `size` is that of the log it showed last, `behind` how many entries that lacks.

    `looked` is when it was looked at (0: not since the hub started); `answers` whether it answered then; `seen` when it
    announced itself last. Times in Unix seconds.
    """

    url: str
    size: int
    behind: int
    seen: int
    looked: int
    answers: bool
    cosigners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MirroredFacts:
    """An origin that this hub mirrors: how it stands, up to which log size, when it was pulled last (0: never)."""

    origin: str
    state: str
    size: int
    pulled: int
    checkpoint: ShownCheckpoint | None


@dataclass(frozen=True, slots=True)
class Federation:
    """All of it."""

    origin: str
    fingerprint: str
    packages: int
    checkpoint: ShownCheckpoint
    mirrors: Sequence[MirrorFacts]
    mirrored: Sequence[MirroredFacts]
    evidence: Sequence[Evidence]


async def gather(hub: Hub) -> Federation:
    """Gather it. Raises: HubError."""
    checkpoint = hub.packages.checkpoint()
    return Federation(
        hub.origin,
        read_origin_note(hub.own.note_text).fingerprint,
        hub.packages.count(),
        checkpoint,
        _mirrors(hub, checkpoint.size),
        _mirrored(hub),
        await asyncio.to_thread(hub.mirrors.evidence),
    )


def cosigners_of(hub: Hub, entry: int) -> list[str]:
    """Names and key ids of mirrors that have cosigned the own log with this entry in it, as they showed it last."""
    looks = (hub.announced.look(item.url) for item in hub.announced.all(now=hub.clock()))
    return sorted({name for look in looks if look and look.size > entry for name in look.cosigners})


def _mirrors(hub: Hub, size: int) -> list[MirrorFacts]:
    made = []
    for item in hub.announced.all(now=hub.clock()):
        look = hub.announced.look(item.url)
        answers = look is not None and look.size >= 0
        shown = look.size if look is not None and answers else item.size
        looked, cosigners = (look.time, look.cosigners) if look else (0, ())
        made.append(MirrorFacts(item.url, shown, max(size - shown, 0), item.seen, looked, answers, cosigners))
    return made


def _mirrored(hub: Hub) -> list[MirroredFacts]:
    made = []
    for row in hub.mirrors.origins.all():
        known = hub.mirrors.find(row.origin)
        size = known.replica.head.size if known else 0
        checkpoint = hub.packages.checkpoint_of(row.origin) if size else None
        made.append(MirroredFacts(row.origin, str(row.state), size, row.pulled, checkpoint))
    return made
