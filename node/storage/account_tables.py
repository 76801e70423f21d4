"""Tables of accounts: people and their roles; tokens with names and scopes; sessions of browsers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # it takes memory for as long as the hub runs
    import sqlite_utils

_BY_ROLE = {"reader": "read", "publisher": "read publish", "admin": "read publish moderate admin"}


def create(database: sqlite_utils.Database) -> None:
    """Make the tables. Whoever held tokens keeps the highest of their roles, and each token what its role allowed."""
    people = {"identity": str, "issuer": str, "role": str, "created": int}
    database.table("people").create(people, pk="identity", not_null={"issuer", "role"})
    tokens = database.table("tokens")
    tokens.add_column("name", str, not_null_default="")
    tokens.add_column("scopes", str, not_null_default="read")
    tokens.add_column("used", int)
    tokens.create_index(["identity"])
    for role, scopes in _BY_ROLE.items():  # the highest comes last
        database.execute("UPDATE tokens SET scopes = ? WHERE role = ?", (scopes, role))
        database.execute(
            "INSERT INTO people (identity, issuer, role, created) SELECT identity, '', role, min(created) FROM tokens"
            " WHERE role = ? GROUP BY identity ON CONFLICT (identity) DO UPDATE SET role = excluded.role",
            (role,),
        )
    database.execute(
        "INSERT OR IGNORE INTO people (identity, issuer, role, created)"
        " SELECT identity, '', 'reader', created FROM users"
    )
    database.table("sessions").create(
        {
            "id": str,
            "secret": bytes,
            "identity": str,
            "created": int,
            "used": int,
            "agent": str,
            "address": str,
        },
        pk="id",
        not_null={"secret", "identity", "created", "used"},
    )
    database.table("sessions").create_index(["secret"], unique=True)
    database.table("sessions").create_index(["identity"])
