"""What stands beside a package, judged: provenance and SBOM, and whether the package's publisher signed them.

A bare document is as good as whoever hands it over; one signed by the publisher is the publisher's word. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ..schemas import media
from ..schemas.attestation import KINDS, Kind, document_of, kind_of_referrer
from ..schemas.digest import Digest
from ..schemas.errors import BadInput, NotTrusted
from ..schemas.identity import Identity
from ..schemas.oci import Manifest
from .bundle import claimed_predicate, signed_payload
from .roots import TrustDomain


class Attestation(NamedTuple):
    """A document about a package; `signer` is None for one that nobody known has signed."""

    kind: Kind
    document: bytes
    signer: Identity | None

    @property
    def digest(self) -> Digest:
        """The document's own digest."""
        return Digest.of(self.document)


def read_attestations(
    referrers: Sequence[Manifest],
    blobs: Mapping[Digest, bytes],
    *,
    manifest: Digest,
    domain: TrustDomain | None = None,
    publisher: Identity | None = None,
) -> tuple[Attestation, ...]:
    """The attestations about `manifest`, one of each kind: the publisher's signed one before a bare one.

    Without a domain and a publisher nothing counts as signed. What does not verify is left out.
    """
    found: dict[str, Attestation] = {}
    for item in (*_bare(referrers, blobs), *_signed(referrers, blobs, manifest, domain, publisher)):
        found[item.kind.name] = item
    return tuple(found[kind.name] for kind in KINDS if kind.name in found)


def _bare(referrers: Sequence[Manifest], blobs: Mapping[Digest, bytes]) -> Iterator[Attestation]:
    for item in referrers:
        kind = kind_of_referrer(item)
        if kind is not None and item.layers[0].digest in blobs:
            yield Attestation(kind, blobs[item.layers[0].digest], None)


def _signed(
    referrers: Sequence[Manifest],
    blobs: Mapping[Digest, bytes],
    manifest: Digest,
    domain: TrustDomain | None,
    publisher: Identity | None,
) -> Iterator[Attestation]:
    if domain is None or publisher is None:
        return
    for item in referrers:
        if item.artifact_type != media.SIGSTORE_BUNDLE or not item.layers or item.layers[0].digest not in blobs:
            continue
        found = _judged(blobs[item.layers[0].digest], manifest, domain)
        if found is not None and found.signer == publisher:
            yield found


def _judged(bundle: bytes, manifest: Digest, domain: TrustDomain) -> Attestation | None:
    try:
        predicate = claimed_predicate(bundle)
        kind = next((kind for kind in KINDS if kind.predicate_type == predicate), None)
        if kind is None:
            return None
        payload, signer = signed_payload(bundle, domain, manifest=manifest, predicate_type=predicate)
        return Attestation(kind, document_of(kind, payload), signer)
    except (BadInput, NotTrusted):
        return None
