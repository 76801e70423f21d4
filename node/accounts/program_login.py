"""A program's login: what `ecli login` asks for, and what a signed-in person grants (RFC 8628). Not the HTTP of it."""

from __future__ import annotations

from dataclasses import dataclass

from ...schemas.errors import BadInput
from ...schemas.fields import Fields
from .rights import Caller
from .scopes import MAX_SCOPES, Scope, Scopes
from .tokens import MAX_NAME_CHARS

DAY = 24 * 3600
MAX_DAYS = 365
DEFAULT_DAYS = 30


@dataclass(frozen=True, slots=True)
class ProgramLogin:
    """The token that a program wants: scopes, days of life, and a name that its person may recognise."""

    scopes: Scopes
    days: int
    name: str

    @classmethod
    def read(cls, fields: Fields) -> ProgramLogin:
        """Read a request. Raises: BadInput."""
        words = fields.text("scope", limit=MAX_SCOPES * 80, default="read publish").split()
        scopes = Scopes.read(words)
        if Scope.ACCOUNT in scopes.kinds:
            raise BadInput("is for the account's own pages only", where="scope")
        days = fields.text("days", limit=4, default=str(DEFAULT_DAYS))
        if not days.isascii() or not days.isdigit() or not 0 < int(days) <= MAX_DAYS:
            raise BadInput(f"must be 1 to {MAX_DAYS}", where="days")
        name = fields.text("name", limit=MAX_NAME_CHARS, default="ecli")
        if not name.isprintable():
            raise BadInput("must be printable", where="name")
        return cls(scopes, int(days), name)


@dataclass(frozen=True, slots=True)
class Approved:
    """What a person granted."""

    identity: str
    wanted: ProgramLogin


def grantable(scopes: Scopes, caller: Caller) -> Scopes:
    """The part of `scopes` that the caller's role gives: nobody grants what they do not have."""
    kinds = frozenset(kind for kind in scopes.kinds if not Scopes(frozenset({kind})).beyond(caller.role))
    return Scopes(
        kinds, frozenset() if Scopes(frozenset(), scopes.namespaces).beyond(caller.role) else scopes.namespaces
    )
