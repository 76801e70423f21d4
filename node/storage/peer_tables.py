"""Tables of mirroring: the origins that this hub mirrors, and the mirrors that announced themselves to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # it takes memory for as long as the hub runs
    import sqlite_utils


def create(database: sqlite_utils.Database) -> None:
    """Make the tables, empty."""
    database.table("origins").create(
        {
            "origin": str,
            "url": str,
            "mirror": int,
            "fingerprint": str,
            "state": str,
            "reason": str,
            "evidence": str,
            "added": int,
            "pulled": int,
        },
        pk="origin",
        not_null={"url", "mirror", "fingerprint", "state"},
    )
    database.table("announced").create({"url": str, "key": str, "size": int, "seen": int}, pk="url")
