"""Short-lived bearer tokens of the registry: who, and which actions on which repositories (JWT).

Distribution, "Token Authentication Specification" and "… Implementation". Their key is in memory: clients ask anew
after a restart. A bearer names the hub token that it was made of, whose end is its end too.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import jwt

from ...schemas.errors import BadInput
from ...schemas.fields import Fields
from ..accounts.rights import LoginNeeded
from .actions import Action
from .names import MAX_NAME_CHARS

LIFE = 300  # seconds
MAX_SCOPES = 32  # in one request
_ALGORITHM = "HS256"
_SCOPE = re.compile(r"repository(?:\([a-z0-9]+\))?:([a-z0-9._/-]{1,255}):([a-z*,]{1,64})")
Grants = Mapping[str, frozenset[Action]]


@dataclass(frozen=True, slots=True)
class Bearer:
    """What a bearer token says: the credential that it was made of (empty: none), and actions by repository."""

    key: str
    grants: Grants


class Bearers:
    """Gives and reads the bearer tokens of one registry."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._secret = secrets.token_bytes(32)

    def give(self, bearer: Bearer, identity: str | None) -> str:
        """Make a token that is valid for LIFE seconds."""
        now = int(time.time())
        access = [
            {"type": "repository", "name": name, "actions": sorted(actions)} for name, actions in bearer.grants.items()
        ]
        claims = {"iss": self._origin, "aud": self._origin, "sub": identity or "", "iat": now, "nbf": now}
        claims |= {"exp": now + LIFE, "jti": secrets.token_hex(8), "key": bearer.key, "access": access}
        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM)

    def read(self, text: str) -> Bearer | None:
        """Read a token; None for other kinds, such as a hub token. Raises: LoginNeeded for one that is over."""
        if text.count(".") != 2:
            return None
        try:
            claims = jwt.decode(text, self._secret, [_ALGORITHM], audience=self._origin, issuer=self._origin)
        except jwt.PyJWTError as error:
            raise LoginNeeded("the bearer token is over, or not from here") from error
        fields = Fields(claims, "bearer")
        return Bearer(
            fields.text("key", limit=64), dict(_grant(item) for item in fields.maps("access", limit=MAX_SCOPES))
        )


def asked_for(scopes: Iterable[str]) -> dict[str, frozenset[Action]]:
    """Actions by repository that `scope` parameters ask for; other kinds of things are left out. Raises: BadInput."""
    words = [word for text in scopes for word in text.split()]
    if len(words) > MAX_SCOPES:
        raise BadInput(f"asks for more than {MAX_SCOPES} scopes", where="scope")
    asked: dict[str, frozenset[Action]] = {}
    for match in filter(None, map(_SCOPE.fullmatch, words)):
        actions = set(match[2].split(","))
        wanted = frozenset(action for action in Action if action in actions or "*" in actions)
        asked[match[1]] = asked.get(match[1], frozenset()) | wanted
    return asked


def _grant(fields: Fields) -> tuple[str, frozenset[Action]]:
    actions = fields.texts("actions", count=len(Action), limit=16)
    return fields.text("name", limit=MAX_NAME_CHARS), frozenset(map(Action, actions))
