"""Upload sessions, as rows: whose they are and when they began. Their bytes and offset are the blob store's."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass

from .database import Database

EXPIRE_SECONDS = 24 * 3600  # an upload that was begun longer ago is dropped


@dataclass(frozen=True, slots=True)
class UploadSession:
    """One upload session. `identity` is its caller's, or empty."""

    id: str
    repository: str
    identity: str
    algorithm: str


class Uploads:
    """Rows of upload sessions; they survive restarts of the hub, not a crash of the machine.

    Raises (all methods): StorageFailed.
    """

    def __init__(self, database: Database) -> None:
        self._db = database

    def begin(self, repository: str, *, identity: str, algorithm: str) -> UploadSession:
        """Begin a session with a random id."""
        made = UploadSession(str(uuid.uuid4()), repository, identity, algorithm)
        values = (made.id, repository, identity, algorithm, int(time.time()))
        self._db.write("INSERT INTO uploads VALUES (?, ?, ?, ?, ?)", *values, durable=False)
        return made

    def get(self, upload_id: str, *, repository: str, identity: str) -> UploadSession | None:
        """The session, if it is this caller's in this repository and has not expired."""
        row = self._db.row(
            "SELECT id, repository, identity, algorithm FROM uploads"
            " WHERE id = ? AND repository = ? AND identity = ? AND started > ?",
            upload_id, repository, identity, time.time() - EXPIRE_SECONDS,
        )  # fmt: skip
        return UploadSession(*row) if row else None

    def count(self, identity: str) -> int:
        """How many sessions a caller has open."""
        row = self._db.row("SELECT COUNT(*) FROM uploads WHERE identity = ?", identity)
        return int(row[0]) if row else 0

    def end(self, upload_id: str) -> None:
        """Forget a session."""
        self._db.write("DELETE FROM uploads WHERE id = ?", upload_id, durable=False)

    def live(self) -> set[str]:
        """Ids of all sessions that have not expired."""
        rows = self._db.rows("SELECT id FROM uploads WHERE started > ?", time.time() - EXPIRE_SECONDS)
        return {row[0] for row in rows}

    def expire(self, *, age: float = EXPIRE_SECONDS) -> list[str]:
        """Forget the sessions that began more than `age` seconds ago; tell their ids."""
        before = time.time() - age
        gone = [row[0] for row in self._db.rows("SELECT id FROM uploads WHERE started <= ?", before)]
        if gone:
            self._db.write("DELETE FROM uploads WHERE started <= ?", before, durable=False)
        return gone
