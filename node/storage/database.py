"""The hub's SQLite file: connections, transactions, and errors of our family. It knows no table.

WAL, so readers and one writer go on side by side, in several threads and processes (server, command line). Lookups are
microseconds and run inline in the event loop; whatever takes longer belongs in a thread. A transaction never spans an
`await`: it holds the file's one write lock.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...schemas.errors import Conflict, StorageFailed
from .migrations import MIGRATIONS, migrate

BUSY_SECONDS = 10.0  # how long a writer waits for another process
Row = tuple[Any, ...]


class Database:
    """One SQLite file. Every thread has its own connection. Raises (all methods): StorageFailed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mine = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._guard = threading.Lock()
        with _wrapped():
            migrate(self.connection, MIGRATIONS)

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection, in autocommit mode: transactions are begun by `transaction` only."""
        found: sqlite3.Connection | None = getattr(self._mine, "connection", None)
        if found is None:
            found = self._mine.connection = self._connect()
        return found

    def rows(self, sql: str, *values: Any) -> list[Row]:
        """Read all rows."""
        with _wrapped():
            return self.connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> Row | None:
        """Read the first row, or None."""
        try:  # not _wrapped(): this is the hottest path
            found: Row | None = self.connection.execute(sql, values).fetchone()
        except sqlite3.Error as error:
            raise _failed(error) from error
        return found

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Write under the lock (BEGIN IMMEDIATE); committed at the end, rolled back on any exception.

        With `durable` false the commit survives a crash of the process but maybe not of the machine.
        """
        connection = self.connection
        with _wrapped():
            if not durable:
                connection.execute("PRAGMA synchronous=NORMAL")
            try:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                except BaseException:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
                connection.execute("COMMIT")
            finally:
                if not durable:
                    connection.execute("PRAGMA synchronous=FULL")

    def write(self, sql: str, *values: Any, durable: bool = True) -> int:
        """Run one writing statement; tell how many rows it changed."""
        with self.transaction(durable=durable) as connection:
            return connection.execute(sql, values).rowcount

    def write_many(self, sql: str, values: Iterable[Row]) -> None:
        """Run one writing statement for each of `values`, in one durable transaction."""
        with self.transaction() as connection:
            connection.executemany(sql, values)

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._guard:
            for connection in self._all:
                connection.close()
            self._all.clear()
        self._mine = threading.local()

    def _connect(self) -> sqlite3.Connection:
        with _wrapped():
            made = sqlite3.connect(
                self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
            )
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                made.execute(f"PRAGMA {pragma}")
        with self._guard:
            self._all.append(made)
        return made


@contextmanager
def _wrapped() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _failed(error) from error


def _failed(error: sqlite3.Error) -> StorageFailed | Conflict:
    if isinstance(error, sqlite3.IntegrityError):
        return Conflict(f"the database refuses this: {error}")
    text = str(error)
    if "full" in text:
        return StorageFailed("the disk is full", todo="Free some space, then try again.")
    if "locked" in text or "busy" in text:
        return StorageFailed("the database is busy", todo="Try again.")
    return StorageFailed(f"the database does not work: {text[:200]}")
