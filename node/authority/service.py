"""What the routes of the embedded authority work with: keys, log, accounts, limits. Not a route itself.

The log and the accounts are seams: the hub brings them (federation/log, node/accounts).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from aiohttp import web

from ...signing.authority.keys import AuthorityKeys
from ...signing.authority.log_entry import LoggedEntry
from ...signing.authority.subject import Subject
from .audit import Audit
from .codes import CodeStore
from .devices import DeviceStore
from .providers import Providers
from .rates import RateLimit
from .tickets import TicketKey

MAX_PASSWORD_CHECKS = 2  # at a time: each costs much memory and a core


class EntryLog(Protocol):
    """The authority's own Rekor log: RFC 6962 hashing, tiles of C2SP tlog-tiles, checkpoints signed with `keys.log`."""

    async def append(self, entry: bytes) -> LoggedEntry:
        """Add `entry` (at most 65,535 bytes) and answer once a durable signed checkpoint covers it.

        Raises: StorageFailed, PeerFailed.
        """

    async def read(self, path: str) -> bytes | None:
        """Read `checkpoint`, `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`; None if it is not there."""


class Accounts(Protocol):
    """Local users. An identity is compared exactly: what is typed here will stand in the certificate."""

    async def check_password(self, identity: str, password: str) -> bool:
        """Tell whether this is the password of an active user, in about the same time for unknown ones."""

    async def knows(self, identity: str) -> bool:
        """Tell whether there is such a user."""

    async def identity_of_token(self, token: str) -> str | None:
        """The identity (e-mail or URI) whose hub token this is, or None."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Token buckets: by client address for each service, and by identity."""

    login: RateLimit = field(default_factory=lambda: RateLimit(per_second=0.2, burst=20))
    login_identity: RateLimit = field(default_factory=lambda: RateLimit(per_second=0.05, burst=10))
    token: RateLimit = field(default_factory=lambda: RateLimit(per_second=1, burst=60))
    certificate: RateLimit = field(default_factory=lambda: RateLimit(per_second=2, burst=120))
    certificate_identity: RateLimit = field(default_factory=lambda: RateLimit(per_second=1, burst=60))
    entry: RateLimit = field(default_factory=lambda: RateLimit(per_second=5, burst=300))
    timestamp: RateLimit = field(default_factory=lambda: RateLimit(per_second=5, burst=300))


def peer_address(request: web.Request) -> str:
    """The address of the TCP peer: right without a proxy, the proxy's own behind one."""
    return request.remote or ""


@dataclass(frozen=True, slots=True)
class AuthorityService:
    """One authority as it is served. `base_url` is where clients reach this hub, without a final slash.

    `client_address` names a request's client for the limits; behind a proxy the hub gives one that reads its header.
    Sign-ins in progress are kept in memory: a restart, or another process, makes people sign in again.
    """

    keys_now: Callable[[], AuthorityKeys]
    base_url: str
    log: EntryLog
    accounts: Accounts
    audit: Audit
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    client_address: Callable[[web.Request], str] = peer_address
    limits: Limits = field(default_factory=Limits)
    codes: CodeStore = field(default_factory=CodeStore)
    devices: DeviceStore[None, Subject] = field(default_factory=DeviceStore)
    tickets: TicketKey = field(default_factory=TicketKey)
    providers: Providers = field(default_factory=Providers)
    password_gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_PASSWORD_CHECKS))

    @property
    def keys(self) -> AuthorityKeys:
        """The keys that serve now; a rotation changes them while requests are answered."""
        return self.keys_now()

    @property
    def own_redirect(self) -> str:
        """Where the hub's own pages take the answers of sign-ins."""
        return f"{self.base_url}/login/callback"


SERVICE = web.AppKey("authority", AuthorityService)
