"""Logging in to a registry for one pull: what it asks for (WWW-Authenticate), and what is sent (Docker's token
specification, OAuth2 refresh tokens, RFC 7617). Credentials go to the registry, and to the token server it names.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from ...federation.transport import Response, Transport
from ...schemas.codec import decode_json
from ...schemas.errors import Denied, PeerFailed
from ...schemas.fields import Fields
from .docker_login import Login
from .web import redirected

MAX_CHALLENGE_CHARS = 4096
MAX_TOKEN_BYTES = 256 * 1024
_SCHEME = re.compile(r"\s*(?:,\s*)*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?=\s|,|$)\s*(?!\s*=)")
_PARAMETER = re.compile(r"\s*,?\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s,\"]+))")
_CLIENT = "ecli"


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way in, of those that a server offers: "basic" or "bearer", and its parameters."""

    scheme: str
    realm: str
    service: str = ""
    scope: str = ""


def challenges(header: str) -> tuple[Challenge, ...]:
    """Read WWW-Authenticate (RFC 9110 section 11.6.1); what cannot be read is left out."""
    made: list[Challenge] = []
    text, at = header[:MAX_CHALLENGE_CHARS], 0
    while scheme := _SCHEME.match(text, at):
        at = scheme.end()
        found: dict[str, str] = {}
        while parameter := _PARAMETER.match(text, at):
            quoted = parameter[2]
            value = parameter[3] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            found.setdefault(parameter[1].lower(), value)
            at = parameter.end()
        kind = scheme[1].lower()
        if kind in ("basic", "bearer"):
            made.append(Challenge(kind, found.get("realm", ""), found.get("service", ""), found.get("scope", "")))
    return tuple(made)


async def authorization(
    transport: Transport, refusal: Response, login: Login | None, *, url: str, registry: str
) -> str:
    """The Authorization header that answers the 401 of a repository at `url`. Raises: Denied, PeerFailed."""
    told = [value for name, value in refusal.headers.items() if name.lower() == "www-authenticate"]
    asked = challenges(", ".join(told))
    if login is not None and login.registry_token:
        return f"Bearer {login.registry_token}"
    for challenge in asked:
        if challenge.scheme == "bearer":
            return await _token(transport, challenge, login, url=url, registry=registry)
    if any(challenge.scheme == "basic" for challenge in asked) and login is not None and login.password:
        return basic(login)
    raise Denied("the registry wants a login", where=registry, todo=f"docker login {registry}, or ecli login.")


def basic(login: Login) -> str:
    """Name and password as a header (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{login.user}:{login.password}".encode()).decode()


async def _token(transport: Transport, challenge: Challenge, login: Login | None, *, url: str, registry: str) -> str:
    scope = challenge.scope or f"repository:{urlsplit(url).path.removeprefix('/v2/')}:pull"
    try:
        realm = redirected(url, challenge.realm)  # https, or on this machine where the registry is
    except PeerFailed as error:
        raise PeerFailed(
            f"the registry names {challenge.realm[:200]!r} as its token server, which is not taken", where=registry
        ) from error
    if login is not None and login.identity_token:
        answer = await _refreshed(transport, realm, challenge.service, scope, login.identity_token)
    else:
        query = urlencode({"service": challenge.service, "scope": scope} if challenge.service else {"scope": scope})
        headers = {"Authorization": basic(login)} if login is not None and login.password else {}
        asked = f"{realm}{'&' if urlsplit(realm).query else '?'}{query}"
        answer = await transport.send("GET", asked, limit=MAX_TOKEN_BYTES, headers=headers)
    if answer.status in (401, 403):
        raise Denied("the registry does not take this login", where=registry, todo=f"docker login {registry}")
    if answer.status != 200:
        raise PeerFailed(f"the token server answered {answer.status}", where=realm)
    return f"Bearer {_token_of(answer, realm)}"


async def _refreshed(transport: Transport, realm: str, service: str, scope: str, token: str) -> Response:
    form = {"grant_type": "refresh_token", "service": service, "client_id": _CLIENT, "scope": scope}
    body = urlencode(form | {"refresh_token": token}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return await transport.send("POST", realm, limit=MAX_TOKEN_BYTES, body=body, headers=headers)


def _token_of(answer: Response, realm: str) -> str:
    fields = Fields(decode_json(answer.body, limit=MAX_TOKEN_BYTES, where=realm), realm)
    token = fields.text("token", limit=MAX_TOKEN_BYTES, default="")
    token = token or fields.text("access_token", limit=MAX_TOKEN_BYTES, default="")
    if not token or any(not 0x21 <= ord(char) < 0x7F for char in token):
        raise PeerFailed("the token server gave no token", where=realm)
    return token
