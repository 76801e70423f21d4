"""Operations on the embedded authority's keys: what there is, and new ones in place of those that serve.

New keys are made here and wait; they serve when a note is installed that names their trusted root (trust.py).
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from ..schemas.errors import BadInput, Unsupported
from ..schemas.fields import Fields
from ..signing.authority.keys import AuthorityKeys
from ..signing.authority.retired import Purpose
from ..signing.authority.rotation import MAX_OVERLAP, rotated
from ..signing.authority.trust import trusted_root
from ..signing.rekor_keys import HUB_DOMAIN
from .authority.audit import Record, What
from .kept_authority import KeptAuthority
from .opened import OpenedHub


async def rotate_authority(hub: OpenedHub, fields: Fields) -> dict[str, Any]:
    """Make new keys for the given purposes, and the body of the note that names their root.

    Without a body in the answer they serve already: nobody outside knows the key of identity tokens.
    """
    held = _authority(hub)
    purposes = frozenset(_purpose(text) for text in fields.texts("purposes", count=len(Purpose), limit=32))
    high = int(MAX_OVERLAP.total_seconds())
    overlap = timedelta(seconds=fields.integer("overlap", high=high))
    if not purposes:
        raise BadInput("names no key", where="rotate")
    made = rotated(held.keys, purposes, datetime.now(UTC), overlap=overlap)
    if purposes == {Purpose.TOKENS}:
        await asyncio.to_thread(held.use_tokens, made)
        await hub.audit.given(Record(What.ROTATION, "", about={"key": Purpose.TOKENS.value}))
        return {"body": "", "serial": hub.own.note.serial}
    body = await asyncio.to_thread(hub.own.draft, changes={HUB_DOMAIN: trusted_root(made)})
    await asyncio.to_thread(held.prepare, made)
    return {"body": body, "serial": hub.own.note.serial + 1}


async def show_authority(hub: OpenedHub, _fields: Fields) -> dict[str, Any]:
    """Every key that the trusted root names, with the time from which and until which it counts."""
    held = _authority(hub)
    keys, waiting = held.keys, held.waiting()
    return {
        "origin": keys.origin,
        "issuer": keys.issuer,
        "root": str(hub.own.root_of(HUB_DOMAIN)),
        "waiting": str(waiting[0]) if waiting else None,
        "keys": [item for purpose in Purpose for item in _told(keys, purpose)],
    }


def _told(keys: AuthorityKeys, purpose: Purpose) -> list[dict[str, Any]]:
    before = [(item.start, item.end) for item in keys.before(purpose)]
    return [
        {"purpose": purpose.value, "start": start.isoformat(), "end": end.isoformat() if end else None}
        for start, end in (*before, (keys.started(purpose), None))
    ]


def _authority(hub: OpenedHub) -> KeptAuthority:
    if hub.authority is None:
        needs = "authority.enabled in hub.toml"
        raise Unsupported("this hub has no authority of its own", needs=needs, todo=f"It needs {needs}.")
    return hub.authority


def _purpose(text: str) -> Purpose:
    try:
        return Purpose(text)
    except ValueError as error:
        raise BadInput(f"{text!r} is no key of the authority", where="rotate") from error
