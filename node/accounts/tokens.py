"""Hub tokens: `ebh_<id>_<secret>`; the database keeps only the secret's SHA-256. Looked up at every request."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from ...schemas.errors import BadInput, Denied
from ...schemas.identity import MAX_IDENTITY_CHARS
from ..storage.database import Database
from .roles import Role

DEFAULT_LIFE = 90 * 24 * 3600  # seconds
_TOKEN = re.compile(r"ebh_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
_IDENTITY = re.compile(r"[^\s@*<>\"']+@[^\s@*<>\"']+|https?://[^\s*<>\"']+")


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """Whom a valid token stands for."""

    identity: str
    role: Role


class Tokens:
    """All tokens of the hub."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, identity: str, role: Role, *, now: int, life: int = DEFAULT_LIFE) -> str:
        """Make a token that is valid for `life` seconds; it is shown once. Raises: BadInput, StorageFailed."""
        check_identity(identity)
        name, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
        self._database.write(
            "INSERT INTO tokens (id, secret, identity, role, created, expires) VALUES (?, ?, ?, ?, ?, ?)",
            *(name, _hash(secret), identity, role.word, now, now + life),
        )
        return f"ebh_{name}_{secret}"

    def holder(self, token: str, *, now: int) -> TokenHolder:
        """Whom a token stands for. Raises: Denied when it is unknown, expired or revoked."""
        match = _TOKEN.fullmatch(token)
        row = match and self._database.row(
            "SELECT secret, identity, role, expires, revoked FROM tokens WHERE id = ?", match[1]
        )
        if not match or not row or not hmac.compare_digest(bytes(row[0]), _hash(match[2])):
            raise Denied("the token is not known here", todo="Log in again with `ecli login`.")
        if row[4] is not None or int(row[3]) <= now:
            raise Denied("the token has expired or was revoked", todo="Log in again with `ecli login`.")
        return TokenHolder(str(row[1]), Role.read(row[2]))

    def roles(self, identity: str, *, now: int) -> set[Role]:
        """Roles of the identity's valid tokens."""
        rows = self._database.rows(
            "SELECT DISTINCT role FROM tokens WHERE identity = ? AND expires > ? AND revoked IS NULL", identity, now
        )
        return {Role.read(row[0]) for row in rows}


def check_identity(identity: str) -> str:
    """Check an identity: an e-mail address or a URI. Raises: BadInput."""
    if len(identity) > MAX_IDENTITY_CHARS or not _IDENTITY.fullmatch(identity):
        raise BadInput(
            f"{identity[:80]!r} is not an identity", where="identity", todo="For example publisher@example.org"
        )
    return identity


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
