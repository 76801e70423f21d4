"""Who calls, of people in browsers too: by the session in their cookie, where there are no other credentials."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import hdrs, web

from .gatekeeper import TokenGatekeeper
from .people import People
from .rights import Caller
from .roles import Role
from .scopes import Scope, Scopes
from .sessions import LIFE, Sessions, form_token


class Browsers:
    """The Gatekeeper of everything but the registry, which knows no cookies."""

    def __init__(
        self, gatekeeper: TokenGatekeeper, sessions: Sessions, people: People, clock: Callable[[], int], *, secure: bool
    ) -> None:
        self._gatekeeper, self._sessions, self._people = gatekeeper, sessions, people
        self._clock = clock
        self._secure = secure
        # browsers take a cookie of this prefix from https and for the whole host only: no neighbour can set it
        self.cookie = "__Host-ebpfhub" if secure else "ebpfhub_session"

    async def caller(self, request: web.Request) -> Caller:
        """Tell who sends this. A session that is over is nobody's. Raises: LoginNeeded for wrong credentials."""
        secret = request.cookies.get(self.cookie, "")
        if hdrs.AUTHORIZATION in request.headers or not secret:
            return await self._gatekeeper.caller(request)
        session = self._sessions.find(secret, now=self._clock())
        person = self._people.find(session.identity) if session else None
        if session is None or person is None or person.role is Role.NONE:
            return await self._gatekeeper.caller(request)
        scopes = Scopes(Scopes.of_role(person.role).kinds | {Scope.ACCOUNT, Scope.COMMENT})
        return Caller(person.identity, person.role, scopes, session.id, form_token(secret))

    def again(self, key: str) -> Caller:
        """What the token of this id allows now. Raises: LoginNeeded."""
        return self._gatekeeper.again(key)

    def keep(self, answer: web.StreamResponse, secret: str) -> None:
        """Give a browser its session."""
        answer.set_cookie(
            self.cookie, secret, max_age=LIFE, path="/", secure=self._secure, httponly=True, samesite="Lax"
        )

    def forget(self, answer: web.StreamResponse) -> None:
        """Take a browser's session away."""
        answer.del_cookie(self.cookie, path="/", secure=self._secure, httponly=True, samesite="Lax")
