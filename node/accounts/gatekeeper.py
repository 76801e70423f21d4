"""Who calls: reads the credentials of a request, Basic (any user name, a token as password) or Bearer."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from aiohttp import web

from ...schemas.errors import Denied
from ..registry.ports import Caller
from .roles import Role
from .tokens import Tokens

MAX_HEADER_CHARS = 4096


class TokenGatekeeper:
    """The registry's Gatekeeper over hub tokens; the hub is open: without credentials one may read."""

    def __init__(self, tokens: Tokens, clock: Callable[[], int]) -> None:
        self._tokens = tokens
        self._clock = clock

    async def caller(self, request: web.Request) -> Caller:
        """Tell who sends this. Raises: Denied."""
        header = request.headers.get("Authorization", "")
        if not header:
            return Caller(None, Role.READER)
        holder = self._tokens.holder(_token(header), now=self._clock())
        return Caller(holder.identity, holder.role)


def _token(header: str) -> str:
    scheme, _, value = header.partition(" ")
    if len(header) > MAX_HEADER_CHARS:
        raise Denied("the Authorization header is too long")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, ValueError) as error:
            raise Denied("the Basic credentials are malformed") from error
    raise Denied("credentials are Basic or Bearer")
