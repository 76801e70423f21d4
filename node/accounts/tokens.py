"""Hub tokens: `ebh_<id>_<secret>`; the database keeps only the secret's SHA-256. Looked up at every request."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from ...schemas.errors import BadInput, Conflict, NotFound
from ...schemas.identity import MAX_IDENTITY_CHARS
from ..storage.database import Database, Row
from .rights import Caller, LoginNeeded
from .roles import Role
from .scopes import Scopes

DEFAULT_LIFE = 90 * 24 * 3600  # seconds
MIN_LIFE = 60
MAX_LIFE = 5 * 365 * 24 * 3600
MAX_NAME_CHARS = 80
MAX_TOKENS = 200  # valid ones of one identity
USED_SECONDS = 600  # how exactly the last use is known
_AGAIN = "Log in again with `ecli login`."
_TOKEN = re.compile(r"ebh_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
_ID = re.compile(r"[0-9a-f]{16}")
_IDENTITY = re.compile(r"[^\s@*<>\"']+@[^\s@*<>\"']+|https?://[^\s*<>\"']+")


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What is known of a token besides its secret. Times are Unix seconds; `used` is 0 before the first use."""

    id: str
    identity: str
    name: str
    scopes: Scopes
    created: int
    expires: int
    used: int
    revoked: int

    def valid(self, now: int) -> bool:
        """Tell whether it has neither expired nor been revoked."""
        return not self.revoked and now < self.expires


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token as it is told once: its secret is kept nowhere."""

    text: str
    facts: TokenFacts


class Tokens:
    """All tokens of the hub."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, identity: str, scopes: Scopes, *, now: int, name: str = "", life: int = DEFAULT_LIFE) -> NewToken:
        """Make a token that is valid for `life` seconds. Raises: BadInput, Conflict (too many), StorageFailed."""
        check_identity(identity)
        if len(name) > MAX_NAME_CHARS or not name.isprintable():
            raise BadInput(f"must have at most {MAX_NAME_CHARS} printable characters", where="name")
        if not MIN_LIFE <= life <= MAX_LIFE:
            raise BadInput(f"must be {MIN_LIFE} to {MAX_LIFE} seconds", where="life")
        if sum(held.valid(now) for held in self.of(identity)) >= MAX_TOKENS:
            raise Conflict(f"{identity} has {MAX_TOKENS} tokens", todo="Revoke some of them.")
        made = TokenFacts(secrets.token_hex(8), identity, name, scopes, now, now + life, 0, 0)
        secret = secrets.token_urlsafe(32)
        self._database.write(
            "INSERT INTO tokens (id, secret, identity, role, created, expires, name, scopes)"
            " VALUES (?, ?, ?, '', ?, ?, ?, ?)",
            *(made.id, _hash(secret), identity, now, made.expires, name, " ".join(scopes.words)),
        )
        return NewToken(f"ebh_{made.id}_{secret}", made)

    def holder(self, token: str, *, now: int) -> Caller:
        """Whom a token stands for, and what it allows. Raises: LoginNeeded when it is unknown, expired or revoked."""
        match = _TOKEN.fullmatch(token)
        row = self._row(match[1]) if match else None
        if not match or not row or not hmac.compare_digest(bytes(row[0]), _hash(match[2])):
            raise LoginNeeded("the token is not known here", todo=_AGAIN)
        return self._caller(match[1], row, now)

    def again(self, token_id: str, *, now: int) -> Caller:
        """What the token of this id allows now, for what was made of it. Raises: LoginNeeded."""
        row = self._row(token_id)
        if row is None:
            raise LoginNeeded("the token is not known here", todo=_AGAIN)
        return self._caller(token_id, row, now)

    def of(self, identity: str | None = None) -> list[TokenFacts]:
        """The tokens of somebody, or of everybody, the newest first, those that are over too."""
        rows = self._database.rows(
            "SELECT id, identity, name, scopes, created, expires, used, revoked FROM tokens"
            " WHERE ?1 IS NULL OR identity = ?1 ORDER BY created DESC, id",
            identity,
        )
        return [_facts(row) for row in rows]

    def revoke(self, token_id: str, *, now: int, identity: str | None = None) -> TokenFacts:
        """End a token: of `identity` where that is named. Raises: NotFound."""
        found = [held for held in self.of(identity) if held.id == token_id] if _ID.fullmatch(token_id) else []
        if not found:
            raise NotFound("there is no such token", where="token")
        self._database.write("UPDATE tokens SET revoked = ? WHERE id = ? AND revoked IS NULL", now, token_id)
        return found[0]

    def revoke_all(self, identity: str, *, now: int) -> int:
        """End all tokens of somebody; tells how many."""
        sql = "UPDATE tokens SET revoked = ? WHERE identity = ? AND revoked IS NULL AND expires > ?"
        return self._database.write(sql, now, identity, now)

    def _row(self, token_id: str) -> Row | None:
        return self._database.row(
            "SELECT t.secret, t.identity, t.scopes, t.expires, t.revoked, t.used, p.role"
            " FROM tokens t JOIN people p ON p.identity = t.identity WHERE t.id = ?",
            token_id,
        )

    def _caller(self, token_id: str, row: Row, now: int) -> Caller:
        _, identity, scopes, expires, revoked, used, word = row
        role = Role.read(word)
        if revoked is not None or int(expires) <= now:
            raise LoginNeeded("the token has expired or was revoked", todo=_AGAIN)
        if role is Role.NONE:
            raise LoginNeeded("this account is closed", todo="Ask the hub's operator.")
        if now - int(used or 0) >= USED_SECONDS:
            self._database.write("UPDATE tokens SET used = ? WHERE id = ?", now, token_id, durable=False)
        return Caller(str(identity), role, Scopes.read(str(scopes).split()), token_id)


def check_identity(identity: str) -> str:
    """Check an identity: an e-mail address or a URI. Raises: BadInput."""
    if len(identity) > MAX_IDENTITY_CHARS or not _IDENTITY.fullmatch(identity):
        raise BadInput(
            f"{identity[:80]!r} is not an identity", where="identity", todo="For example publisher@example.org"
        )
    return identity


def _facts(row: Row) -> TokenFacts:
    found, identity, name, scopes, *times = row
    created, expires, used, revoked = (int(time or 0) for time in times)
    read = Scopes.read(str(scopes).split())
    return TokenFacts(str(found), str(identity), str(name), read, created, expires, used, revoked)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
