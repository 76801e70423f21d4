"""`ebpfhub fsck`: does everything that the hub keeps still say the same? Reads only; a serving hub is not disturbed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..federation.blobs import BlobStore
from ..federation.index.rules import Replay
from ..federation.log.files import LogFiles
from ..federation.log.sequencer import Head
from ..schemas.contents import PackageContents
from ..schemas.digest import Digest
from ..schemas.entry import Release
from ..schemas.errors import HubError
from ..schemas.oci import MAX_BLOB_BYTES, Manifest
from ..signing.bundle import verify_manifest_bundle
from ..signing.merkle import leaf_hash, root
from ..signing.notes import Checkpoint, Note
from ..signing.origin import OriginNote, read_origin_note
from ..signing.roots import TrustDomain
from .folder import HubFolder
from .settings import load_settings
from .storage.database import Database
from .storage.heads import read_head


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: where, and what."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What was read, and what was found."""

    entries: int
    releases: int
    blobs: int
    findings: tuple[Finding, ...]


def check_hub(folder: HubFolder, *, progress: Callable[[str], None] = lambda _: None) -> Summary:
    """Check log, map, releases and blobs of a hub's folder. Raises: HubError when it cannot even be read."""
    settings = load_settings(folder.settings)
    note = read_origin_note(folder.origin_note.read_text(), where=str(folder.origin_note))
    database = Database(folder.database)
    try:
        head = read_head(database, "origin")
    finally:
        database.close()
    files, store = LogFiles(folder.log), BlobStore(folder.blobs)
    findings: list[Finding] = []
    progress(f"log: {head.size} entries")
    releases = list(_log(files, head, settings.origin, findings))
    findings += _checkpoint(folder, files, head, note)
    for index, release in releases:
        progress(f"release {release.package}:{release.version}")
        findings += _release(store, folder, note, index, release)
    blobs = 0
    for digest in store.digests():
        blobs += 1
        if not store.verify(digest):
            findings.append(Finding(f"blob {digest}", "holds other bytes than its name says"))
    progress(f"blobs: {blobs}")
    return Summary(head.size, len(releases), blobs, tuple(findings))


def _log(files: LogFiles, head: Head, origin: str, findings: list[Finding]) -> Iterator[tuple[int, Release]]:
    replay = Replay(origin)
    try:
        for bundle in range(-(-head.size // 256)):
            for data in files.entries(bundle, head.size):
                stored = files.hashes(head.size).at(0, replay.size)
                if stored != leaf_hash(data):
                    findings.append(Finding(f"log entry {replay.size}", "is not the one that its tile hashes"))
                index = replay.size
                entry = replay.read(data)
                if isinstance(entry, Release):
                    yield index, entry
        if root(files.hashes(head.size), head.size) != head.root:
            findings.append(Finding("log", "the tiles do not hash to the committed root"))
    except HubError as error:
        findings.append(Finding("log", str(error)))
    findings += [Finding(f"log entry {report.index}", f"has no effect: {report.reason}") for report in replay.reports]


def _checkpoint(folder: HubFolder, files: LogFiles, head: Head, note: OriginNote) -> Iterator[Finding]:
    try:
        text = Note.parse((folder.log / "checkpoint").read_text())
        checkpoint = Checkpoint.parse(text.body)
        text.verify(note.log_key(checkpoint.size))
        if checkpoint.size > head.size or root(files.hashes(head.size), checkpoint.size) != checkpoint.root:
            yield Finding("checkpoint", "is not of this log")
    except (HubError, OSError) as error:
        yield Finding("checkpoint", str(error))


def _release(store: BlobStore, folder: HubFolder, note: OriginNote, index: int, release: Release) -> Iterator[Finding]:
    where = f"release {release.package}:{release.version} (entry {index})"
    try:
        manifest = Manifest.parse(store.read(release.manifest, limit=release.size))
        blobs = {item.digest: store.read(item.digest, limit=MAX_BLOB_BYTES) for item in manifest.blobs}
        PackageContents.open(manifest, blobs)
        digest = dict(note.domains)[release.identity.domain]
        domain = TrustDomain.parse(release.identity.domain, (folder.trust / f"{digest.hex}.json").read_bytes())
        for referrer in release.referrers:
            _bundle(store, referrer, domain, release)
    except (HubError, OSError, KeyError) as error:
        yield Finding(where, str(error))


def _bundle(store: BlobStore, referrer: Digest, domain: TrustDomain, release: Release) -> None:
    manifest = Manifest.parse(store.read(referrer, limit=64 * 1024))
    bundle = store.read(manifest.layers[0].digest, limit=MAX_BLOB_BYTES)
    signed = verify_manifest_bundle(bundle, domain, manifest=release.manifest)
    if signed.identity != release.identity:
        raise HubError(f"the bundle is signed by {signed.identity}, the entry says {release.identity}")
