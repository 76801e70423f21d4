"""Roles: what a caller may do, from nothing to everything. They are compared with `>=`."""

from __future__ import annotations

from enum import IntEnum

from ...schemas.errors import BadInput


class Role(IntEnum):
    """What a caller may do; each role may do what those before it may."""

    NONE = 0
    READER = 1
    PUBLISHER = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        """How the command line and the database spell it."""
        return self.name.lower()

    @classmethod
    def read(cls, word: str) -> Role:
        """Read a role's word. Raises: BadInput."""
        for role in cls:
            if role.word == word:
                return role
        raise BadInput(f"{word[:40]!r} is not a role", where="role", todo="Roles: reader, publisher, admin")
