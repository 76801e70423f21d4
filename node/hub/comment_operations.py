"""The API's operations about comments. Their types are the messages', their rules those of `comments.py`."""

from __future__ import annotations

from http import HTTPMethod, HTTPStatus

from aiohttp import web

from ..accounts.guard import caller_of
from ..accounts.rights import COMMENTING, MODERATING, READING
from ..accounts.service import ACCOUNTS
from ..api.operation import Operation
from ..authority.audit import What
from ..storage.comments import CommentRow
from .comment_messages import (
    Comment,
    CommentedPackage,
    CommentJudgement,
    CommentNamed,
    CommentReport,
    CommentsAnswer,
    CommentsQuery,
    CommentText,
    Reported,
    ReportsAnswer,
    ReportsQuery,
    Waiting,
)
from .services import HUB

_PACKAGE = "/api/v1/packages/{namespace}/{name}/comments"
_ONE = "/api/v1/comments/{id}"
_REFUSALS = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND)
_LIMITED = (*_REFUSALS, HTTPStatus.TOO_MANY_REQUESTS)
_BODY_LIMIT = 16 * 1024  # bytes of JSON, in which each character may take six


async def comments(request: web.Request, query: CommentsQuery) -> CommentsAnswer:
    """List the comments on a package.

    Of a package of this hub's own log; comments on mirrored packages are on their origin's hub. Hidden ones are there
    for their author and for maintainers only.
    """
    found = request.app[HUB].comments.of(
        *(query.namespace, query.name), viewer=await caller_of(request), offset=query.cursor, limit=query.limit
    )
    return CommentsAnswer(
        tuple(Comment.of(row) for row in found.comments),
        found.total,
        _next(query.cursor, query.limit, found.total),
    )


async def write_comment(request: web.Request, given: tuple[CommentedPackage, CommentText]) -> Comment:
    """Write a comment on a package.

    It is shown with the identity of whoever wrote it. The scope `comment` is needed, which sessions have.
    """
    on, wanted = given
    writer = await caller_of(request)
    return Comment.of(request.app[HUB].comments.write(writer, on.namespace, on.name, wanted.text))


async def edit_comment(request: web.Request, given: tuple[CommentNamed, CommentText]) -> Comment:
    """Change the text of one's own comment.

    It tells that it was edited. What is hidden cannot be changed.
    """
    named, wanted = given
    return Comment.of(request.app[HUB].comments.edit(await caller_of(request), named.id, wanted.text))


async def delete_comment(request: web.Request, named: CommentNamed) -> Comment:
    """Delete one's own comment.

    It is gone for good, and so is what was reported of it. The answer is the comment as it was.
    """
    return Comment.of(request.app[HUB].comments.delete(await caller_of(request), named.id))


async def report_comment(request: web.Request, given: tuple[CommentNamed, CommentReport]) -> Comment:
    """Report a comment to the hub's maintainers.

    Once for each person and comment; a second report changes nothing.
    """
    named, wanted = given
    return Comment.of(request.app[HUB].comments.report(await caller_of(request), named.id, wanted.reason))


async def moderate_comment(request: web.Request, given: tuple[CommentNamed, CommentJudgement]) -> Comment:
    """Hide a comment, or let it stand.

    What was reported of it is settled by this. Its author sees a hidden one, with the reason, and so do maintainers.
    """
    named, wanted = given
    return Comment.of(await judge_comment(request, named.id, hidden=wanted.hidden, reason=wanted.reason))


async def reports(request: web.Request, query: ReportsQuery) -> ReportsAnswer:
    """List comments that were reported.

    Those that no maintainer has judged since, or with `state=hidden` those that are hidden.
    """
    found, total = request.app[HUB].comments.reported(
        hidden=query.state is Waiting.HIDDEN, offset=query.cursor, limit=query.limit
    )
    return ReportsAnswer(tuple(Reported.of(item) for item in found), total, _next(query.cursor, query.limit, total))


async def judge_comment(request: web.Request, id: str, *, hidden: bool, reason: str) -> CommentRow:
    """Hide a comment or let it stand, and record who did. Raises: BadInput, NotFound, Denied, StorageFailed."""
    moderator = await caller_of(request)
    judged = request.app[HUB].comments.judge(moderator, id, hidden=hidden, reason=reason)
    what = What.COMMENT_HIDDEN if hidden else What.COMMENT_SHOWN
    await request.app[ACCOUNTS].record(request, what, moderator.identity or "", whom=judged.author, comment=id)
    return judged


def _next(cursor: int, limit: int, total: int) -> int | None:
    return cursor + limit if cursor + limit < total else None


COMMENT_OPERATIONS = (
    Operation(
        method=HTTPMethod.GET,
        path=_PACKAGE,
        needs=READING,
        handler=comments,
        query=CommentsQuery,
        result=CommentsAnswer,
        refusals=_REFUSALS,
        private=True,
    ),
    Operation(
        method=HTTPMethod.POST,
        path=_PACKAGE,
        needs=COMMENTING,
        handler=write_comment,
        query=CommentedPackage,
        body=CommentText,
        body_limit=_BODY_LIMIT,
        result=Comment,
        status=HTTPStatus.CREATED,
        refusals=(*_LIMITED, HTTPStatus.CONFLICT),
    ),
    Operation(
        method=HTTPMethod.PUT,
        path=_ONE,
        needs=COMMENTING,
        handler=edit_comment,
        query=CommentNamed,
        body=CommentText,
        body_limit=_BODY_LIMIT,
        result=Comment,
        refusals=_LIMITED,
    ),
    Operation(
        method=HTTPMethod.DELETE,
        path=_ONE,
        needs=COMMENTING,
        handler=delete_comment,
        query=CommentNamed,
        result=Comment,
        refusals=_REFUSALS,
    ),
    Operation(
        method=HTTPMethod.POST,
        path=f"{_ONE}/reports",
        needs=COMMENTING,
        handler=report_comment,
        query=CommentNamed,
        body=CommentReport,
        result=Comment,
        status=HTTPStatus.CREATED,
        refusals=_LIMITED,
    ),
    Operation(
        method=HTTPMethod.PUT,
        path=f"{_ONE}/moderation",
        needs=MODERATING,
        handler=moderate_comment,
        query=CommentNamed,
        body=CommentJudgement,
        result=Comment,
        refusals=_REFUSALS,
    ),
    Operation(
        method=HTTPMethod.GET,
        path="/api/v1/reports",
        needs=MODERATING,
        handler=reports,
        query=ReportsQuery,
        result=ReportsAnswer,
        refusals=(HTTPStatus.BAD_REQUEST,),
        private=True,
    ),
)
