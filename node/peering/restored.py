"""Was this hub restored from an old backup? Its mirrors know: they keep checkpoints that its log key has signed.

A hub that went on from an older state would sign a second history. So it asks the mirrors that announced themselves
before it takes anything new (protocol.md section 4).
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from ...federation.sources import HubSource
from ...federation.transport import Transport
from ...schemas.errors import HubError
from ...signing.merkle import root
from ...signing.notes import Checkpoint, Note
from ...signing.rekor_keys import HUB_DOMAIN, RekorKeys, rekor_name
from ..opened import OpenedHub, clock
from .announced import AnnouncedMirrors

ASK_SECONDS = 3.0  # for all mirrors together


async def freeze_if_behind(opened: OpenedHub) -> str:
    """Let the hub's log and its authority's take nothing while a mirror shows entries that are lost here; says why."""
    reason = opened.ledger.frozen = await find_newer(opened)
    if opened.rekor is not None:
        opened.rekor.frozen = reason
    return reason


async def find_newer(opened: OpenedHub) -> str:
    """Why nothing may be written: a mirror shows entries that this hub signed and has lost. Empty when none does.

    A mirror may know that of the hub's log, or of its authority's alone.
    """
    known = AnnouncedMirrors(opened.database, opened.note, public_url=opened.settings.public_url).all(now=clock())
    if not known:
        return ""
    async with Transport() as transport:
        sources = [HubSource(transport, item.url, opened.note.origin, mirror=True) for item in known]
        asked = [ask(source, opened) for ask in (_ask, _ask_rekor) for source in sources]
        found = await asyncio.gather(*asked)
    return next((reason for reason in found if reason), "")


async def _ask(source: HubSource, opened: OpenedHub) -> str:
    try:
        async with asyncio.timeout(ASK_SECONDS):
            note = Note.parse(await source.checkpoint(), where=source.url)
        checkpoint = Checkpoint.parse(note.body, where=source.url)
        note.verify(opened.note.log_key(checkpoint.size), where=source.url)
    except (HubError, TimeoutError):
        return ""  # who does not answer, or shows what this hub never signed, proves nothing
    size = opened.ledger.size
    if checkpoint.size > size:
        return f"the mirror {source.url} has {checkpoint.size} entries that this hub signed, but only {size} are here"
    if root(opened.ledger.files.hashes(size), checkpoint.size) != checkpoint.root:
        return f"the mirror {source.url} has another log of {checkpoint.size} entries, signed by this hub's key"
    return ""


async def _ask_rekor(source: HubSource, opened: OpenedHub) -> str:
    domain = opened.own.domains.get(HUB_DOMAIN)
    if opened.rekor is None or domain is None:
        return ""
    keys = RekorKeys.of(domain, rekor_name(opened.note.origin))
    try:
        async with asyncio.timeout(ASK_SECONDS):
            text = await source.rekor_checkpoint()
        _, checkpoint, _ = keys.read(text, time=datetime.fromtimestamp(clock(), UTC))
    except (HubError, TimeoutError):
        return ""
    if checkpoint.size <= opened.rekor.size:
        return ""
    here = f"that this hub signed, but only {opened.rekor.size} are here"
    return f"the mirror {source.url} has {checkpoint.size} entries of the authority's log {here}"
