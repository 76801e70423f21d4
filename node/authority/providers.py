"""Outside OpenID providers that the operator named: their keys, fetched when needed and kept for a while.

Keys are fetched anew after a quarter of an hour, or for a key that is not known, at most once in ten seconds. That a
provider does not answer is no reason to refuse what its keys of the last day verify.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from ...federation.transport import Transport, check_url
from ...schemas.codec import decode_json
from ...schemas.errors import BadInput, HubError, PeerFailed
from ...schemas.fields import Fields
from ...signing.authority.outside_tokens import (
    MAX_KEY_SET_BYTES,
    KeySet,
    claimed_issuer,
    key_id,
    read_key_set,
    verify_outside_token,
)
from ...signing.authority.provider import Provider
from ...signing.authority.tokens import TokenClaims

FRESH_SECONDS = 900.0
STALE_SECONDS = 24 * 3600.0
AGAIN_SECONDS = 10.0
FETCH_SECONDS = 10.0
MAX_DOCUMENT_BYTES = 64 * 1024
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Held:
    provider: Provider
    keys: KeySet = field(default_factory=dict)
    fetched: float = float("-inf")
    tried: float = float("-inf")
    fetching: asyncio.Lock = field(default_factory=asyncio.Lock)


class Providers:
    """All providers of one authority, by issuer."""

    def __init__(self, providers: Iterable[Provider] = ()) -> None:
        self._held = {provider.issuer: _Held(provider) for provider in providers}

    @property
    def first(self) -> str:
        """The issuer where people sign in; empty when there is none."""
        return next(iter(self._held), "")

    def speak_for(self, raw: str) -> bool:
        """Tell whether a token claims to be one of theirs."""
        return claimed_issuer(raw) in self._held

    async def verify(self, raw: str, now: datetime) -> TokenClaims:
        """Check a token against the keys of the provider whose it claims to be. Raises: Denied, PeerFailed."""
        held = self._held[claimed_issuer(raw)]
        async with held.fetching:
            if self._is_due(held, key_id(raw)):
                await self._fetch(held)
        return verify_outside_token(held.provider, held.keys, raw, now)

    def _is_due(self, held: _Held, key: str) -> bool:
        moment = time.monotonic()
        wanted = key not in held.keys or moment - held.fetched > FRESH_SECONDS
        return wanted and moment - held.tried > AGAIN_SECONDS

    async def _fetch(self, held: _Held) -> None:
        held.tried = time.monotonic()
        try:
            async with asyncio.timeout(FETCH_SECONDS), Transport() as transport:
                held.keys = await _keys(transport, held.provider.issuer)
            held.fetched = held.tried
        except (HubError, TimeoutError) as error:
            if held.tried - held.fetched > STALE_SECONDS:
                raise PeerFailed("the identity provider's keys cannot be read", where=held.provider.issuer) from error
            _log.warning("%s does not give its keys, the known ones are used: %s", held.provider.issuer, error)


async def _keys(transport: Transport, issuer: str) -> KeySet:
    url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    document = decode_json(await transport.get(url, limit=MAX_DOCUMENT_BYTES), limit=MAX_DOCUMENT_BYTES, where=url)
    about = Fields(document, url)
    if about.text("issuer", limit=512) != issuer:  # OpenID Connect Discovery 1.0 section 4.3
        raise BadInput(f"is not of {issuer}", where=about.at("issuer"))
    place = check_url(about.text("jwks_uri", limit=2048))
    return read_key_set(await transport.get(place, limit=MAX_KEY_SET_BYTES), where=place)
