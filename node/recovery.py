"""Fetching back what a hub's log has lost (a restored backup, a broken disk) from a mirror that has it.

What the mirror shows is verified as a mirror verifies its origin: by the origin note here, bundle by bundle. Then the
lost entries are appended as they were, so the log has the very root that its key has signed before; nothing forks.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from ..federation.index.rules import Fork
from ..federation.log.files import LogFiles
from ..federation.log.sequencer import HeadInMemory
from ..federation.log.tiles import TILE_WIDTH
from ..federation.sources import HubSource
from ..federation.sync.pull import Pull
from ..federation.sync.rekor_replica import RekorReplica
from ..federation.sync.replica import Replica
from ..federation.transport import Transport, check_url
from ..schemas.entry import Release, parse_entry
from ..schemas.errors import Conflict, NotFound
from ..schemas.fields import Fields
from ..signing.merkle import root
from .folder import read_key
from .opened import OpenedHub, clock
from .peering.releases import enter_release
from .peering.restored import freeze_if_behind
from .rekor_log import RekorLog
from .storage.links import BlobLinks
from .storage.manifests import Manifests


async def recover_log(hub: OpenedHub, fields: Fields) -> dict[str, Any]:
    """Append what a mirror has of this hub's own log and this hub has lost."""
    url = check_url(fields.text("url", limit=1024)).rstrip("/")
    before = hub.ledger.size
    with tempfile.TemporaryDirectory(dir=hub.folder.database.parent, prefix="recover-") as folder:
        replica = await _fetched(hub, url, Path(folder))
        _check_continues(hub, replica, url)
        if replica.head.size > before:
            async with hub.ledger.paused():
                await asyncio.to_thread(_enter, hub, replica, before)
                hub.ledger.show(await asyncio.to_thread(_append, hub, replica, before))
            await asyncio.to_thread(hub.take_in_log)
        if hub.rekor is not None:
            await _recover_rekor(hub, hub.rekor, replica, url)
    await freeze_if_behind(hub)
    return {"entries": hub.ledger.size - before, "size": hub.ledger.size}


async def _fetched(hub: OpenedHub, url: str, folder: Path) -> Replica:
    """A verified replica of this hub's own log in a folder; its blobs are in the hub's store. Raises: HubError."""
    note = hub.own.note
    replica = Replica(folder, HeadInMemory(), origin=note.origin, fingerprint=note.fingerprint)
    replica.open()
    async with Transport() as transport:
        source = HubSource(transport, url, note.origin, mirror=True)
        cosigner = read_key(hub.folder.mirror_key)
        await Pull(replica, hub.store, source, cosigner=cosigner, time=clock(), may_be_older=True).run()
    if replica.note is not None and replica.note.serial > note.serial:
        raise Conflict(
            f"the mirror has the origin note {replica.note.serial}, and {note.serial} is here",
            where=url,
            todo="Install the newest note first: `ebpfhub origin install`.",
        )
    return replica


async def _recover_rekor(hub: OpenedHub, rekor: RekorLog, replica: Replica, url: str) -> None:
    """Append what the mirror has of the authority's log and this hub has lost, if it mirrors that. Raises: HubError."""
    kept = RekorReplica(replica, HeadInMemory())
    kept.open()
    async with Transport() as transport:
        source = HubSource(transport, url, replica.origin, mirror=True)
        try:
            await kept.pull(source, cosigner=read_key(hub.folder.mirror_key), time=clock(), may_be_older=True)
        except NotFound:
            return

    def lost(here: int) -> list[bytes]:
        there = kept.log.head.size
        both = min(here, there)
        if root(kept.files.hashes(there), both) != root(rekor.files.hashes(here), both):
            raise Conflict(
                f"the mirror has another Rekor log of {both} entries, signed by this hub's authority",
                where=url,
                todo="One of the two is a second history. The hub's own log was recovered.",
            )
        return _behind(kept.files, here, there)

    await rekor.append_lost(lost)


def _check_continues(hub: OpenedHub, replica: Replica, url: str) -> None:
    """Demand that the mirror's log goes on from the one that is here. Raises: Conflict."""
    here, there = hub.ledger.size, replica.head.size
    if there < here:
        raise Conflict(f"the mirror has {there} entries, and {here} are here", where=url, todo="Ask another mirror.")
    if root(replica.files.hashes(there), here) != root(hub.ledger.files.hashes(here), here):
        raise Conflict(
            f"the mirror has another log of {here} entries, signed by this hub's key",
            where=url,
            todo="Nothing was changed. One of the two is a second history: which one did your users see?",
        )


def _enter(hub: OpenedHub, replica: Replica, before: int) -> None:
    """Let OCI clients find the releases that come back."""
    manifests, links = Manifests(hub.database), BlobLinks(hub.database, hub.store)
    for package in replica.replay.packages.values():
        for record in package.versions.values():
            release = parse_entry(replica.files.entry(record.entry, replica.head.size))
            if record.entry >= before and isinstance(release, Release):
                enter_release(release.package, release, store=hub.store, manifests=manifests, links=links)


def _append(hub: OpenedHub, replica: Replica, before: int) -> Fork:
    """Append the lost entries as they were; the state with them. Raises: HubError."""
    fork, entries = hub.ledger.replay.fork(), _behind(replica.files, before, replica.head.size)
    for data in entries:
        fork.read(data)
    hub.ledger.sequencer.append(entries, time=clock())
    return fork


def _behind(files: LogFiles, before: int, size: int) -> list[bytes]:
    """The entries of a log of `size` from index `before` on."""
    entries = list[bytes]()
    for bundle in range(before // TILE_WIDTH, -(-size // TILE_WIDTH)) if size > before else ():
        entries += files.entries(bundle, size)[max(0, before - bundle * TILE_WIDTH) :]
    return entries
