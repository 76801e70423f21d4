"""What sign-in, account pages and the account's part of the API work with, in one value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from ...schemas.identity import Owner
from ..authority.audit import Audit, Record, What
from ..authority.devices import DeviceStore
from ..authority.rates import RateLimit
from .browsers import Browsers
from .pending import Pending
from .people import People
from .program_login import Approved, ProgramLogin
from .roles import Role
from .sessions import Sessions
from .tokens import Tokens
from .ways import Way


@dataclass(frozen=True, slots=True)
class Limits:
    """Token buckets by client address."""

    sign_in: RateLimit = field(default_factory=lambda: RateLimit(per_second=0.5, burst=30))
    program: RateLimit = field(default_factory=lambda: RateLimit(per_second=1, burst=60))


@dataclass(frozen=True, slots=True)
class AccountService:
    """Accounts as they are served. `ways` are the providers at which people sign in, `newcomers` the role of new ones.

    `namespaces` tells what an identity owns, `owners` who has a namespace. Sign-ins on their way are in memory: a
    restart makes people begin again.
    """

    url: str
    people: People
    tokens: Tokens
    sessions: Sessions
    browsers: Browsers
    ways: tuple[Way, ...]
    newcomers: Role
    namespaces: Callable[[str], list[str]]
    owners: Callable[[str], Sequence[Owner]]
    clock: Callable[[], int]
    audit: Audit
    limits: Limits = field(default_factory=Limits)
    pending: Pending = field(default_factory=Pending)
    programs: DeviceStore[ProgramLogin, Approved] = field(default_factory=DeviceStore)

    async def record(self, request: web.Request, what: What, who: str, *, issuer: str = "", **about: str) -> None:
        """Record what somebody has done. Raises: StorageFailed."""
        await self.audit.given(Record(what, request.remote or "", who, issuer, about))


ACCOUNTS = web.AppKey("accounts", AccountService)
