"""Ways to sign in: OpenID providers, the hub being their client (code flow with PKCE, S256; OpenID Connect Core 1.0).

The hub's own authority is one of them (authority/own_way.py).
"""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlencode, urlsplit

import jwt

from ...federation.transport import Transport, check_url
from ...schemas.codec import decode_json
from ...schemas.errors import BadInput, Denied, PeerFailed
from ...schemas.fields import Fields
from ..authority.providers import MAX_DOCUMENT_BYTES, Providers
from ..folder import read_secret
from .pending import Asked
from .provider import LoginProvider

FRESH_SECONDS = 900.0
MAX_ANSWER_BYTES = 64 * 1024
MAX_CODE_CHARS = 4096


class Way(Protocol):
    """One provider."""

    @property
    def name(self) -> str:
        """What people call it; empty for the hub's own users."""
        ...

    @property
    def issuer(self) -> str:
        """Who vouches for those who sign in; empty for the hub itself."""
        ...

    async def address(self, asked: Asked) -> str:
        """Where the browser goes. Raises: PeerFailed, BadInput."""
        ...

    async def identity(self, asked: Asked, code: str) -> str:
        """Who has signed in, by the code that came back. Raises: Denied, PeerFailed, BadInput."""
        ...


def authorization_query(asked: Asked, *, client: str, redirect: str) -> dict[str, str]:
    """The parameters of an authorization request (OpenID Connect Core 1.0 section 3.1.2.1)."""
    return {
        "response_type": "code",
        "client_id": client,
        "redirect_uri": redirect,
        "scope": "openid email",
        "state": asked.state,
        "nonce": asked.nonce,
        "code_challenge": asked.challenge,
        "code_challenge_method": "S256",
    }


@dataclass(frozen=True, slots=True)
class _Places:
    authorize: str
    token: str
    read: float


@dataclass(slots=True)
class OutsideWay:
    """A provider elsewhere. `redirect` is the hub's own address for answers, exactly as the provider knows it."""

    settings: LoginProvider
    redirect: str
    _places: _Places | None = None
    _keys: Providers = field(init=False)

    def __post_init__(self) -> None:
        self._keys = Providers((self.settings.provider,))

    @property
    def name(self) -> str:
        """The operator's name for it."""
        return self.settings.name

    @property
    def issuer(self) -> str:
        """Its issuer."""
        return self.settings.provider.issuer

    async def address(self, asked: Asked) -> str:
        """Its authorization endpoint, with the question."""
        async with Transport() as transport:
            place = (await self._where(transport)).authorize
        query = authorization_query(asked, client=self.settings.provider.client_id, redirect=self.redirect)
        return f"{place}{'&' if urlsplit(place).query else '?'}{urlencode(query)}"

    async def identity(self, asked: Asked, code: str) -> str:
        """Whom its identity token names, which must be new and for this sign-in."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect,
            "code_verifier": asked.verifier,
            "client_id": self.settings.provider.client_id,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        async with Transport() as transport:
            place = (await self._where(transport)).token
            answer = await transport.send(
                "POST", place, limit=MAX_ANSWER_BYTES, body=urlencode(form).encode(), headers=headers | self._secret()
            )
        if answer.status in (400, 401, 403):
            raise Denied("the provider takes the sign-in back", todo="Start again.")
        if answer.status != 200:
            raise PeerFailed(f"the provider answered {answer.status}", where=self.issuer)
        fields = Fields(decode_json(answer.body, limit=MAX_ANSWER_BYTES, where=place), place)
        raw = fields.text("id_token", limit=16384)
        if not self._keys.speak_for(raw):
            raise Denied("the identity token is another provider's")
        claims = await self._keys.verify(raw, datetime.now(UTC))
        if jwt.decode(raw, options={"verify_signature": False}).get("nonce") != asked.nonce:  # verified just before
            raise Denied("the identity token is of another sign-in", todo="Start again.")
        return claims.subject.text

    def _secret(self) -> dict[str, str]:
        """HTTP Basic with the client's secret (RFC 6749 section 2.3.1)."""
        if not self.settings.secret_file:
            return {}
        secret = read_secret(Path(self.settings.secret_file)).decode("ascii", "replace").strip()
        pair = f"{quote(self.settings.provider.client_id, safe='')}:{quote(secret, safe='')}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

    async def _where(self, transport: Transport) -> _Places:
        if self._places is None or time.monotonic() - self._places.read > FRESH_SECONDS:
            url = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
            document = decode_json(
                await transport.get(url, limit=MAX_DOCUMENT_BYTES), limit=MAX_DOCUMENT_BYTES, where=url
            )
            about = Fields(document, url)
            if about.text("issuer", limit=512) != self.issuer:  # OpenID Connect Discovery 1.0 section 4.3
                raise BadInput(f"is not of {self.issuer}", where=about.at("issuer"))
            authorize, token = (
                check_url(about.text(f"{name}_endpoint", limit=2048)) for name in ("authorization", "token")
            )
            self._places = _Places(authorize, token, time.monotonic())
        return self._places
