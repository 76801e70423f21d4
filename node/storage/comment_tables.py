"""Tables of comments on packages, and of what people report about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # it takes memory for as long as the hub runs
    import sqlite_utils


def create(database: sqlite_utils.Database) -> None:
    """Make the tables, empty."""
    comments = database.table("comments")
    comments.create(
        {
            "id": str,
            "namespace": str,
            "name": str,
            "author": str,
            "text": str,
            "created": int,
            "edited": int,
            "hidden": int,
            "hidden_by": str,
            "reason": str,
        },
        pk="id",
        not_null={"namespace", "name", "author", "text", "created", "edited", "hidden", "hidden_by", "reason"},
        defaults={"edited": 0, "hidden": 0, "hidden_by": "", "reason": ""},
    )
    comments.create_index(["namespace", "name", "created"])
    comments.create_index(["hidden"])
    reports = database.table("comment_reports")
    reports.create(
        {"comment": str, "reporter": str, "reason": str, "created": int, "settled": int},
        pk=("comment", "reporter"),
        not_null={"reason", "created", "settled"},
        defaults={"settled": 0},
    )
    reports.create_index(["settled", "created"])
