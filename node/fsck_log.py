"""Checking one log of a hub's folder, its own or a mirrored one: entries, map, checkpoint, and every release's bytes.

Reads only. Files are read again from the disk; nothing that a serving hub remembers is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..federation.blobs import BlobStore
from ..federation.index.rules import Replay
from ..federation.log.files import LogFiles
from ..federation.log.sequencer import Head
from ..federation.log.tiles import TILE_WIDTH
from ..schemas import media
from ..schemas.contents import PackageContents, judged
from ..schemas.digest import AnyDigest, Digest
from ..schemas.entry import Entry, Release
from ..schemas.errors import HubError, NotFound, NotTrusted
from ..schemas.identity import Identity
from ..schemas.oci import MAX_BLOB_BYTES, Manifest
from ..schemas.ownership import Order
from ..signing.material import MAX_BUNDLE_BYTES
from ..signing.merkle import leaf_hash, root
from ..signing.notes import Checkpoint, Note, VerifierKey
from ..signing.orders import verify_logged_order
from ..signing.origin import OriginNote
from ..signing.roots import TrustDomain
from ..signing.verify import verify_release


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or worth knowing: where, and what."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class KeptLog:
    """One log in the folder. `checkpoint` was read before `head`: a serving hub writes them in the other order.

    `cosigner` is the mirror's key, whose cosignature a mirrored checkpoint has; None for the hub's own log.
    """

    note: OriginNote
    files: LogFiles
    checkpoint: str
    head: Head
    trust: Path
    cosigner: VerifierKey | None = None

    def check(self, store: BlobStore, *, progress: Callable[[str], None]) -> CheckedLog:
        """Check all of it."""
        progress(f"{self.note.origin}: {self.head.size} entries")
        found = CheckedLog([], [], set())
        entries = list(self._entries(found.findings))
        found.releases.extend((index, entry) for index, entry in entries if isinstance(entry, Release))
        found.findings.extend(self._checkpoint())
        for index, release in found.releases:
            progress(f"{release.package}:{release.version}")
            found.findings.extend(self._release(store, index, release, found.used))
        for index, entry in entries:
            if isinstance(entry, Order):
                found.findings.extend(self._order(store, index, entry, found.used))
        if self.cosigner is not None:
            found.findings[:] = [Finding(f"{self.note.origin} {item.where}", item.what) for item in found.findings]
        return found

    def _entries(self, findings: list[Finding]) -> Iterator[tuple[int, Entry]]:
        """The entries with an effect."""
        replay, size = Replay(self.note.origin), self.head.size
        hashes = self.files.hashes(size)
        try:
            for bundle in range(-(-size // TILE_WIDTH)):
                for data in self.files.entries(bundle, size):
                    index = replay.size
                    if hashes.at(0, index) != leaf_hash(data):
                        findings.append(Finding(f"log entry {index}", "is not the one that its tile hashes"))
                    entry = replay.read(data)
                    if entry is not None:
                        yield index, entry
            if root(hashes, size) != self.head.root:
                findings.append(Finding("log", "the tiles do not hash to the committed root"))
        except HubError as error:
            findings.append(Finding("log", str(error)))
        for report in replay.reports:
            findings.append(Finding(f"log entry {report.index}", f"has no effect: {report.reason}"))

    def _checkpoint(self) -> Iterator[Finding]:
        try:
            signed = Note.parse(self.checkpoint)
            checkpoint = Checkpoint.parse(signed.body)
            signed.verify(self.note.log_key(checkpoint.size))
            if checkpoint.origin != self.note.origin or checkpoint.size > self.head.size:
                raise NotTrusted("is not of this log")
            if root(self.files.hashes(self.head.size), checkpoint.size) != checkpoint.root:
                raise NotTrusted("is not of this log")
            if self.cosigner is not None and signed.cosigned_at(self.cosigner) is None:
                raise NotTrusted("this mirror has not cosigned it")
        except HubError as error:
            yield Finding("checkpoint", str(error))

    def _release(self, store: BlobStore, index: int, release: Release, used: set[AnyDigest]) -> Iterator[Finding]:
        used |= {release.manifest, *release.referrers}
        try:
            manifests = [_manifest(store, digest) for digest in (release.manifest, *release.referrers)]
            used |= {item.digest for manifest in manifests for item in manifest.blobs}
            missing = [item.digest for item in manifests[0].blobs if not store.exists(item.digest)]
            if missing:
                raise NotFound("there is no such blob", where=missing[0])
            blobs = {item.digest: store.read(item.digest, limit=MAX_BLOB_BYTES) for item in judged(manifests[0])}
            signed = [item for item in manifests[1:] if item.layers and item.artifact_type == media.SIGSTORE_BUNDLE]
            bundles = [store.read(item.layers[0].digest, limit=MAX_BLOB_BYTES) for item in signed]
            verify_release(release, PackageContents.open(manifests[0], blobs), bundles, self._domain(release.identity))
        except (HubError, OSError) as error:
            yield Finding(f"release {release.package}:{release.version} (entry {index})", str(error))

    def _order(self, store: BlobStore, index: int, order: Order, used: set[AnyDigest]) -> Iterator[Finding]:
        identity, digest = order.mandate.identity, order.mandate.bundle
        if identity is None or digest is None:
            return
        used.add(digest)
        try:
            verify_logged_order(order, store.read(digest, limit=MAX_BUNDLE_BYTES), self._domain(identity))
        except (HubError, OSError) as error:
            yield Finding(f"{order.kind} of {order.subject} (entry {index})", str(error))

    def _domain(self, identity: Identity) -> TrustDomain:
        name = identity.domain
        digest = dict(self.note.domains).get(name)
        if digest is None:
            raise NotTrusted(f"the origin note names no trust domain {name!r}")
        data = (self.trust / f"{digest.hex}.json").read_bytes()
        if Digest.of(data) != digest:
            raise NotTrusted(f"the trusted root of {name} is not the one that the origin note names")
        return TrustDomain.parse(name, data)


@dataclass(frozen=True, slots=True)
class CheckedLog:
    """What a check found: releases with their log indexes, faults, digests of everything that the releases need."""

    releases: list[tuple[int, Release]]
    findings: list[Finding]
    used: set[AnyDigest]


def _manifest(store: BlobStore, digest: Digest) -> Manifest:
    raw = store.read(digest, limit=MAX_BLOB_BYTES)
    if Digest.of(raw) != digest:
        raise NotTrusted(f"the manifest {digest} holds other bytes than its digest says")
    return Manifest.parse(raw)
