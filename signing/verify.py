"""From bytes to a package that may run: signature, digests, names and permissions against the logged release.

What the log says (checkpoint, map, claim) was checked before, by federation/index; this is the rest of protocol.md
section 7. Pure: no network, file or clock.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..schemas.contents import PackageContents, judged
from ..schemas.digest import Digest
from ..schemas.entry import Release
from ..schemas.errors import NotTrusted
from ..schemas.permissions import RULES_VERSION, permissions_digest, permissions_of_package
from .bundle import SignedManifest, verify_manifest_bundle
from .roots import TrustDomain
from .verified import Check, Seal, VerifiedPackage

_SEAL = Seal(__name__)


def verify_signature(release: Release, bundles: Sequence[bytes], domain: TrustDomain) -> SignedManifest:
    """Find the bundle in which the release's publisher signed its manifest. Raises: NotTrusted.

    The first refusal is told: a release names its signature first, and what is attached to it afterwards.
    """
    refusals: list[NotTrusted] = []
    for bundle in bundles:
        try:
            signed = verify_manifest_bundle(bundle, domain, manifest=release.manifest)
        except NotTrusted as error:
            refusals.append(error)
            continue
        if signed.identity == release.identity:
            return signed
        what = f"signed by {signed.identity}, but logged for {release.identity}"
        refusals.append(NotTrusted(what, check="identity"))
    if refusals:
        raise refusals[0]
    raise NotTrusted(
        f"{release.package}:{release.version} has no signature",
        check="signature",
        todo="The hub or mirror holds back the publisher's Sigstore bundle.",
    )


def verify_release(
    release: Release, contents: PackageContents, bundles: Sequence[bytes], domain: TrustDomain
) -> tuple[Check, ...]:
    """Check a package's bytes against its logged release, as hubs, mirrors and clients do. Raises: NotTrusted."""
    if contents.manifest.digest != release.manifest:
        raise NotTrusted(
            f"the manifest is {contents.manifest.digest}, the log says {release.manifest}",
            check="manifest",
            todo="The manifest was replaced on the hub or on its way; nothing was loaded.",
        )
    if len(contents.manifest.raw) != release.size:
        raise NotTrusted(
            f"the manifest has {len(contents.manifest.raw)} bytes, the log says {release.size}", check="manifest"
        )
    signed = verify_signature(release, bundles, domain)
    _check_names(contents, release)
    permissions = _check_permissions(contents, release)
    evidence = f"Sigstore bundle by {signed.identity}, trust domain {domain.name}, log index {signed.log_index}"
    return (
        Check("signature", evidence),
        Check("digests", f"manifest {release.manifest}, {_told(contents)}"),
        Check("names", f"{contents.config.package} {contents.config.version} in config, log and reference"),
        Check("permissions", f"{permissions} (rules {RULES_VERSION})"),
    )


def verify_package(
    *,
    reference: str,
    release: Release,
    contents: PackageContents,
    architecture: str,
    bundles: Sequence[bytes],
    domain: TrustDomain,
    log_checks: Sequence[Check],
    warnings: Sequence[str],
) -> VerifiedPackage:
    """Verify a release's bytes and make what may run on an architecture (OCI's name).

    `log_checks` are those already passed. Raises: NotTrusted.
    """
    checks = verify_release(release, contents, bundles, domain)
    return VerifiedPackage(
        reference,
        release.manifest,
        contents.config,
        str(release.identity),
        (*log_checks, *checks),
        tuple(warnings),
        _SEAL,
        contents.bpf_object(architecture),
        contents.wasm(),
        contents.types(),
    )


def _told(contents: PackageContents) -> str:
    """How many blobs were checked."""
    held = len(judged(contents.manifest))
    kernels = len(contents.manifest.blobs) - held
    return f"config; each of {kernels} kernels when it is fetched" if contents.is_types else f"{held} blobs"


def _check_names(contents: PackageContents, release: Release) -> None:
    config = contents.config
    if (config.namespace, config.name, config.version) != (release.namespace, release.name, release.version):
        raise NotTrusted(
            f"the package calls itself {config.package}:{config.version}, the log {release.package}:{release.version}",
            check="names",
        )


def _check_permissions(contents: PackageContents, release: Release) -> Digest:
    found = permissions_digest(permissions_of_package(contents.wasm(), *contents.objects()))
    if release.permissions_rules == RULES_VERSION and found != release.permissions:
        raise NotTrusted(
            f"the object's permissions are {found}, the log says {release.permissions}", check="permissions"
        )
    return found
