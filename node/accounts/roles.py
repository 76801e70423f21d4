"""Roles: what a person may do, from nothing to everything. They are compared with `>=`."""

from __future__ import annotations

from enum import IntEnum

from ...schemas.errors import BadInput


class Role(IntEnum):
    """What a person may do; each role may do what those before it may.

    A maintainer moderates what people write, sees reports and the audit log, and starts pulls of mirrors. An admin
    decides about people, tokens, trust and quotas.
    """

    NONE = 0
    READER = 1
    PUBLISHER = 2
    MAINTAINER = 3
    ADMIN = 4

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
        told = ", ".join(role.word for role in cls)
        raise BadInput(f"{word[:40]!r} is not a role", where="role", todo=f"Roles: {told}")
