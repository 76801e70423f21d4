"""Comments and reports as rows of the hub's database. Who may do what is no question here."""

from __future__ import annotations

from typing import NamedTuple

from .database import Database, Row

_FIELDS = "id, namespace, name, author, text, created, edited, hidden, hidden_by, reason"
_SEEN = "namespace = ? AND name = ? AND (hidden = 0 OR ? OR author = ?)"
_OPEN = "id IN (SELECT comment FROM comment_reports WHERE settled = 0)"


class CommentRow(NamedTuple):
    """A comment. Times are Unix seconds, 0 for never; `reason` is why `hidden_by` has hidden it."""

    id: str
    namespace: str
    name: str
    author: str
    text: str
    created: int
    edited: int
    hidden: int
    hidden_by: str
    reason: str


class ReportRow(NamedTuple):
    """What somebody reported of a comment."""

    reporter: str
    reason: str
    created: int


class CommentRows:
    """All comments of the hub. Raises (all methods): StorageFailed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, comment: CommentRow) -> None:
        """Keep a new comment."""
        self._database.write(f"INSERT INTO comments ({_FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", *comment)  # noqa: S608

    def get(self, id: str) -> CommentRow | None:
        """One comment."""
        row = self._database.row(f"SELECT {_FIELDS} FROM comments WHERE id = ?", id)  # noqa: S608
        return CommentRow(*row) if row else None

    def of(
        self, namespace: str, name: str, *, viewer: str, every: bool, offset: int, limit: int
    ) -> tuple[list[CommentRow], int]:
        """A package's comments, the newest first, and how many there are: of hidden ones `viewer`'s, or `every` one."""
        seen = (namespace, name, int(every), viewer)
        rows = self._database.rows(
            f"SELECT {_FIELDS} FROM comments WHERE {_SEEN} ORDER BY created DESC, rowid DESC LIMIT ? OFFSET ?",  # noqa: S608
            *(*seen, limit, offset),
        )
        return _comments(rows), self._count(_SEEN, *seen)

    def written(self, namespace: str, name: str, *, author: str) -> int:
        """How many comments somebody has on a package."""
        return self._count("namespace = ? AND name = ? AND author = ?", namespace, name, author)

    def set_text(self, id: str, text: str, *, now: int) -> None:
        """Change a comment's text; reports that were settled are of what it was before."""
        with self._database.transaction() as write:
            write.execute("UPDATE comments SET text = ?, edited = ? WHERE id = ?", (text, now, id))
            write.execute("DELETE FROM comment_reports WHERE comment = ? AND settled > 0", (id,))

    def remove(self, id: str) -> None:
        """Forget a comment and its reports."""
        with self._database.transaction() as write:
            write.execute("DELETE FROM comment_reports WHERE comment = ?", (id,))
            write.execute("DELETE FROM comments WHERE id = ?", (id,))

    def judge(self, id: str, *, hidden: bool, by: str, reason: str, now: int) -> None:
        """Hide or show a comment; what was reported of it is settled."""
        with self._database.transaction() as write:
            told = (now, by, reason) if hidden else (0, "", "")
            write.execute("UPDATE comments SET hidden = ?, hidden_by = ?, reason = ? WHERE id = ?", (*told, id))
            write.execute("UPDATE comment_reports SET settled = ? WHERE comment = ? AND settled = 0", (now, id))

    def report(self, id: str, *, reporter: str, reason: str, now: int) -> bool:
        """Keep a report; False when this person has reported the comment before."""
        sql = "INSERT OR IGNORE INTO comment_reports (comment, reporter, reason, created) VALUES (?, ?, ?, ?)"
        return bool(self._database.write(sql, id, reporter, reason, now))

    def reports(self, id: str, *, limit: int) -> list[ReportRow]:
        """What was reported of a comment and is not settled, the first first."""
        rows = self._database.rows(
            "SELECT reporter, reason, created FROM comment_reports WHERE comment = ? AND settled = 0"
            " ORDER BY created, rowid LIMIT ?",
            *(id, limit),
        )
        return [ReportRow(*row) for row in rows]

    def report_count(self, id: str) -> int:
        """How many reports of a comment are not settled."""
        row = self._database.row("SELECT count(*) FROM comment_reports WHERE comment = ? AND settled = 0", id)
        return int(row[0]) if row else 0

    def reported(self, *, offset: int, limit: int) -> tuple[list[CommentRow], int]:
        """Comments with reports that are not settled, the newest first, and how many there are."""
        return self._some(_OPEN, offset, limit)

    def hidden(self, *, offset: int, limit: int) -> tuple[list[CommentRow], int]:
        """Hidden comments, the newest first, and how many there are."""
        return self._some("hidden > 0", offset, limit)

    def _some(self, condition: str, offset: int, limit: int) -> tuple[list[CommentRow], int]:
        rows = self._database.rows(
            f"SELECT {_FIELDS} FROM comments WHERE {condition} ORDER BY created DESC, rowid DESC LIMIT ? OFFSET ?",  # noqa: S608
            *(limit, offset),
        )
        return _comments(rows), self._count(condition)

    def _count(self, condition: str, *values: object) -> int:
        row = self._database.row(f"SELECT count(*) FROM comments WHERE {condition}", *values)  # noqa: S608
        return int(row[0]) if row else 0


def _comments(rows: list[Row]) -> list[CommentRow]:
    return [CommentRow(*row) for row in rows]
