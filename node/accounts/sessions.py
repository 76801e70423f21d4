"""Sessions of browsers: a random secret in a cookie, its SHA-256 in the database. They end when idle, or old."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass

from ..storage.database import Database, Row

IDLE = 12 * 3600  # seconds without a request
LIFE = 7 * 24 * 3600  # seconds after the sign-in
TOUCH = 60  # how exactly the last request is known
MAX_SESSIONS = 20  # of one identity; the oldest ends
MAX_AGENT_CHARS = 160
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which somebody is signed in. `id` is shown to its owner, and is no secret."""

    id: str
    identity: str
    created: int
    used: int
    agent: str
    address: str


class Sessions:
    """All sessions of the hub."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, identity: str, *, agent: str, address: str, now: int) -> str:
        """Begin a session; tells its secret, for the cookie. Raises: StorageFailed."""
        secret = secrets.token_urlsafe(32)
        told = "".join(char for char in agent if char.isprintable())[:MAX_AGENT_CHARS]
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM sessions WHERE used <= ? OR created <= ?", (now - IDLE, now - LIFE))
            connection.execute(
                "INSERT INTO sessions (id, secret, identity, created, used, agent, address)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (secrets.token_hex(8), _hash(secret), identity, now, now, told, address),
            )
            connection.execute(
                "DELETE FROM sessions WHERE identity = ? AND id NOT IN"
                " (SELECT id FROM sessions WHERE identity = ? ORDER BY created DESC, rowid DESC LIMIT ?)",
                (identity, identity, MAX_SESSIONS),
            )
        return secret

    def find(self, secret: str, *, now: int) -> Session | None:
        """The session of a cookie; None when there is none, or it is over."""
        if not _SECRET.fullmatch(secret):
            return None
        row = self._database.row(f"{_SELECT} WHERE secret = ?", _hash(secret))
        found = _session(row) if row else None
        if found is None or now - found.used >= IDLE or now - found.created >= LIFE:
            return None
        if now - found.used >= TOUCH:
            self._database.write("UPDATE sessions SET used = ? WHERE id = ?", now, found.id, durable=False)
        return found

    def of(self, identity: str, *, now: int) -> list[Session]:
        """Somebody's sessions that are not over, the newest first."""
        rows = self._database.rows(f"{_SELECT} WHERE identity = ? ORDER BY created DESC, id", identity)
        found = [_session(row) for row in rows]
        return [item for item in found if now - item.used < IDLE and now - item.created < LIFE]

    def end(self, session_id: str, *, identity: str) -> bool:
        """End one of somebody's sessions; tells whether there was one."""
        return bool(self._database.write("DELETE FROM sessions WHERE id = ? AND identity = ?", session_id, identity))

    def end_others(self, identity: str, *, but: str) -> int:
        """End all of somebody's sessions but one; tells how many."""
        return self._database.write("DELETE FROM sessions WHERE identity = ? AND id <> ?", identity, but)


def form_token(secret: str) -> str:
    """What forms of this session hold, so that no other site can send them; it does not tell the secret."""
    return hashlib.sha256(b"form\n" + secret.encode()).hexdigest()


_SELECT = "SELECT id, identity, created, used, agent, address FROM sessions"


def _session(row: Row) -> Session:
    found, identity, created, used, agent, address = row
    return Session(str(found), str(identity), int(created), int(used), str(agent or ""), str(address or ""))


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
