"""What stands beside an installed package or in a package file: provenance and SBOM, and whose word they are."""

from __future__ import annotations

from ..federation.package_file import PackageFile
from ..schemas.errors import NotFound, NotTrusted
from ..schemas.identity import Identity
from ..signing.attested import Attestation, read_attestations
from ..signing.bundle import verify_manifest_bundle
from ..signing.roots import TrustDomain

_DOMAIN = "file"  # the name does not matter: signatures of one file are compared with each other


def attestations(file: PackageFile) -> tuple[Attestation, ...]:
    """The attestations in a file whose package was verified, or that nobody has signed; no network."""
    domain, publisher = _publisher(file)
    manifest = file.contents.manifest.digest
    return read_attestations(file.referrers, file.blobs, manifest=manifest, domain=domain, publisher=publisher)


def attestation(file: PackageFile, name: str) -> Attestation:
    """The attestation of that kind. Raises: NotFound."""
    found = next((item for item in attestations(file) if item.kind.name == name), None)
    if found is None:
        config = file.contents.config
        raise NotFound(f"{config.package}:{config.version} has no {name}", todo="Its publisher has attached none.")
    return found


def _publisher(file: PackageFile) -> tuple[TrustDomain | None, Identity | None]:
    """Who signed the package, in the trust domain whose root is in the file."""
    for root in file.proof.trust.values() if file.proof else ():
        domain = TrustDomain.parse(_DOMAIN, root)
        for bundle in file.bundles():
            try:
                signed = verify_manifest_bundle(bundle, domain, manifest=file.contents.manifest.digest)
            except NotTrusted:
                continue
            return domain, signed.identity
    return None, None
