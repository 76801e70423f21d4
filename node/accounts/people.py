"""People: an identity, the provider that vouches for it, and a role. Not their passwords, tokens or sessions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...schemas.errors import Denied, NotFound
from ..storage.database import Database
from .roles import Role


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the hub knows. `issuer` is empty for the hub's own users, else the provider they sign in at."""

    identity: str
    issuer: str
    role: Role
    created: int


class People:
    """All people of the hub. An identity is compared exactly, and belongs to one provider."""

    def __init__(self, database: Database, clock: Callable[[], int]) -> None:
        self._database = database
        self._clock = clock

    def find(self, identity: str) -> Person | None:
        """The person of this identity."""
        row = self._database.row("SELECT identity, issuer, role, created FROM people WHERE identity = ?", identity)
        return _person(row) if row else None

    def all(self, *, limit: int = 10_000) -> list[Person]:
        """Everybody, by identity."""
        rows = self._database.rows(
            "SELECT identity, issuer, role, created FROM people ORDER BY identity LIMIT ?", limit
        )
        return [_person(row) for row in rows]

    def page(self, text: str, *, after: str, limit: int) -> list[Person]:
        """Those whose identity holds `text` (upper or lower case) and comes after another, by identity."""
        rows = self._database.rows(
            "SELECT identity, issuer, role, created FROM people"
            " WHERE identity > ? AND instr(lower(identity), lower(?)) ORDER BY identity LIMIT ?",
            *(after, text, limit),
        )
        return [_person(row) for row in rows]

    def counts(self) -> dict[Role, int]:
        """How many people have each role."""
        rows = self._database.rows("SELECT role, count(*) FROM people GROUP BY role")
        return {Role.read(str(role)): int(count) for role, count in rows}

    def meet(self, identity: str, *, issuer: str, newcomer: Role) -> Person:
        """The person who signs in with the word of `issuer`; a newcomer gets that role.

        Raises: Denied when another provider vouches for this identity, or the account is closed.
        """
        self._database.write(
            "INSERT OR IGNORE INTO people (identity, issuer, role, created) VALUES (?, ?, ?, ?)",
            *(identity, issuer, newcomer.word, self._clock()),
        )
        found = self.find(identity)
        if found is None or found.issuer != issuer:
            raise Denied("this identity belongs to somebody who signs in elsewhere", todo="Ask the hub's operator.")
        if found.role is Role.NONE:
            raise Denied("this account is closed", todo="Ask the hub's operator.")
        return found

    def raise_to(self, identity: str, role: Role) -> Role:
        """Give somebody at least this role, whether known or new; tells the role that they have now."""
        found = self.find(identity)
        if found is not None and found.role >= role:
            return found.role
        self._database.write(
            "INSERT INTO people (identity, issuer, role, created) VALUES (?, '', ?, ?)"
            " ON CONFLICT (identity) DO UPDATE SET role = excluded.role",
            *(identity, role.word, self._clock()),
        )
        return role

    def set_role(self, identity: str, role: Role, *, issuer: str | None = None) -> None:
        """Give somebody another role, and another provider where one is named. Raises: NotFound."""
        changed = self._database.write(
            "UPDATE people SET role = ?, issuer = coalesce(?, issuer) WHERE identity = ?", role.word, issuer, identity
        )
        if not changed:
            raise NotFound("nobody here has this identity", where=identity, todo="See `ebpfhub user list`.")


def _person(row: tuple[object, ...]) -> Person:
    identity, issuer, role, created = row
    return Person(str(identity), str(issuer), Role.read(str(role)), int(str(created)))
