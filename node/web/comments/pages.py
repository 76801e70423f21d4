"""The pages with comments as values: what each template gets besides the words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar

from ...hub.comments import MAX_REASON_CHARS, MAX_TEXT_CHARS, ReportedComment
from ...storage.comments import CommentRow
from .text import CommentText, render_comment


@dataclass(frozen=True, slots=True)
class ShownComment:
    """A comment, and its text as HTML; `own` is it to whoever looks."""

    row: CommentRow
    text: CommentText
    own: bool

    @classmethod
    def of(cls, row: CommentRow, identity: str | None) -> ShownComment:
        """A comment among others."""
        return cls(row, render_comment(row.text), row.author == identity)

    @property
    def address(self) -> str:
        """The path of the comment's own page."""
        return f"/comments/{self.row.id}"


@dataclass(frozen=True, slots=True)
class CommentsPart:
    """Comments on a package as they are shown: some of `total`. `home` is where they are, of a mirrored package."""

    comments: Sequence[ShownComment] = ()
    total: int = 0
    home: str = ""
    most: int = MAX_TEXT_CHARS


NO_COMMENTS = CommentsPart()


@dataclass(frozen=True, slots=True)
class CommentsPage:
    """`/packages/<namespace>/<name>/comments[?page=…]`; `draft` is a text that was `refused`."""

    template: ClassVar[str] = "comments.html"
    namespace: str
    name: str
    part: CommentsPart
    page: int
    pages: int
    draft: str = ""
    refused: str = ""
    todo: str = ""
    status: HTTPStatus = HTTPStatus.OK


@dataclass(frozen=True, slots=True)
class CommentPage:
    """`/comments/<id>`: one comment, with what whoever looks may do to it."""

    template: ClassVar[str] = "comment.html"
    shown: ShownComment
    signed_in: bool
    moderates: bool
    draft: str = ""
    refused: str = ""
    todo: str = ""
    reported: bool = False
    status: HTTPStatus = HTTPStatus.OK
    most: int = MAX_TEXT_CHARS
    most_reason: int = MAX_REASON_CHARS


@dataclass(frozen=True, slots=True)
class ModerationPage:
    """`/moderation[?show=hidden]`: comments with reports that wait, or hidden ones.

    `admin` tells whether the visitor sees more than a maintainer.
    """

    template: ClassVar[str] = "moderation.html"
    items: Sequence[tuple[ReportedComment, ShownComment]]
    hidden: bool
    page: int
    pages: int
    admin: bool
    most_reason: int = MAX_REASON_CHARS
