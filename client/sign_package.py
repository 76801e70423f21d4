"""Signing a package: with which Sigstore, as whom, and the bundle beside the package in its file."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from ..federation.package_file import PackageFile
from ..schemas import media
from ..schemas.contents import PackageContents
from ..schemas.errors import PeerFailed, Unsupported
from ..schemas.oci import EMPTY_CONFIG, Descriptor
from ..signing.sign import bundle_manifest, sign_manifest
from .domains import Domains
from .home import Home

SIGN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class SignWith:
    """A Sigstore to sign with: `config` gives its ClientTrustConfig, `token` an identity token for that.

    `name` is its name for people: a trust domain, a file, or a hub's address.
    """

    name: str
    config: Callable[[], Awaitable[bytes]]
    token: Callable[[bytes], Awaitable[str]]


async def sign_package(contents: PackageContents, signing: SignWith) -> bytes:
    """Sign a package's manifest under its name; the Sigstore bundle's JSON, verified. Raises: HubError."""
    config = await signing.config()
    token = await signing.token(config)
    manifest, name = contents.manifest.digest, contents.config.package
    try:
        async with asyncio.timeout(SIGN_SECONDS):
            return await asyncio.to_thread(
                sign_manifest, manifest=manifest, name=name, trust_config=config, identity_token=token
            )
    except TimeoutError as error:
        raise PeerFailed("signing was not done in time", where=signing.name) from error


def with_bundle(file: PackageFile, bundle: bytes) -> PackageFile:
    """The package file with one more bundle in it. Raises: BadInput."""
    referrer = bundle_manifest(bundle, Descriptor.of(media.OCI_MANIFEST, file.contents.manifest.raw))
    added = {referrer.config.digest: EMPTY_CONFIG, referrer.layers[0].digest: bundle}
    return replace(file, referrers=(*file.referrers, referrer), blobs={**file.blobs, **added})


def domain_config(name: str, *, home: Home) -> bytes:
    """The ClientTrustConfig of a trust domain. Raises: NotFound; Unsupported where only its root is known."""
    known = Domains(home).get(name)
    if known.config is None:
        raise Unsupported(
            "only the trusted root of this domain is known, not where it signs",
            where=name,
            needs="a trust_config.json: ecli trust domain add NAME FILE, or --trust-config FILE",
        )
    return known.config
