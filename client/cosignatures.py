"""Gathering the cosignatures of a checkpoint from all servers of an origin, where the policy demands a quorum.

Each mirror cosigns what it has replayed, and shows its own cosignature; whoever answers may not have the others'.
Nothing is believed here: the policy judges the note with all of them (signing/quorum.py).
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from ..federation.sources import HubSource
from ..schemas.answer import IndexAnswer
from ..schemas.errors import HubError
from ..signing.notes import MAX_SIGNATURES, Note, VerifierKey
from .pins import Pin
from .settings import Settings

PATIENCE = 3.0  # seconds for all of them


async def with_cosignatures(answer: IndexAnswer, source: HubSource, pin: Pin, settings: Settings) -> IndexAnswer:
    """The answer, its checkpoint with the cosignatures that other servers show of the same one. Raises: BadInput."""
    wanted = {key for rule in settings.rules if rule.quorum for key in rule.quorum.witnesses.values()}
    if not wanted:
        return answer
    note = Note.parse(answer.checkpoint, where="checkpoint")
    others = [HubSource(source.transport, place.url, pin.origin, place.mirror) for place in pin.places]
    asked = (_shown(other) for other in others if other.url != source.url)
    for shown in await asyncio.gather(*asked):
        if shown is not None and shown.body == note.body:
            note = _merged(note, shown, wanted)
    return replace(answer, checkpoint=str(note))


def _merged(note: Note, shown: Note, wanted: set[VerifierKey]) -> Note:
    """The note with those signatures that the policy asks for; a later one replaces an earlier one of the same key."""
    ids = {(key.name, key.id): key for key in wanted}
    for signature in shown.signatures:
        key = ids.get((signature.name, signature.key_id))
        if key is None or len(note.signatures) >= MAX_SIGNATURES:
            continue
        try:
            at, held = shown.cosigned_at(key) or 0, note.cosigned_at(key) or 0
        except HubError:
            continue  # a server that shows a wrong one must not spoil those of the others
        if at > held:
            note = note.with_signature(signature.line)
    return note


async def _shown(source: HubSource) -> Note | None:
    try:
        async with asyncio.timeout(PATIENCE):
            return Note.parse(await source.checkpoint(), where=source.url)
    except (HubError, TimeoutError):
        return None
