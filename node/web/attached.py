"""What a package's page tells of its provenance and SBOM: that they are there, how large, and whether signed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ...federation.blobs import BlobStore
from ...schemas.attestation import kind_of_referrer
from ...schemas.digest import Digest
from ...schemas.entry import Release
from ...schemas.errors import HubError
from ...schemas.oci import MAX_PACKAGE_MANIFEST_BYTES, Manifest
from ...signing.attested import read_attestations
from ...signing.roots import TrustDomain

MAX_DOCUMENT_BYTES = 1024 * 1024


class AttachedFacts(NamedTuple):
    """An attestation of a release; `blob` is where the bare document can be had, None where only a bundle holds it."""

    kind: str
    size: int
    signed: bool
    blob: Digest | None


def read_attached(store: BlobStore, release: Release, domain: TrustDomain | None) -> tuple[AttachedFacts, ...]:
    """Read what the log names besides a release's signature; what is damaged is left out. Blocking."""
    referrers: list[Manifest] = []
    blobs: dict[Digest, bytes] = {}
    for digest in release.referrers:
        try:
            manifest = Manifest.parse(_checked(store, digest, MAX_PACKAGE_MANIFEST_BYTES))
            held = {item.digest: _checked(store, item.digest, MAX_DOCUMENT_BYTES) for item in manifest.layers}
        except HubError:
            continue
        referrers.append(manifest)
        blobs |= held
    found = read_attestations(referrers, blobs, manifest=release.manifest, domain=domain, publisher=release.identity)
    bare = _bare(referrers)
    return tuple(
        AttachedFacts(item.kind.name, len(item.document), item.signer is not None, bare.get(item.kind.name))
        for item in found
    )


def _bare(referrers: Sequence[Manifest]) -> dict[str, Digest]:
    return {kind.name: item.layers[0].digest for item in referrers if (kind := kind_of_referrer(item)) is not None}


def _checked(store: BlobStore, digest: Digest, limit: int) -> bytes:
    data = store.read(digest, limit=limit)
    if Digest.of(data) != digest:
        raise HubError("holds other bytes than its name says", where=digest)
    return data
