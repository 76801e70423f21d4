"""Tables of the OCI registry. Who may see a row: `staged_by` is the identity of its pusher, or empty for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # it takes memory for as long as the hub runs
    import sqlite_utils


def create(db: sqlite_utils.Database) -> None:
    """Migration registry-1."""
    manifests = db.table("manifests")
    manifests.create(
        {
            "repository": str,
            "digest": str,
            "staged_by": str,
            "media_type": str,
            "size": int,
            "subject": str,
            "artifact_type": str,
            "annotations": str,
        },
        pk=("repository", "digest", "staged_by"),
        not_null={"repository", "digest", "staged_by", "media_type", "size", "subject", "artifact_type", "annotations"},
    )
    manifests.create_index(["repository", "subject", "digest"])
    manifests.create_index(["digest"])

    tags = db.table("tags")
    tags.create({"repository": str, "tag": str, "digest": str}, pk=("repository", "tag"), not_null={"digest"})
    tags.create_index(["repository", "digest"])

    links = db.table("blob_links")
    links.create({"repository": str, "digest": str, "staged_by": str}, pk=("repository", "digest", "staged_by"))
    links.create_index(["digest", "staged_by"])

    parts = db.table("manifest_parts")
    parts.create({"repository": str, "part": str, "manifest": str}, pk=("repository", "part", "manifest"))
    parts.create_index(["repository", "manifest"])

    uploads = db.table("uploads")
    uploads.create(
        {"id": str, "repository": str, "identity": str, "algorithm": str, "started": int},
        pk="id",
        not_null={"repository", "identity", "algorithm", "started"},
    )
    uploads.create_index(["identity"])
    uploads.create_index(["started"])

    db.table("unlinked").create({"digest": str, "since": int}, pk="digest", not_null={"since"})
