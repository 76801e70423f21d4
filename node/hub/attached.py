"""What a release names besides its signature: provenance and SBOM, bare and signed, that its publisher has pushed.

Every mirror and client fetches what the log names, so only what is whole and small gets into it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...federation.blobs import BlobStore
from ...schemas import media
from ...schemas.attestation import KINDS, kind_of_referrer
from ...schemas.digest import Digest
from ...schemas.errors import HubError
from ...schemas.identity import Identity
from ...schemas.oci import MAX_PACKAGE_MANIFEST_BYTES, Manifest
from ...signing.bundle import claimed_predicate, verify_manifest_bundle
from ...signing.roots import TrustDomain

MAX_ATTACHED = 8  # two of each kind, bare and signed, by each of two identities
MAX_BUNDLE_BYTES = 1024 * 1024
_SIGNED = frozenset(kind.predicate_type for kind in KINDS)


def signs_attestation(bundle: bytes) -> bool:
    """Tell whether a bundle claims to sign provenance or an SBOM, and not a release. Raises: BadInput."""
    return claimed_predicate(bundle) in _SIGNED


def fit_for_release(
    store: BlobStore,
    found: Sequence[Digest],
    *,
    subject: Digest,
    identity: Identity,
    domains: Mapping[str, TrustDomain],
) -> tuple[Digest, ...]:
    """Those of a manifest's referrers that the log may name, MAX_ATTACHED at most. Blocking."""
    fit = (digest for digest in found if _is_fit(store, digest, subject, identity, domains[identity.domain]))
    return tuple(digest for digest, _ in zip(fit, range(MAX_ATTACHED), strict=False))


def _is_fit(store: BlobStore, digest: Digest, subject: Digest, identity: Identity, domain: TrustDomain) -> bool:
    try:
        manifest = Manifest.parse(store.read(digest, limit=MAX_PACKAGE_MANIFEST_BYTES))
        if manifest.subject is None or manifest.subject.digest != subject or len(manifest.layers) != 1:
            return False
        if not all(store.exists(item.digest) for item in manifest.blobs) or manifest.config.size > MAX_BUNDLE_BYTES:
            return False
        if manifest.artifact_type != media.SIGSTORE_BUNDLE:
            return kind_of_referrer(manifest) is not None
        bundle = store.read(manifest.layers[0].digest, limit=MAX_BUNDLE_BYTES)
        predicate = claimed_predicate(bundle)
        signed = verify_manifest_bundle(bundle, domain, manifest=subject, predicate_type=predicate)
    except HubError:
        return False
    return predicate in _SIGNED and signed.identity == identity
