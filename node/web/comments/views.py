"""Comments in a browser: they are read, written, changed and reported with forms that need no script."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Any

from aiohttp import web

from ....schemas.errors import BadInput, Conflict, Denied, HubError
from ...accounts.forms import sent_form
from ...accounts.guard import add_guarded, caller_of
from ...accounts.rights import ADMINISTERING, COMMENTING, MODERATING, READING, Caller
from ...errors import message_of, status_of
from ...hub.comment_operations import judge_comment
from ...hub.comments import MAX_REASON_CHARS, MAX_TEXT_CHARS
from ...hub.services import HUB
from ..search import page_number
from ..views import answer_page
from .pages import CommentPage, CommentsPage, CommentsPart, ModerationPage, ShownComment
from .text import MAX_WHOLE_BYTES, render_comment

ON_PAGE = 10  # comments of one page
ON_MODERATION = 5  # with their reports
_ROOM = 6  # bytes that a character of a form may take more than one


def add_comment_routes(app: web.Application) -> None:
    """Serve the pages with comments; before the packages' own, whose addresses are longer."""
    package = r"/packages/{namespace:[a-z0-9_-]+}/{name}/comments"
    add_guarded(
        app,
        {
            READING: [web.get(package, show_comments), web.get("/comments/{id}", show_comment)],
            COMMENTING: [
                web.post(package, write),
                web.post("/comments/{id}", edit),
                web.post("/comments/{id}/delete", delete),
                web.post("/comments/{id}/report", report),
            ],
            MODERATING: [web.get("/moderation", show_moderation), web.post("/comments/{id}/moderation", moderate)],
        },
    )


async def show_comments(request: web.Request) -> web.StreamResponse:
    """GET /packages/<namespace>/<name>/comments."""
    return answer_page(request, _comments(request, await caller_of(request)), private=True)


async def write(request: web.Request) -> web.StreamResponse:
    """POST /packages/<namespace>/<name>/comments: a new comment."""
    caller, form = await caller_of(request), await sent_form(request)
    asked, text = request.match_info, form.text("text", limit=MAX_TEXT_CHARS * _ROOM, default="")
    try:
        made = request.app[HUB].comments.write(caller, asked["namespace"], asked["name"], text)
    except (BadInput, Conflict, Denied) as error:
        page = _comments(request, caller)
        return answer_page(request, replace(page, draft=text, **_refusal(error)), private=True)
    return _see(f"/packages/{made.namespace}/{made.name}/comments#c{made.id}")


async def show_comment(request: web.Request) -> web.StreamResponse:
    """GET /comments/<id>."""
    return answer_page(request, _comment(request, await caller_of(request)), private=True)


async def edit(request: web.Request) -> web.StreamResponse:
    """POST /comments/<id>: another text."""
    caller, form = await caller_of(request), await sent_form(request)
    page, text = _comment(request, caller), form.text("text", limit=MAX_TEXT_CHARS * _ROOM, default="")
    try:
        request.app[HUB].comments.edit(caller, request.match_info["id"], text)
    except (BadInput, Denied) as error:
        return answer_page(request, replace(page, draft=text, **_refusal(error)), private=True)
    return _see(page.shown.address)


async def delete(request: web.Request) -> web.StreamResponse:
    """POST /comments/<id>/delete."""
    gone = request.app[HUB].comments.delete(await caller_of(request), request.match_info["id"])
    return _see(f"/packages/{gone.namespace}/{gone.name}/comments")


async def report(request: web.Request) -> web.StreamResponse:
    """POST /comments/<id>/report."""
    caller, form = await caller_of(request), await sent_form(request)
    page, reason = _comment(request, caller), form.text("reason", limit=MAX_REASON_CHARS * _ROOM, default="")
    try:
        request.app[HUB].comments.report(caller, request.match_info["id"], reason)
    except (BadInput, Denied) as error:
        return answer_page(request, replace(page, **_refusal(error)), private=True)
    return answer_page(request, replace(page, reported=True), private=True)


async def moderate(request: web.Request) -> web.StreamResponse:
    """POST /comments/<id>/moderation: hide it, or let it stand."""
    caller, form = await caller_of(request), await sent_form(request)
    page, hidden = _comment(request, caller), form.text("act", limit=16, default="") == "hide"
    reason = form.text("reason", limit=MAX_REASON_CHARS * _ROOM, default="")
    try:
        await judge_comment(request, request.match_info["id"], hidden=hidden, reason=reason)
    except (BadInput, Denied) as error:
        return answer_page(request, replace(page, **_refusal(error)), private=True)
    return _see("/moderation")


async def show_moderation(request: web.Request) -> web.StreamResponse:
    """GET /moderation[?show=hidden]."""
    caller = await caller_of(request)
    hidden, number = request.query.get("show") == "hidden", page_number(request.query.get("page", "1"))
    found, total = request.app[HUB].comments.reported(
        hidden=hidden, offset=(number - 1) * ON_MODERATION, limit=ON_MODERATION
    )
    items = [(item, ShownComment.of(item.comment, None)) for item in found]
    page = ModerationPage(items, hidden, number, _pages(total, ON_MODERATION), caller.may(ADMINISTERING))
    return answer_page(request, page, private=True)


def _comments(request: web.Request, caller: Caller) -> CommentsPage:
    asked, number = request.match_info, page_number(request.query.get("page", "1"))
    found = request.app[HUB].comments.of(
        *(asked["namespace"], asked["name"]), viewer=caller, offset=(number - 1) * ON_PAGE, limit=ON_PAGE
    )
    shown = tuple(ShownComment.of(row, caller.identity) for row in found.comments)
    return CommentsPage(
        *(asked["namespace"], asked["name"]), CommentsPart(shown, found.total), number, _pages(found.total, ON_PAGE)
    )


def _comment(request: web.Request, caller: Caller) -> CommentPage:
    row = request.app[HUB].comments.find(request.match_info["id"], viewer=caller)
    shown = ShownComment(row, render_comment(row.text, limit=MAX_WHOLE_BYTES), row.author == caller.identity)
    return CommentPage(shown, bool(caller.form), caller.identity is not None and caller.may(MODERATING), draft=row.text)


def _refusal(error: HubError) -> dict[str, Any]:
    return {"refused": message_of(error), "todo": error.todo, "status": status_of(error)}


def _pages(total: int, each: int) -> int:
    return max(1, -(-total // each))


def _see(place: str) -> web.Response:
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": place, "Cache-Control": "no-store"})
