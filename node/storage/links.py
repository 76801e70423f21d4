"""Which blobs a repository may serve, and to whom; which blobs nobody needs any more. The bytes are in the blob store.

A blob is on the disk once, whoever pushed it; a link says that a repository has it. A blob whose last link went is
removed some minutes later, so that a push of the same blob that is under way cannot lose it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...federation.blobs import BlobStore
from ...schemas.digest import AnyDigest, parse_any_digest
from ...schemas.errors import StorageFailed
from .database import Database

GRACE_SECONDS = 300  # between a blob's last unlinking, or its storing, and its removal

_USED = "SELECT 1 FROM blob_links WHERE digest = ?1 UNION ALL SELECT 1 FROM manifests WHERE digest = ?1 LIMIT 1"


@dataclass(frozen=True, slots=True)
class Link:
    """A repository has a blob: for everybody, or for whoever staged it. `ends_upload` is the upload that brought it."""

    repository: str
    digest: AnyDigest
    staged_by: str = ""
    ends_upload: str = ""


class BlobLinks:
    """Links from repositories to blobs. `identity` is the caller's, or empty: public links and the caller's are seen.

    Raises (all methods): StorageFailed.
    """

    def __init__(self, database: Database, store: BlobStore) -> None:
        self._db, self._store = database, store
        self.unlinked = 0  # how often this process took a link away: whoever remembers links must forget them then

    def add(self, repository: str, digest: AnyDigest, *, staged_by: str = "", ends_upload: str = "") -> None:
        """Link a stored blob, and close the upload that brought it. Durable."""
        if self.add_all([Link(repository, digest, staged_by, ends_upload)]):
            raise removed()

    def add_all(self, links: Sequence[Link]) -> list[Link]:
        """Link stored blobs as `add` does, in one transaction; those are not linked, and returned, that are gone."""
        with self._db.transaction() as write:
            absent = [link for link in links if not self._store.exists(link.digest)]
            for link in links:
                if link not in absent:
                    values = (link.repository, link.digest, link.staged_by)
                    write.execute("INSERT OR IGNORE INTO blob_links VALUES (?, ?, ?)", values)
                    if link.ends_upload:
                        write.execute("DELETE FROM uploads WHERE id = ?", (link.ends_upload,))
        return absent

    def visible(self, repository: str, digest: AnyDigest, *, identity: str = "") -> bool:
        """Tell whether the caller may read the blob in this repository."""
        sql = "SELECT 1 FROM blob_links WHERE repository = ? AND digest = ? AND staged_by IN ('', ?)"
        return self._db.row(sql, repository, digest, identity) is not None

    def public(self, repository: str, digest: AnyDigest) -> bool:
        """Tell whether everybody may read the blob in this repository."""
        return self.visible(repository, digest)

    def anywhere(self, digest: AnyDigest, *, identity: str = "") -> str | None:
        """The name of a repository in which the caller may read the blob, or None."""
        sql = "SELECT repository FROM blob_links WHERE digest = ? AND staged_by IN ('', ?) LIMIT 1"
        row = self._db.row(sql, digest, identity)
        return row[0] if row else None

    def remove(self, repository: str, digest: AnyDigest, *, staged_by: str = "") -> bool:
        """Unlink a blob; False when there was no such link. Durable."""
        self.unlinked += 1
        with self._db.transaction() as write:
            gone = write.execute(
                "DELETE FROM blob_links WHERE repository = ? AND digest = ? AND staged_by = ?",
                (repository, digest, staged_by),
            ).rowcount
            if gone:
                write.execute("INSERT OR REPLACE INTO unlinked VALUES (?, unixepoch())", (digest,))
        return bool(gone)

    def sweep(
        self,
        *,
        grace: float = GRACE_SECONDS,
        limit: int = 256,
        needed: Callable[[AnyDigest], bool] = lambda _: False,
    ) -> int:
        """Remove blobs that lost their last link more than `grace` seconds ago; tell how many. Call it now and then.

        `needed` tells of blobs that stay though no repository has them.
        """
        due = self._db.rows("SELECT digest FROM unlinked WHERE since <= ? LIMIT ?", time.time() - grace, limit)
        digests = [parse_any_digest(row[0]) for row in due]
        return sum(self._sweep_one(digest, grace, needed=needed(digest)) for digest in digests)

    def _sweep_one(self, digest: AnyDigest, grace: float, *, needed: bool) -> bool:
        with self._db.transaction() as write:
            used = needed or write.execute(_USED, (digest,)).fetchone()
            if not used and self._stored_recently(digest, grace):
                return False  # it stays on the list
            write.execute("DELETE FROM unlinked WHERE digest = ?", (digest,))
            return not used and self._store.delete(digest)

    def _stored_recently(self, digest: AnyDigest, grace: float) -> bool:
        try:
            return Path(self._store.path(digest)).stat().st_ctime > time.time() - grace
        except OSError:
            return False


def removed() -> StorageFailed:
    """The refusal of a link to a blob that is not there any more."""
    return StorageFailed("the blob was removed meanwhile", todo="Push it again.")
