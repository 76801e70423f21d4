"""Comments on packages: who may write, change, report and hide them, how many and how long. No HTTP, no HTML.

A comment belongs to the hub on whose log its package is; it is no part of the log, and mirrors do not carry it.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from ...schemas.errors import BadInput, Conflict, Denied, NotFound
from ..accounts.rights import MODERATING, Caller, LoginNeeded
from ..authority.rates import RateLimit
from ..storage.comments import CommentRow, CommentRows, ReportRow

MAX_TEXT_CHARS = 2000
MAX_REASON_CHARS = 300
MAX_OF_ONE = 50  # comments of one person on one package
MAX_REPORTS = 50  # of one comment that wait
MAX_SHOWN_REPORTS = 3  # of one comment, to a maintainer


@dataclass(frozen=True, slots=True)
class CommentLimits:
    """Token buckets by identity."""

    writing: RateLimit = field(default_factory=lambda: RateLimit(per_second=1 / 30, burst=10))
    reporting: RateLimit = field(default_factory=lambda: RateLimit(per_second=1 / 60, burst=10))


@dataclass(frozen=True, slots=True)
class CommentPart:
    """Some comments, the newest first, out of `total`."""

    comments: tuple[CommentRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class ReportedComment:
    """A comment that a maintainer looks at: its first reports that wait, out of `count`."""

    comment: CommentRow
    reports: tuple[ReportRow, ...]
    count: int


class Comments:
    """The comments of one hub. `exists` tells whether its log has a package (`namespace/name`)."""

    def __init__(
        self,
        rows: CommentRows,
        exists: Callable[[str], bool],
        clock: Callable[[], int],
        limits: CommentLimits | None = None,
    ) -> None:
        self._rows, self._exists, self._clock = rows, exists, clock
        self._limits = limits or CommentLimits()

    def of(self, namespace: str, name: str, *, viewer: Caller, offset: int = 0, limit: int) -> CommentPart:
        """Comments on a package; hidden ones are there for their author and for maintainers. Raises: NotFound."""
        self._check_package(namespace, name)
        rows, total = self._rows.of(
            *(namespace, name), viewer=viewer.identity or "", every=_moderates(viewer), offset=offset, limit=limit
        )
        return CommentPart(tuple(rows), total)

    def find(self, id: str, *, viewer: Caller) -> CommentRow:
        """One comment that `viewer` may see. Raises: NotFound."""
        found = self._rows.get(id)
        if found is None or (found.hidden and not _moderates(viewer) and found.author != viewer.identity):
            raise NotFound("there is no such comment")
        return found

    def write(self, writer: Caller, namespace: str, name: str, text: str) -> CommentRow:
        """Write a comment. Raises: BadInput, NotFound, Conflict, TooMany."""
        author, told = _person(writer), checked(text, "text", MAX_TEXT_CHARS)
        self._check_package(namespace, name)
        if self._rows.written(namespace, name, author=author) >= MAX_OF_ONE:
            raise Conflict(f"you have {MAX_OF_ONE} comments on this package", todo="Edit or delete one of them.")
        self._limits.writing.take(author)
        made = CommentRow(secrets.token_hex(8), namespace, name, author, told, self._clock(), 0, 0, "", "")
        self._rows.add(made)
        return made

    def edit(self, writer: Caller, id: str, text: str) -> CommentRow:
        """Change the text of one's own comment. Raises: BadInput, NotFound, Denied, TooMany."""
        found, told = self._own(writer, id), checked(text, "text", MAX_TEXT_CHARS)
        if found.hidden:
            raise Denied("a maintainer has hidden this comment", todo="You can delete it.")
        self._limits.writing.take(found.author)
        now = self._clock()
        self._rows.set_text(id, told, now=now)
        return found._replace(text=told, edited=now)

    def delete(self, writer: Caller, id: str) -> CommentRow:
        """Delete one's own comment for good. Raises: NotFound, Denied."""
        found = self._own(writer, id)
        self._rows.remove(id)
        return found

    def report(self, reporter: Caller, id: str, reason: str) -> CommentRow:
        """Tell the maintainers of a comment; a second report of the same person changes nothing.

        Raises: BadInput, NotFound, Denied, TooMany.
        """
        who, told = _person(reporter), checked(reason, "reason", MAX_REASON_CHARS)
        found = self.find(id, viewer=reporter)
        if found.author == who:
            raise Denied("this comment is yours", todo="You can edit or delete it.")
        self._limits.reporting.take(who)
        if self._rows.report_count(id) < MAX_REPORTS:  # more would tell nothing new
            self._rows.report(id, reporter=who, reason=told, now=self._clock())
        return found

    def judge(self, moderator: Caller, id: str, *, hidden: bool, reason: str = "") -> CommentRow:
        """Hide a comment, with a reason, or let it stand; what was reported of it is settled.

        Raises: BadInput, NotFound, Denied.
        """
        if not _moderates(moderator):
            raise Denied("your role does not allow this", todo=f"It needs {MODERATING}.")
        told = checked(reason, "reason", MAX_REASON_CHARS) if hidden else ""
        self.find(id, viewer=moderator)
        self._rows.judge(id, hidden=hidden, by=_person(moderator), reason=told, now=self._clock())
        return self.find(id, viewer=moderator)

    def reported(self, *, hidden: bool = False, offset: int = 0, limit: int) -> tuple[tuple[ReportedComment, ...], int]:
        """Comments with reports that wait, or all that are hidden, the newest first; and how many there are."""
        rows, total = (self._rows.hidden if hidden else self._rows.reported)(offset=offset, limit=limit)
        return tuple(self._looked_at(row) for row in rows), total

    def _looked_at(self, row: CommentRow) -> ReportedComment:
        reports = self._rows.reports(row.id, limit=MAX_SHOWN_REPORTS)
        return ReportedComment(row, tuple(reports), self._rows.report_count(row.id))

    def _own(self, writer: Caller, id: str) -> CommentRow:
        who, found = _person(writer), self.find(id, viewer=writer)
        if found.author != who:
            raise Denied("this comment is somebody else's")
        return found

    def _check_package(self, namespace: str, name: str) -> None:
        if not self._exists(f"{namespace}/{name}"):
            raise NotFound("there is no such package", todo="Comments are on the hub that a package comes from.")


def checked(text: str, where: str, limit: int) -> str:
    """A text as it is kept: lines end in LF, none of its characters controls anything. Raises: BadInput."""
    told = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not told:
        raise BadInput("must not be empty", where=where)
    if len(told) > limit:
        raise BadInput(f"must have at most {limit} characters, not {len(told)}", where=where)
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in told if char not in "\n\t"):
        raise BadInput("must not hold control characters", where=where)
    return told


def _person(caller: Caller) -> str:
    if caller.identity is None:
        raise LoginNeeded("this needs a login")
    return caller.identity


def _moderates(caller: Caller) -> bool:
    return caller.identity is not None and caller.may(MODERATING)
