"""Local users of the embedded authority: an identity and a hashed password."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ...schemas.errors import Denied
from ..storage.database import Database
from .passwords import check_password, hash_password
from .people import People
from .rights import PUBLISHING
from .roles import Role
from .tokens import Tokens, check_identity


class Users:
    """All local users; also the authority's `Accounts`."""

    def __init__(self, database: Database, people: People, tokens: Tokens, clock: Callable[[], int]) -> None:
        self._database = database
        self._people = people
        self._tokens = tokens
        self._clock = clock

    def set_password(self, identity: str, password: str) -> None:
        """Make a user, or give one a new password. Blocking (a tenth of a second). Raises: BadInput, Denied."""
        known = self._people.find(check_identity(identity))
        if known is not None and known.issuer:
            raise Denied(f"{identity} signs in at {known.issuer}, and has no password here")
        self._database.write(
            "INSERT INTO users (identity, password, created) VALUES (?, ?, ?)"
            " ON CONFLICT (identity) DO UPDATE SET password = excluded.password",
            *(identity, hash_password(password), self._clock()),
        )
        if known is None:
            self._people.raise_to(identity, Role.READER)

    async def check_password(self, identity: str, password: str) -> bool:
        """Tell whether a user whose account is open has this password; unknown users cost the same time."""
        row = self._database.row(
            "SELECT u.password FROM users u JOIN people p ON p.identity = u.identity"
            " WHERE u.identity = ? AND p.role <> 'none' AND p.issuer = ''",
            identity,
        )
        return await asyncio.to_thread(check_password, password, str(row[0]) if row else "")

    async def knows(self, identity: str) -> bool:
        """Tell whether there is such a user."""
        return self._database.row("SELECT 1 FROM users WHERE identity = ?", identity) is not None

    async def identity_of_token(self, token: str) -> str | None:
        """Whom a hub token stands for that may publish, or None: only who may publish may sign."""
        try:
            holder = self._tokens.holder(token, now=self._clock())
        except Denied:
            return None
        return holder.identity if holder.may(PUBLISHING) else None
