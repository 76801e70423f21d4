"""Tables of the hub itself: heads of its logs, users, tokens, and the catalogue that search reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # it takes memory for as long as the hub runs
    import sqlite_utils


def create(database: sqlite_utils.Database) -> None:
    """Make the tables, empty."""
    database.table("heads").create({"log": str, "size": int, "root": bytes, "fence": int}, pk="log", not_null={"size"})
    database.table("users").create({"identity": str, "password": str, "created": int}, pk="identity")
    database.table("tokens").create(
        {"id": str, "secret": bytes, "identity": str, "role": str, "created": int, "expires": int, "revoked": int},
        pk="id",
        not_null={"secret", "identity", "role", "created"},
    )
    database.table("settings").create({"name": str, "value": str}, pk="name")
    database.table("catalogue").create(
        {
            "id": int,
            "origin": str,
            "namespace": str,
            "name": str,
            "version": str,
            "description": str,
            "keywords": str,
            "publisher": str,
            "manifest": str,
            "entry": int,
            "time": int,
        },
        pk="id",
    )
    database.table("catalogue").create_index(["origin", "namespace", "name"], unique=True)
    database.table("catalogue").enable_fts(
        ["namespace", "name", "description", "keywords"], tokenize="trigram", create_triggers=True
    )
