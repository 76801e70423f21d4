"""Who calls: reads the credentials of a request, Basic (any user name, a token as password) or Bearer."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from aiohttp import hdrs, web

from .rights import Caller, LoginNeeded
from .roles import Role
from .tokens import Tokens

MAX_HEADER_CHARS = 16 * 1024
_NO_PASSWORD = "basic og=="  # noqa: S105 (an empty name and password, as some clients send without a login)


class TokenGatekeeper:
    """The Gatekeeper over hub tokens. On an open hub one may read without credentials, on a closed one nothing."""

    def __init__(self, tokens: Tokens, clock: Callable[[], int], *, closed: bool = False) -> None:
        self._tokens = tokens
        self._clock = clock
        self._nobody = Caller(None, Role.NONE if closed else Role.READER)

    async def caller(self, request: web.Request) -> Caller:
        """Tell who sends this. Raises: LoginNeeded."""
        header = request.headers.get(hdrs.AUTHORIZATION, "")
        if not header or header.lower() == _NO_PASSWORD:
            return self._nobody
        return self._tokens.holder(read_token(header), now=self._clock())

    def again(self, key: str) -> Caller:
        """What the token of this id allows now. Raises: LoginNeeded."""
        return self._tokens.again(key, now=self._clock()) if key else self._nobody


def read_token(header: str) -> str:
    """The secret of an Authorization header. Raises: LoginNeeded."""
    scheme, _, value = header.partition(" ")
    if len(header) > MAX_HEADER_CHARS:
        raise LoginNeeded("the Authorization header is too long")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, ValueError) as error:
            raise LoginNeeded("the Basic credentials are malformed") from error
    raise LoginNeeded("credentials are Basic or Bearer")
