"""What is asked about comments over HTTP, and what the API answers: types of operations, no rules."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from ..storage.comments import CommentRow, ReportRow
from .comments import MAX_REASON_CHARS, MAX_TEXT_CHARS, ReportedComment

MAX_ANSWERED = 50  # comments of one answer
_Namespace = Annotated[
    str, Meta(min_length=1, max_length=128, pattern="^[a-z0-9_-]+$", description="The package's namespace.")
]
_Name = Annotated[str, Meta(min_length=1, max_length=128, pattern="^[a-z0-9._-]+$", description="The package's name.")]
_Limit = Annotated[int, Meta(ge=1, le=MAX_ANSWERED, description="How many comments to answer.")]
_Cursor = Annotated[int, Meta(ge=0, le=10**6, description="Where to go on: `next` of the answer before.")]


class Waiting(StrEnum):
    """Which comments a maintainer looks at."""

    REPORTED = "reported"
    HIDDEN = "hidden"


class CommentsQuery(Struct, frozen=True):
    """Which package's comments are asked for, and which part of them."""

    namespace: _Namespace
    name: _Name
    limit: _Limit = 20
    cursor: _Cursor = 0


class CommentedPackage(Struct, frozen=True):
    """Which package a comment is on."""

    namespace: _Namespace
    name: _Name


class CommentNamed(Struct, frozen=True):
    """Which comment is meant."""

    id: Annotated[str, Meta(pattern="^[0-9a-f]{16}$", description="Its id.")]


class CommentText(Struct, frozen=True):
    """What a comment says."""

    text: Annotated[
        str, Meta(min_length=1, max_length=MAX_TEXT_CHARS, description="Markdown; raw HTML is shown as it is written.")
    ]


class CommentReport(Struct, frozen=True):
    """Why a comment should not stand."""

    reason: Annotated[
        str, Meta(min_length=1, max_length=MAX_REASON_CHARS, description="What is wrong with it, for maintainers.")
    ]


class CommentJudgement(Struct, frozen=True):
    """What a maintainer decides about a comment."""

    hidden: Annotated[bool, Meta(description="Whether it is hidden from now on.")]
    reason: Annotated[
        str, Meta(max_length=MAX_REASON_CHARS, description="Why, for its author; needed where it is hidden.")
    ] = ""


class ReportsQuery(Struct, frozen=True):
    """Which comments a maintainer asks for, and which part of them."""

    state: Annotated[Waiting, Meta(description="Those with reports that wait, or those that are hidden.")] = (
        Waiting.REPORTED
    )
    limit: _Limit = 20
    cursor: _Cursor = 0


class Comment(Struct, frozen=True):
    """A comment on a package. Times are Unix seconds."""

    id: Annotated[str, Meta(description="Its name in this API.")]
    namespace: Annotated[str, Meta(description="The package's namespace.")]
    name: Annotated[str, Meta(description="The package's name.")]
    author: Annotated[str, Meta(description="Who wrote it, as the hub knows them.")]
    text: Annotated[str, Meta(description="Markdown, as it was written: not safe as HTML.")]
    created: Annotated[int, Meta(description="When it was written.")]
    edited: Annotated[int | None, Meta(description="When its text was changed last; null for never.")]
    hidden: Annotated[bool, Meta(description="Whether only its author and maintainers see it.")]
    reason: Annotated[str, Meta(description="Why it is hidden.")]

    @classmethod
    def of(cls, row: CommentRow) -> Comment:
        """The message about a comment."""
        return cls(
            *(row.id, row.namespace, row.name, row.author, row.text, row.created),
            row.edited or None,
            bool(row.hidden),
            row.reason,
        )


class CommentsAnswer(Struct, frozen=True):
    """A page of comments."""

    results: Annotated[tuple[Comment, ...], Meta(description="The newest first.")]
    total: Annotated[int, Meta(description="How many there are.")]
    next: Annotated[int | None, Meta(description="The cursor of the next page; null on the last.")]


class Report(Struct, frozen=True):
    """What somebody reported of a comment."""

    reporter: Annotated[str, Meta(description="Who.")]
    reason: Annotated[str, Meta(description="What is wrong, in their words.")]
    created: Annotated[int, Meta(description="When, in Unix seconds.")]

    @classmethod
    def of(cls, row: ReportRow) -> Report:
        """The message about a report."""
        return cls(*row)


class Reported(Struct, frozen=True):
    """A comment that waits for a maintainer, or is hidden."""

    comment: Annotated[Comment, Meta(description="The comment.")]
    reports: Annotated[tuple[Report, ...], Meta(description="The first reports that wait.")]
    count: Annotated[int, Meta(description="How many reports wait.")]

    @classmethod
    def of(cls, item: ReportedComment) -> Reported:
        """The message about a comment that a maintainer looks at."""
        return cls(Comment.of(item.comment), tuple(Report.of(row) for row in item.reports), item.count)


class ReportsAnswer(Struct, frozen=True):
    """A page of comments for maintainers."""

    results: Annotated[tuple[Reported, ...], Meta(description="The newest comment first.")]
    total: Annotated[int, Meta(description="How many there are.")]
    next: Annotated[int | None, Meta(description="The cursor of the next page; null on the last.")]
