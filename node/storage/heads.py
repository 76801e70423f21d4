"""Heads of the logs in SQLite: compare-and-swap under a fencing number (protocol.md section 4)."""

from __future__ import annotations

from ...federation.log.sequencer import NEW_LOG, Head
from ...schemas.errors import Conflict
from .database import Database


def read_head(database: Database, log: str) -> Head:
    """The committed head of a log."""
    row = database.row("SELECT size, root FROM heads WHERE log = ?", log)
    return Head(int(row[0]), bytes(row[1])) if row else NEW_LOG


class SqliteHeads:
    """The HeadStore of one log; `log` is its name in the table."""

    def __init__(self, database: Database, log: str) -> None:
        self._database = database
        self._log = log
        database.write(
            "INSERT INTO heads (log, size, root, fence) VALUES (?, ?, ?, 0) ON CONFLICT DO NOTHING",
            log,
            NEW_LOG.size,
            NEW_LOG.root,
        )

    def load(self) -> Head:
        """The committed head."""
        return read_head(self._database, self._log)

    def acquire(self) -> int:
        """Take the writer's place. Raises: StorageFailed."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE heads SET fence = fence + 1 WHERE log = ?", (self._log,))
            found = connection.execute("SELECT fence FROM heads WHERE log = ?", (self._log,)).fetchone()
        return int(found[0])

    def advance(self, *, fence: int, old: Head, new: Head) -> None:
        """Replace `old` by `new`. Raises: Conflict when another writer has taken over; StorageFailed."""
        changed = self._database.write(
            "UPDATE heads SET size = ?, root = ? WHERE log = ? AND fence = ? AND size = ? AND root = ?",
            *(new.size, new.root, self._log, fence, old.size, old.root),
        )
        if changed != 1:
            raise Conflict(
                f"another process has taken over the log {self._log}", todo="One hub writes a log; stop this one."
            )
