"""`ebpfhub fsck`: does everything that the hub keeps still say the same? Reads only; a serving hub is not disturbed."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..federation.blobs import BlobStore
from ..federation.log.files import LogFiles
from ..schemas.digest import AnyDigest, parse_any_digest
from ..schemas.errors import HubError, NotFound
from ..signing.origin import OriginNote, read_origin_note, verify_origin_note
from .folder import HubFolder, read_key
from .fsck_log import Finding, KeptLog
from .fsck_rekor import KeptRekor
from .peering.mirrored import rekor_head
from .settings import load_settings
from .storage.database import Database
from .storage.heads import read_head
from .storage.origins import OriginRow, Origins, OriginState

MAX_NAMED = 20  # blobs that nothing needs: the others are counted


@dataclass(frozen=True, slots=True)
class Summary:
    """What was read, and what was found: `findings` are faults, `notes` only worth knowing."""

    entries: int
    releases: int
    blobs: int
    findings: tuple[Finding, ...]
    notes: tuple[Finding, ...]


def check_hub(folder: HubFolder, *, progress: Callable[[str], None] = lambda _: None) -> Summary:
    """Check a hub's own log, every log that it mirrors, authorities' Rekor logs with them, and all blobs.

    Raises: HubError when the folder cannot even be read.
    """
    load_settings(folder.settings)
    database, store = Database(folder.database), BlobStore(folder.blobs)
    findings, notes = list[Finding](), list[Finding]()
    entries, releases, used = 0, 0, set[AnyDigest]()
    try:
        for kept in _logs(folder, database, findings, notes):
            checked = kept.check(store, progress=progress)
            findings += checked.findings
            entries, releases = entries + kept.head.size, releases + len(checked.releases)
            used |= checked.used
        for rekor in _rekors(folder, database):
            progress(f"{rekor.note.origin}: Rekor log of {rekor.head.size} entries")
            findings += rekor.check()
        blobs = list(_blobs(store, findings))
        progress(f"blobs: {len(blobs)}")
        notes += _orphans(blobs, used | _linked(database))
    finally:
        database.close()
    notes += _leftovers(folder)
    return Summary(entries, releases, len(blobs), tuple(findings), tuple(notes))


def _logs(folder: HubFolder, database: Database, findings: list[Finding], notes: list[Finding]) -> Iterator[KeptLog]:
    own = read_origin_note(folder.origin_note.read_text(), where=str(folder.origin_note))
    checkpoint = _text(folder.log / "checkpoint", findings)
    yield KeptLog(own, LogFiles(folder.log), checkpoint, read_head(database, "origin"), folder.trust)
    for row in Origins(database).all():
        try:
            kept = _mirrored(folder, database, row, notes)
        except (HubError, OSError) as error:
            findings.append(Finding(f"{row.origin} origin note", str(error)))
            continue
        if kept is not None:
            yield kept


def _mirrored(folder: HubFolder, database: Database, row: OriginRow, notes: list[Finding]) -> KeptLog | None:
    if row.state is not OriginState.OK:
        notes.append(Finding(row.origin, f"is {row.state}: {row.reason or 'not pulled yet'}"))
    place = folder.mirrors / hashlib.sha256(row.origin.encode()).hexdigest()
    checkpoint = _text(place / "log" / "checkpoint", [])  # one that is missing fails the log's check
    head = read_head(database, f"mirror {row.origin}")
    if not head.size:
        return None
    note = _note(place / "origin.note", row)
    return KeptLog(
        note, LogFiles(place / "log"), checkpoint, head, place / "trust", read_key(folder.mirror_key).verifier
    )


def _rekors(folder: HubFolder, database: Database) -> Iterator[KeptRekor]:
    """The Rekor logs of mirrored origins; an origin note that cannot be read is told of by `_logs`."""
    cosigner = read_key(folder.mirror_key).verifier
    for row in Origins(database).all():
        place = folder.mirrors / hashlib.sha256(row.origin.encode()).hexdigest()
        checkpoint = _text(place / "rekor" / "checkpoint", [])
        head = read_head(database, rekor_head(row.origin))
        with contextlib.suppress(HubError, OSError):
            if head.size or checkpoint:
                note = _note(place / "origin.note", row)
                yield KeptRekor(note, LogFiles(place / "rekor"), checkpoint, head, place / "trust", cosigner)


def _note(path: Path, row: OriginRow) -> OriginNote:
    return verify_origin_note(path.read_text(), origin=row.origin, fingerprint=row.fingerprint, where=str(path))


def _text(path: Path, findings: list[Finding]) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        findings.append(Finding(path.name, str(error)))
        return ""


def _blobs(store: BlobStore, findings: list[Finding]) -> Iterator[AnyDigest]:
    for digest in store.digests():
        try:
            right = store.verify(digest)
        except NotFound:
            continue  # a serving hub has removed it meanwhile
        except HubError as error:
            right = True
            findings.append(Finding(f"blob {digest}", str(error)))
        if not right:
            findings.append(Finding(f"blob {digest}", "holds other bytes than its name says"))
        yield digest


def _linked(database: Database) -> set[AnyDigest]:
    """What the registry's tables need: staged and plain manifests, and linked blobs."""
    rows = database.rows("SELECT digest FROM blob_links UNION SELECT digest FROM manifests")
    return {parse_any_digest(row[0]) for row in rows}


def _orphans(blobs: list[AnyDigest], used: set[AnyDigest]) -> Iterator[Finding]:
    orphans = sorted(set(blobs) - used)
    for digest in orphans[:MAX_NAMED]:
        yield Finding(f"blob {digest}", "nothing needs it: a push or pull that was not finished, or one under way")
    if len(orphans) > MAX_NAMED:
        yield Finding("blobs", f"nothing needs {len(orphans) - MAX_NAMED} more")


def _leftovers(folder: HubFolder) -> Iterator[Finding]:
    """What a crash left behind; a serving hub removes it, or is just writing it."""
    found = [*(folder.blobs / "uploads").glob("*"), *(folder.mirrors / "import").glob("*")]
    for path in sorted([*found, *folder.database.parent.rglob("*.tmp")]):
        yield Finding(str(path.relative_to(folder.root)), "is left of something unfinished, or being written")
