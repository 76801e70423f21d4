"""Tables of quotas: what a namespace or a person may have, where it is not the default; and sizes of blobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # it takes memory for as long as the hub runs
    import sqlite_utils


def create(database: sqlite_utils.Database) -> None:
    """Migration quotas-1. Sizes are filled in when a quota first asks for them."""
    quotas = {"kind": str, "name": str, "bytes": int, "packages": int}
    database.table("quotas").create(quotas, pk=("kind", "name"))
    database.table("blob_sizes").create({"digest": str, "size": int}, pk="digest", not_null={"size"})
    database.table("blob_links").create_index(["staged_by"])
    database.table("manifests").create_index(["staged_by"])
