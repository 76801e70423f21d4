"""Signing a package: with which Sigstore, as whom, and the bundle beside the package in its file."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from ..federation.package_file import PackageFile
from ..schemas import media
from ..schemas.errors import PeerFailed, Unsupported
from ..schemas.oci import EMPTY_CONFIG, Descriptor
from ..signing.sign import bundle_manifest, sign_release
from .attestations import unsigned_statements
from .domains import Domains
from .home import Home

SIGN_SECONDS = 60.0
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class SignWith:
    """A Sigstore to sign with: `config` gives its ClientTrustConfig, `token` an identity token for that.

    `name` is its name for people: a trust domain, a file, or a hub's address.
    """

    name: str
    config: Callable[[], Awaitable[bytes]]
    token: Callable[[bytes], Awaitable[str]]


async def sign_package(file: PackageFile, signing: SignWith) -> list[bytes]:
    """Sign a package's manifest under its name, and what is attached to it and not signed yet, by one identity token.

    Returns the Sigstore bundles' JSON, verified, the manifest's first. Raises: HubError.
    """
    config = await signing.config()
    token = await signing.token(config)
    manifest, name = file.contents.manifest.digest, file.contents.config.package
    statements = unsigned_statements(file)
    return await within(
        lambda: sign_release(
            manifest=manifest, name=name, statements=statements, trust_config=config, identity_token=token
        ),
        where=signing.name,
    )


async def within(sign: Callable[[], _T], *, where: str) -> _T:
    """Sign in a thread, in at most SIGN_SECONDS. Raises: PeerFailed when time is up; as `sign` does."""
    try:
        async with asyncio.timeout(SIGN_SECONDS):
            return await asyncio.to_thread(sign)
    except TimeoutError as error:
        raise PeerFailed("signing was not done in time", where=where) from error


def with_bundles(file: PackageFile, bundles: Iterable[bytes]) -> PackageFile:
    """The package file with more bundles in it. Raises: BadInput."""
    subject = Descriptor.of(media.OCI_MANIFEST, file.contents.manifest.raw)
    referrers, blobs = list(file.referrers), dict(file.blobs)
    for bundle in bundles:
        made = bundle_manifest(bundle, subject)
        referrers.append(made)
        blobs |= {made.config.digest: EMPTY_CONFIG, made.layers[0].digest: bundle}
    return replace(file, referrers=tuple(referrers), blobs=blobs)


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
