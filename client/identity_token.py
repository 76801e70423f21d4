"""An identity token for signing: what a CI system gives, a browser, another device, or standard input.

OpenID Connect: ambient credentials as sigstore's library `id` knows them; code flow with PKCE in the browser; device
flow (RFC 8628). The token is used at once, and never stored or shown.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from enum import Enum
from typing import TextIO

from ..federation.transport import Transport
from ..schemas.errors import BadInput, Denied, PeerFailed
from ..signing.sign import oidc_url
from ..signing.system_authorities import system_authorities
from ..signing.verdict import one_sentence
from .device_flow import device_token

MAX_TOKEN_CHARS = 16384
Tell = Callable[[str], None]


class Flow(Enum):
    """Where the token comes from. AUTO: the CI system's where there is one, else a browser for whoever sits here."""

    AUTO = "auto"
    STDIN = "stdin"
    BROWSER = "browser"
    DEVICE = "device"


async def identity_token(flow: Flow, trust_config: bytes, *, stdin: TextIO | None, tell: Tell) -> str:
    """Get a token for the Sigstore of a ClientTrustConfig. Raises: Denied, PeerFailed, BadInput."""
    if flow is Flow.STDIN:
        return read_token(stdin)
    if flow is Flow.AUTO:
        ambient = await asyncio.to_thread(_ambient)
        if ambient:
            return ambient
        if stdin is None or not stdin.isatty():
            raise Denied(
                "there is no identity to sign with: no CI system that gives one, and nobody at a terminal",
                where="identity token",
                todo="Use --browser, --device or --identity-token-stdin.",
            )
    url = oidc_url(trust_config)
    if flow is Flow.DEVICE:
        async with Transport() as transport:
            return await device_token(transport, url, tell=tell)
    return await asyncio.to_thread(_browser, url)


def read_token(stdin: TextIO | None) -> str:
    """Read a token of one line. Raises: BadInput, which never shows it."""
    token = "" if stdin is None else stdin.readline(MAX_TOKEN_CHARS + 2).strip()
    if token.count(".") != 2 or len(token) > MAX_TOKEN_CHARS or not token.isascii() or not token.isprintable():
        raise BadInput("this is not an identity token (a JWT of one line)", where="standard input")
    return token


def _ambient() -> str:
    from sigstore.oidc import IdentityError, detect_credential

    try:
        with system_authorities():
            return detect_credential() or ""
    except IdentityError as error:
        raise Denied(
            f"the CI system gives no identity: {one_sentence(error)}",
            where="identity token",
            todo="On GitHub the job needs `permissions: id-token: write`.",
        ) from error


def _browser(url: str) -> str:
    from sigstore.errors import NetworkError
    from sigstore.oidc import IdentityError, Issuer, IssuerError

    try:
        with system_authorities():
            return str(Issuer(url).identity_token())
    except IdentityError as error:
        todo = "Try again, or with --device: some providers refuse a program without a secret that names itself by one."
        raise Denied(f"nobody signed in: {one_sentence(error)}", where=url, todo=todo) from error
    except (NetworkError, IssuerError) as error:
        raise PeerFailed(f"the identity provider does not answer: {one_sentence(error)}", where=url) from error
    except (EOFError, OSError) as error:
        raise Denied("nobody gave the code of the sign-in", where=url) from error


def say(line: str) -> None:
    """Tell the person at the terminal, beside what the command prints."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201
