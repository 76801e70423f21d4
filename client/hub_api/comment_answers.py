"""What a hub's API answers about comments, field by field as its OpenAPI document has it. Times in Unix seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on a package; `text` is Markdown as it was written, `edited` None for never."""

    id: str
    namespace: str
    name: str
    author: str
    text: str
    created: int
    edited: int | None
    hidden: bool
    reason: str


@dataclass(frozen=True, slots=True)
class CommentsAnswer:
    """A page of comments, the newest first."""

    results: tuple[Comment, ...]
    total: int
    next: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody reported of a comment."""

    reporter: str
    reason: str
    created: int


@dataclass(frozen=True, slots=True)
class Reported:
    """A comment that waits for a maintainer, or is hidden, with the first of `count` reports."""

    comment: Comment
    reports: tuple[Report, ...]
    count: int


@dataclass(frozen=True, slots=True)
class ReportsAnswer:
    """A page of comments for maintainers."""

    results: tuple[Reported, ...]
    total: int
    next: int | None
