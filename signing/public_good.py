"""The public-good Sigstore, as the installed sigstore library brings it: trusted root and signing configuration.

Read from the library's own files, with no network. A newer root comes with a newer library, or is handed in by whoever
followed the TUF chain; nothing is fetched here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from urllib.parse import quote

from ..schemas.codec import canonical_json
from ..schemas.entry import Release
from ..schemas.errors import HubError, NotTrusted
from .roots import TrustDomain
from .verify import verify_signature

PUBLIC = "public"  # the stable name of its trust domain (protocol.md section 3)
PUBLIC_TUF = "https://tuf-repo-cdn.sigstore.dev"  # its TUF repository, and the library's folder; not asked from here
_TRUST_CONFIG = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"


def public_root() -> bytes:
    """The trusted root, byte for byte. Raises: HubError for a library without one."""
    return _shipped("trusted_root.json")


def public_trust_config(root: bytes = b"", config: bytes = b"") -> bytes:
    """A ClientTrustConfig of the trusted root and the addresses of the services; the library's where none is given.

    Raises: HubError.
    """
    return canonical_json(
        {
            "mediaType": _TRUST_CONFIG,
            "trustedRoot": json.loads(root or public_root()),
            "signingConfig": json.loads(config or _shipped("signing_config.v0.2.json")),
        }
    )


def public_tuf_root() -> bytes:
    """The TUF root from which the chain of its repository is followed. Raises: HubError."""
    return _shipped("root.json")


@lru_cache(maxsize=1)
def public_domain() -> TrustDomain:
    """The trust domain. Raises: HubError."""
    return TrustDomain.parse(PUBLIC, public_root())


def check_public(
    domain: TrustDomain, release: Release, bundles: Sequence[bytes], *, own: TrustDomain | None = None
) -> None:
    """Demand that what an origin calls `public` is the public-good Sigstore, as far as the release shows.

    Another root than `own` (the library's) may be a newer one: then the release must verify by the older one too.

    Raises: NotTrusted.
    """
    own = own or public_domain()
    if domain.name != PUBLIC or domain.digest == own.digest:
        return
    try:
        verify_signature(release, bundles, own)
    except NotTrusted as error:
        raise NotTrusted(
            f"the origin calls a Sigstore `public` which is not the public-good one as it is known here: {error.what}",
            check="trust",
            todo="If it signed with keys that are newer than this installation: upgrade the sigstore library.",
        ) from error


def _shipped(name: str) -> bytes:
    try:
        return files("sigstore").joinpath("_store", quote(PUBLIC_TUF, safe=""), name).read_bytes()
    except OSError as error:
        raise HubError(
            f"the installed sigstore library brings no {name}", todo="Install the version that ebpfhub asks for."
        ) from error
