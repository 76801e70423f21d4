"""Quotas: what namespaces and people may have, and what they have. It refuses nothing.

A namespace has what everybody sees in its repositories, and what its pusher has staged there: what others staged does
not fill it. A person has all that they ever pushed. A blob counts once, however many packages share it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ...federation.blobs import BlobStore
from ...schemas.digest import parse_any_digest
from ...schemas.errors import NotFound
from .database import Database

_PARTS = "SELECT digest FROM blob_links WHERE {0} UNION SELECT digest FROM manifests WHERE {0}"
_IN_NAMESPACE = "repository > ?1 AND repository < ?2 AND staged_by IN ('', ?3)"
_OF_PERSON = "staged_by = ?1"


class Kind(StrEnum):
    """Who has a quota."""

    NAMESPACE = "namespace"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Quota:
    """What somebody may have at most; 0 is no limit. `packages` is of namespaces."""

    bytes: int = 0
    packages: int = 0


class Quotas:
    """All quotas of a hub; `usual` are those of whoever has none of their own. Raises (all methods): StorageFailed."""

    def __init__(self, database: Database, store: BlobStore, usual: dict[Kind, Quota]) -> None:
        self._database, self._store, self.usual = database, store, usual

    def of(self, kind: Kind, name: str) -> Quota:
        """What a namespace or a person may have."""
        return self.own(kind, name) or self.usual[kind]

    def own(self, kind: Kind, name: str) -> Quota | None:
        """The quota that was set for one alone; None where the default holds."""
        row = self._database.row("SELECT bytes, packages FROM quotas WHERE kind = ? AND name = ?", kind, name)
        return Quota(int(row[0]), int(row[1])) if row else None

    def set(self, kind: Kind, name: str, quota: Quota | None) -> None:
        """Set a quota of its own, or go back to the default."""
        if quota is None:
            self._database.write("DELETE FROM quotas WHERE kind = ? AND name = ?", kind, name)
            return
        sql = "INSERT OR REPLACE INTO quotas (kind, name, bytes, packages) VALUES (?, ?, ?, ?)"
        self._database.write(sql, kind, name, quota.bytes, quota.packages)

    def namespace_bytes(self, namespace: str, *, identity: str = "") -> int:
        """Bytes of a namespace: what everybody sees, and what `identity` has staged. Blocking."""
        return self._sum(_PARTS.format(_IN_NAMESPACE), f"{namespace}/", f"{namespace}0", identity)  # "0" follows "/"

    def person_bytes(self, identity: str) -> int:
        """Bytes that somebody has pushed, and that are there. Blocking."""
        return self._sum(_PARTS.format(_OF_PERSON), identity)

    def _sum(self, parts: str, *values: str) -> int:
        unknown = f"SELECT digest FROM ({parts}) WHERE digest NOT IN (SELECT digest FROM blob_sizes)"  # noqa: S608
        sizes = [(row[0], self._size(row[0])) for row in self._database.rows(unknown, *values)]
        if found := [(digest, size) for digest, size in sizes if size is not None]:
            self._database.write_many("INSERT OR IGNORE INTO blob_sizes VALUES (?, ?)", found)
        total = f"SELECT coalesce(sum(size), 0) FROM blob_sizes WHERE digest IN ({parts})"  # noqa: S608
        row = self._database.row(total, *values)
        return int(row[0]) if row else 0

    def _size(self, digest: str) -> int | None:
        try:
            return self._store.size(parse_any_digest(digest))
        except NotFound:  # taken down
            return None
