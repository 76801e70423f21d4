"""Operations on the origin's own keys and name: a new log key and cosigner, and where the origin has moved to.

They only draft the next origin note; it is signed with the offline key, and installed (trust.py).
"""

from __future__ import annotations

import asyncio
from typing import Any

from ..schemas.errors import BadInput, Conflict
from ..schemas.fields import Fields
from ..schemas.reference import check_origin
from ..signing.origin import OriginNote, Successor, read_fingerprint
from .opened import OpenedHub

MAX_MARGIN = 65536  # entries


async def rotate_log_keys(hub: OpenedHub, fields: Fields) -> dict[str, Any]:
    """Make a new log key and cosigner, which wait; the body of the note that names them.

    `margin` is by how many entries the log may grow before the note is installed.
    """
    margin = fields.integer("margin", high=MAX_MARGIN)
    if hub.own.note.log_key(hub.ledger.size) != hub.own.note.logs[-1].key:
        raise Conflict("the last rotation is not over yet", where="log key", todo="Start the hub once more.")
    signers = await asyncio.to_thread(hub.log_keys.prepare, hub.own.note.origin)
    body = hub.own.draft_keys(signers, last=hub.ledger.size + margin)
    return {"body": body, "serial": hub.own.note.serial + 1}


async def move_origin(hub: OpenedHub, fields: Fields) -> dict[str, Any]:
    """The body of the note that names a successor."""
    origin = check_origin(fields.text("origin", limit=253))
    if origin == hub.own.note.origin:
        raise BadInput("an origin does not move to itself", where=origin)
    successor = Successor(origin, read_fingerprint(fields.text("fingerprint", limit=200)))
    return {"body": hub.own.draft_successor(successor), "serial": hub.own.note.serial + 1}


def check_reach(hub: OpenedHub, note: OriginNote) -> None:
    """Demand that the log has not outgrown the size at which a note changes its key. Raises: Conflict."""
    last = note.logs[-2].last if len(note.logs) > len(hub.own.note.logs) else None
    if last is not None and hub.ledger.size > last:
        raise Conflict(
            f"the log has {hub.ledger.size} entries, and the note ends its key at {last}",
            where="origin note",
            todo="Call `ebpfhub origin rotate` again, with a larger --margin.",
        )


async def change_note(hub: OpenedHub, text: str, note: OriginNote) -> None:
    """Serve a note, and let the keys sign that it names, while nothing else is written. Raises: HubError.

    The log is filled up to the last size of the old key first: so at every moment the newest checkpoint is one that the
    note served then believes.
    """
    check_reach(hub, note)
    last = note.logs[-2].last if len(note.logs) > len(hub.own.note.logs) else None
    if last is not None and last > hub.ledger.size:
        hub.ledger.show(await asyncio.to_thread(hub.ledger.write_roots, last - hub.ledger.size))
    hub.own.adopt(text)
    if last is not None:
        await asyncio.to_thread(hub.turn_keys)
