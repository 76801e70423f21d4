"""Keeping search in step with a log: listings made from the blobs here, and anew where versions were withdrawn."""

from __future__ import annotations

import contextlib

from ...federation.blobs import BlobStore
from ...federation.index.packages import Package
from ...federation.index.rules import Replay
from ...federation.log.files import LogFiles
from ...schemas import media
from ...schemas.contents import check_blob, decompress
from ...schemas.entry import Release, parse_entry
from ...schemas.errors import HubError
from ...schemas.oci import Descriptor, Manifest
from ...schemas.package import MAX_CONFIG_BYTES, MAX_OBJECT_BYTES, MAX_WASM_BYTES, PackageConfig, object_layers
from ...schemas.record import State
from ...schemas.semver import Version
from .catalogue import Catalogue, Listing, PackageKey
from .listing import make_listing


def listing_of(store: BlobStore, origin: str, release: Release, index: int, *, own: bool) -> Listing:
    """What search keeps of a release, from its blobs. Raises: HubError when they are not there, or others."""
    manifest = Manifest.parse(store.read(release.manifest, limit=release.size))

    def blob(descriptor: Descriptor | None, limit: int) -> bytes | None:
        if descriptor is None:
            return None
        return check_blob(descriptor, store.read(descriptor.digest, limit=min(descriptor.size, limit)))

    config = blob(manifest.config, MAX_CONFIG_BYTES)
    packed = [blob(layer, MAX_OBJECT_BYTES) for layer in object_layers(manifest)]
    return make_listing(
        origin,
        release,
        PackageConfig.parse(config or b""),
        entry=index,
        own=own,
        objects=tuple(decompress(item or b"", limit=MAX_OBJECT_BYTES) for item in packed),
        wasm=blob(manifest.layer(media.WASM), MAX_WASM_BYTES),
    )


def relist(catalogue: Catalogue, store: BlobStore, replay: Replay, files: LogFiles, *, since: int, own: bool) -> None:
    """Show of packages that changed from log index `since` on, and lost a version, the highest that stands; or none.

    Blocking. What cannot be read is fsck's to report. Raises: StorageFailed.
    """
    for package in list(replay.packages.values()):
        withdrawn = any(held.state is not State.RELEASED for held in package.versions.values())
        if package.changed >= since and withdrawn:
            key = PackageKey(replay.origin, package.namespace, package.name)
            listing = _shown(package, store, replay, files, own=own)
            catalogue.replace(key, listing, known=package.changed + 1)


def _shown(package: Package, store: BlobStore, replay: Replay, files: LogFiles, *, own: bool) -> Listing | None:
    standing = [held for held in package.versions.values() if held.state is State.RELEASED]
    ranked = sorted(standing, key=lambda held: _rank(held.version), reverse=True)
    for held in ranked[:1]:
        with contextlib.suppress(HubError):
            release = parse_entry(files.entry(held.entry, replay.size))
            if isinstance(release, Release):
                return listing_of(store, replay.origin, release, held.entry, own=own)
    return None


def _rank(text: str) -> tuple[bool, Version]:
    version = Version.parse(text)
    return not version.pre, version
