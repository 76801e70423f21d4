"""How the database's tables came to be: an ordered list that only ever grows at its end. It holds no data.

A feature writes its steps in a file of its own (`registry_tables.py`) and adds them here. A step that has run
anywhere is never changed again: a later one changes the tables.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import account_tables, catalogue_tables, comment_tables, hub_tables, peer_tables, quota_tables, registry_tables

if TYPE_CHECKING:  # it takes memory for as long as the hub runs
    import sqlite_utils


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: a name that is unique for ever, and what it does to the tables."""

    name: str
    apply: Callable[[sqlite_utils.Database], None]


MIGRATIONS: tuple[Migration, ...] = (
    Migration("registry-1", registry_tables.create),
    Migration("hub-1", hub_tables.create),
    Migration("peers-1", peer_tables.create),
    Migration("catalogue-2", catalogue_tables.create),
    Migration("accounts-1", account_tables.create),
    Migration("comments-1", comment_tables.create),
    Migration("quotas-1", quota_tables.create),
)


def migrate(connection: sqlite3.Connection, steps: Sequence[Migration]) -> list[str]:
    """Apply the steps that are missing, each in a transaction of its own; tell their names.

    Safe when several processes start at once. Raises: sqlite3.Error.
    """
    connection.execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied INTEGER NOT NULL)")
    return [step.name for step in steps if _apply(connection, step)]


def _apply(connection: sqlite3.Connection, step: Migration) -> bool:
    if _applied(connection, step.name):
        return False
    import sqlite_utils

    connection.execute("BEGIN IMMEDIATE")
    try:
        if missing := not _applied(connection, step.name):
            step.apply(sqlite_utils.Database(connection))
            connection.execute("INSERT INTO migrations VALUES (?, unixepoch())", (step.name,))
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    return missing


def _applied(connection: sqlite3.Connection, name: str) -> bool:
    return connection.execute("SELECT 1 FROM migrations WHERE name = ?", (name,)).fetchone() is not None
