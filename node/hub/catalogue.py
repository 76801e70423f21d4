"""The catalogue that search reads: the newest version of every package, in SQLite's full-text index.

It is derived from the log and can be made anew at any time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...schemas.entry import Release
from ...schemas.package import PackageConfig
from ...schemas.semver import Version
from ..storage.database import Database

MAX_WORDS = 8
MAX_RESULTS = 100
_FIELDS = "origin, namespace, name, version, description, publisher, manifest, entry, time, runs"

_PUT = f"""
    INSERT INTO catalogue (keywords, {_FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (origin, namespace, name) DO UPDATE SET
        keywords = excluded.keywords, version = excluded.version, description = excluded.description,
        publisher = excluded.publisher, manifest = excluded.manifest, entry = excluded.entry, time = excluded.time,
        runs = excluded.runs
"""  # noqa: S608 — only fixed names
_KNOWN = """
    INSERT INTO settings (name, value) VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""


@dataclass(frozen=True, slots=True)
class Found:
    """One package of a search's answer; `time` is the newest release's, in Unix seconds.

    `runs` is false for kernel types.
    """

    origin: str
    namespace: str
    name: str
    version: str
    description: str
    publisher: str
    manifest: str
    entry: int
    time: int
    runs: bool

    def to_json(self) -> dict[str, Any]:
        """The JSON object of the API."""
        return {
            "origin": self.origin,
            "namespace": self.namespace,
            "name": self.name,
            "version": self.version,
            "description": self.description,
            "publisher": self.publisher,
            "digest": self.manifest,
            "log_index": self.entry,
            "released": self.time,
        }


class Catalogue:
    """Search over the packages of this hub's log and of those that it mirrors."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known_size(self, origin: str) -> int:
        """Entries of an origin's log that the catalogue has taken in."""
        row = self._database.row("SELECT value FROM settings WHERE name = ?", f"catalogue {origin}")
        return int(row[0]) if row else 0

    def put(self, origin: str, release: Release, config: PackageConfig, *, entry: int, runs: bool) -> None:
        """Take in a release; it is shown when its version is the highest, a final one before a pre-release."""
        with self._database.transaction(durable=False) as connection:
            held = connection.execute(
                "SELECT version FROM catalogue WHERE origin = ? AND namespace = ? AND name = ?",
                (origin, release.namespace, release.name),
            ).fetchone()
            if held is None or _rank(held[0]) <= _rank(release.version):
                connection.execute(_PUT, _row(origin, release, config, entry, runs))
            connection.execute(_KNOWN, (f"catalogue {origin}", str(entry + 1)))

    def count(self) -> int:
        """Number of packages, of all origins."""
        row = self._database.row("SELECT count(*) FROM catalogue")
        return int(row[0]) if row else 0

    def search(self, query: str, *, origin: str = "", limit: int = 20, offset: int = 0) -> list[Found]:
        """Packages (of one origin, if named) that hold every word of the query, best first.

        For an empty query all of them, the newest first.
        """
        words = query.split()[:MAX_WORDS]
        long = [word for word in words if len(word) >= 3]  # trigrams need three characters
        clauses = ["id IN (SELECT rowid FROM catalogue_fts WHERE catalogue_fts MATCH ?)"] if long else []
        values: list[Any] = [" ".join(_quoted(word) for word in long)] if long else []
        if origin:
            clauses.append("origin = ?")
            values.append(origin)
        for word in words:
            if len(word) < 3:
                clauses.append("(name LIKE ? ESCAPE '\\' OR description LIKE ? ESCAPE '\\')")
                values += [_like(word)] * 2
        sql = (
            f"SELECT {_FIELDS} FROM catalogue WHERE {' AND '.join(clauses) or '1'}"  # noqa: S608 — only fixed clauses
            " ORDER BY (name = ?) DESC, (name LIKE ? ESCAPE '\\') DESC, time DESC, entry DESC LIMIT ? OFFSET ?"
        )
        first = words[0] if words else ""
        found = self._database.rows(sql, *values, first.lower(), _like(first), limit, offset)
        return [Found(*row) for row in found]


def _rank(text: str) -> tuple[bool, Version]:
    version = Version.parse(text)
    return not version.pre, version


def _row(origin: str, release: Release, config: PackageConfig, entry: int, runs: bool) -> tuple[str | int, ...]:
    return (
        *(" ".join(config.keywords), origin, release.namespace, release.name, release.version, config.description),
        *(release.identity.subject, str(release.manifest), entry, release.time, runs),
    )


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


def _like(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
