"""Manifests and tags of repositories, as rows. The bytes are in the blob store; the rules are the registry's."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from ...schemas.digest import AnyDigest, parse_any_digest
from .database import Database, Row

_SELECT = "SELECT digest, staged_by, media_type, size, subject, artifact_type, annotations FROM manifests"
_SEEN = f"{_SELECT} WHERE repository = ? AND digest = ? AND staged_by IN ('', ?) ORDER BY staged_by LIMIT 1"
_STAGED = f"{_SELECT} WHERE repository = ? AND digest = ? LIMIT 1"
_REFERRERS = (
    f"{_SELECT} WHERE repository = ?1 AND subject = ?2 AND digest > ?3 AND (?4 = '' OR artifact_type = ?4)"
    " ORDER BY digest, staged_by LIMIT ?5"
)
# ?2 and every manifest and blob that it names, directly or through an index
_SHOWN = (
    "WITH RECURSIVE shown(digest) AS (SELECT ?2 UNION SELECT p.part FROM manifest_parts p"
    " JOIN shown s ON p.repository = ?1 AND p.manifest = s.digest)"
)
_PUBLISH_MANIFESTS = (
    f"{_SHOWN} INSERT OR IGNORE INTO manifests (repository, digest, staged_by, media_type, size, subject,"  # noqa: S608
    " artifact_type, annotations) SELECT repository, digest, '', media_type, size, subject, artifact_type, annotations"
    " FROM manifests WHERE repository = ?1 AND digest IN (SELECT digest FROM shown)"
)
_PUBLISH_BLOBS = (
    f"{_SHOWN} INSERT OR IGNORE INTO blob_links SELECT DISTINCT repository, digest, '' FROM blob_links"  # noqa: S608
    " WHERE repository = ?1 AND digest IN (SELECT digest FROM shown)"
)


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """What is known of a manifest without reading it. Annotations are kept of referrers only."""

    digest: AnyDigest
    media_type: str
    size: int
    subject: str = ""
    artifact_type: str = ""
    annotations: dict[str, str] = field(default_factory=dict)
    staged_by: str = ""

    @classmethod
    def read(cls, row: Row) -> ManifestRow:
        """Make one of a row in the order of the table's columns."""
        digest, staged_by, media_type, size, subject, artifact_type, annotations = row
        return cls(
            parse_any_digest(digest),
            media_type,
            size,
            subject,
            artifact_type,
            json.loads(annotations) if annotations else {},
            staged_by,
        )


class Manifests:
    """Rows of manifests and tags. `identity` is the caller's, or empty: public rows and the caller's are seen.

    Raises (all methods): StorageFailed.
    """

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(
        self, repository: str, manifest: ManifestRow, *, parts: Iterable[AnyDigest] = (), tags: Iterable[str] = ()
    ) -> None:
        """Add a manifest with the digests that it names, and point tags to it. Durable."""
        notes = json.dumps(manifest.annotations) if manifest.annotations else ""
        columns = (manifest.media_type, manifest.size, manifest.subject, manifest.artifact_type, notes)
        with self._db.transaction() as write:
            write.execute(
                "INSERT OR REPLACE INTO manifests (repository, digest, staged_by, media_type, size, subject,"
                " artifact_type, annotations) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (repository, manifest.digest, manifest.staged_by, *columns),
            )
            write.executemany(
                "INSERT OR IGNORE INTO manifest_parts VALUES (?, ?, ?)",
                [(repository, part, manifest.digest) for part in parts],
            )
            write.executemany(
                "INSERT OR REPLACE INTO tags VALUES (?, ?, ?)", [(repository, tag, manifest.digest) for tag in tags]
            )

    def get(self, repository: str, digest: AnyDigest, *, identity: str = "") -> ManifestRow | None:
        """A manifest that the caller may see; a public row before a staged one."""
        row = self._db.row(_SEEN, repository, digest, identity)
        return ManifestRow.read(row) if row else None

    def any(self, repository: str, digest: AnyDigest) -> ManifestRow | None:
        """A manifest whoever staged it: only for one that the log says is released."""
        row = self._db.row(_STAGED, repository, digest)
        return ManifestRow.read(row) if row else None

    def tagged(self, repository: str, tag: str) -> ManifestRow | None:
        """The manifest that a tag of a plain repository points to."""
        row = self._db.row(
            "SELECT m.digest, m.staged_by, m.media_type, m.size, m.subject, m.artifact_type, m.annotations"
            " FROM tags t JOIN manifests m ON m.repository = t.repository AND m.digest = t.digest"
            " WHERE t.repository = ? AND t.tag = ? AND m.staged_by = ''",
            repository, tag,
        )  # fmt: skip
        return ManifestRow.read(row) if row else None

    def tags(self, repository: str, *, after: str = "", limit: int) -> list[str]:
        """Tags of a plain repository in the order of their bytes, `limit` at most, past `after`."""
        sql = "SELECT tag FROM tags WHERE repository = ? AND tag > ? ORDER BY tag LIMIT ?"
        return [row[0] for row in self._db.rows(sql, repository, after, limit)]

    def has_repository(self, repository: str) -> bool:
        """Tell whether there is any manifest or blob that everybody may see."""
        sql = (
            "SELECT 1 WHERE EXISTS (SELECT 1 FROM manifests WHERE repository = ?1 AND staged_by = '')"
            " OR EXISTS (SELECT 1 FROM blob_links WHERE repository = ?1 AND staged_by = '')"
        )
        return self._db.row(sql, repository) is not None

    def referrers(
        self, repository: str, subject: str, *, artifact_type: str, after: str, limit: int
    ) -> list[ManifestRow]:
        """Rows of manifests about `subject`, of all identities, by digest, `limit` at most, past `after`."""
        rows = self._db.rows(_REFERRERS, repository, subject, after, artifact_type, limit)
        return [ManifestRow.read(row) for row in rows]

    def holders(self, repository: str, part: AnyDigest) -> list[AnyDigest]:
        """Digests of the manifests that name `part`."""
        sql = "SELECT manifest FROM manifest_parts WHERE repository = ? AND part = ? LIMIT 64"
        return [parse_any_digest(row[0]) for row in self._db.rows(sql, repository, part)]

    def publish(self, repository: str, digest: AnyDigest) -> None:
        """Show a manifest, the manifests it names, and all their blobs to everybody. Durable; repeated at will."""
        with self._db.transaction() as write:
            write.execute(_PUBLISH_MANIFESTS, (repository, digest))
            write.execute(_PUBLISH_BLOBS, (repository, digest))

    def remove(self, repository: str, digest: AnyDigest, *, staged_by: str = "") -> bool:
        """Remove one row and the tags to it (if nobody else's row is left); False when it was not there. Durable."""
        key = (repository, digest)
        with self._db.transaction() as write:
            gone = write.execute(
                "DELETE FROM manifests WHERE repository = ? AND digest = ? AND staged_by = ?", (*key, staged_by)
            ).rowcount
            left = write.execute("SELECT 1 FROM manifests WHERE repository = ? AND digest = ?", key).fetchone()
            if gone and not left:
                write.execute("DELETE FROM tags WHERE repository = ? AND digest = ?", key)
                write.execute("DELETE FROM manifest_parts WHERE repository = ? AND manifest = ?", key)
                write.execute("INSERT OR REPLACE INTO unlinked VALUES (?, unixepoch())", (digest,))
        return bool(gone)

    def untag(self, repository: str, tag: str) -> bool:
        """Remove a tag of a plain repository; False when it was not there. Durable."""
        return self._db.write("DELETE FROM tags WHERE repository = ? AND tag = ?", repository, tag) > 0
