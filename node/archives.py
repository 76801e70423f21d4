"""Export and import of archives on an opened hub: the air gap's side of mirroring (protocol.md section 9)."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..federation.log.sequencer import HeadInMemory
from ..federation.sync.archive_format import Part
from ..federation.sync.archive_reader import ArchiveSource, peek, unpack
from ..federation.sync.archive_writer import Exported, write_archive
from ..federation.sync.pull import Pull, Pulled
from ..federation.sync.replica import Replica
from ..schemas.errors import BadInput, Denied, NotFound
from ..signing.origin import read_origin_note
from .folder import read_key
from .hub.served import OwnLog, ServedLog
from .opened import OpenedHub, clock


async def export_archive(hub: OpenedHub, path: Path, *, origin: str, since: int) -> dict[str, Any]:
    """Write what this hub holds (of one origin, if named) from log size `since` on. Raises: HubError."""
    logs = _logs(hub, origin)
    if since and len(logs) != 1:
        raise BadInput("--since needs --origin: this hub holds several", where="export", todo=", ".join(logs))
    exports = [_exported(name, log, since) for name, log in logs.items()]
    written = await asyncio.to_thread(write_archive, path, exports, hub.store)
    return {
        "path": str(path),
        "bytes": written.size,
        "entries": written.entries,
        "releases": written.releases,
        "blobs": written.blobs,
        "origins": [{"origin": item.part.origin, "since": item.part.since, "size": item.part.size} for item in exports],
    }


async def import_archive(hub: OpenedHub, path: Path, *, agreed: dict[str, str], dry: bool) -> dict[str, Any]:
    """Do with an archive what a mirror does with its origin. `agreed`: origins that may be pinned, with fingerprints.

    Every origin is verified in a dry run before the first one is changed. Raises: HubError.
    """
    found = await asyncio.to_thread(peek, path)
    pins = {part.origin: _pin(hub, part, note, agreed) for part, note in found}
    async with hub.mirrors.importing:
        return await _verify_then_import(hub, path, pins, dry=dry)


async def _verify_then_import(hub: OpenedHub, path: Path, pins: dict[str, str], *, dry: bool) -> dict[str, Any]:
    with _spool(hub) as folder:
        sources = await asyncio.to_thread(unpack, path, folder, room=hub.store.check_room)
        for source in sources:
            _check_start(hub, source.part)
        done = [await _dry(hub, source, pins[source.part.origin], folder) for source in sources]
        if not dry:
            done = [await _import(hub, source, pins[source.part.origin]) for source in sources]
    return {"dry_run": dry, "origins": done}


def _logs(hub: OpenedHub, origin: str) -> dict[str, ServedLog]:
    """The logs to export: the one named, or all that hold a release."""
    own: dict[str, ServedLog] = {hub.note.origin: OwnLog(hub.ledger, hub.own)}
    known = own | {name: mirrored.replica for name, mirrored in hub.mirrors.known.items()}
    if origin:
        if origin not in known:
            raise NotFound(f"this hub holds nothing of {origin}", where="export", todo="It holds: " + ", ".join(known))
        return {origin: known[origin]}
    full = {name: log for name, log in known.items() if log.replay.packages}
    return full or own


def _exported(origin: str, log: ServedLog, since: int) -> Exported:
    shown = log.shown
    if not 0 <= since <= shown.size:
        raise BadInput(f"the log of {origin} has {shown.size} entries, not {since}", where="--since")
    return Exported(Part(origin, since, shown.size), log.note_text, shown.text, log.trust, log.files, log.replay)


def _pin(hub: OpenedHub, part: Part, note_text: str, agreed: dict[str, str]) -> str:
    """The fingerprint under which an origin is imported. Raises: Denied when nobody has pinned it; BadInput."""
    if part.origin == hub.note.origin:
        raise BadInput("the archive is of this hub's own log, which has one writer", where=part.origin)
    row = hub.mirrors.origins.get(part.origin)
    if row is not None:
        return row.fingerprint
    shown = read_origin_note(note_text, where=part.origin).fingerprint
    if shown not in (agreed.get(part.origin), agreed.get("")):
        raise Denied(
            f"the origin {part.origin} is not pinned here; the archive shows the key {shown}",
            where="import",
            todo="Compare it with what the origin's operator told you, then give it with --fingerprint.",
        )
    return shown


def _check_start(hub: OpenedHub, part: Part) -> None:
    mirrored = hub.mirrors.find(part.origin)
    size = mirrored.replica.head.size if mirrored else 0
    if part.since > size:
        raise BadInput(
            f"the archive begins at {part.since} entries of {part.origin}, but only {size} are known here",
            where="import",
            todo=f"Import an earlier archive first, or export again with --since {size}.",
        )


async def _dry(hub: OpenedHub, source: ArchiveSource, fingerprint: str, folder: Path) -> dict[str, Any]:
    origin = source.part.origin
    if hub.mirrors.find(origin) is not None:
        return _told(origin, await hub.mirrors.pull_from(origin, source, dry=True))
    replica = Replica(folder / f"replica {origin}", HeadInMemory(), origin=origin, fingerprint=fingerprint)
    await asyncio.to_thread(replica.open)
    key = read_key(hub.folder.mirror_key)
    pull = Pull(replica, hub.store, source, cosigner=key, time=clock(), may_be_older=True)
    return _told(origin, await pull.run(dry=True))


async def _import(hub: OpenedHub, source: ArchiveSource, fingerprint: str) -> dict[str, Any]:
    origin = source.part.origin
    if hub.mirrors.find(origin) is None:
        await asyncio.to_thread(hub.mirrors.add, origin, url="", mirror=False, fingerprint=fingerprint)
    return _told(origin, await hub.mirrors.pull_from(origin, source))


def _told(origin: str, pulled: Pulled) -> dict[str, Any]:
    return {
        "origin": origin,
        "size": pulled.size,
        "entries": pulled.entries,
        "bytes": pulled.fetched,
        "releases": [f"{release.package}:{release.version}" for _, release in pulled.releases],
    }


@contextlib.contextmanager
def _spool(hub: OpenedHub) -> Iterator[Path]:
    """An empty folder beside the blobs, gone afterwards."""
    parent = hub.folder.mirrors / "import"
    shutil.rmtree(parent, ignore_errors=True)  # what a crash left
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        yield Path(folder)
