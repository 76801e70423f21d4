"""`/account`: one's tokens, sessions and namespaces."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus

from aiohttp import web

from ....schemas.errors import BadInput, Denied, HubError
from ....schemas.fields import Fields
from ...accounts.forms import sent_form
from ...accounts.guard import caller_of
from ...accounts.rights import Caller
from ...accounts.scopes import Scope, Scopes
from ...accounts.service import ACCOUNTS
from ...accounts.token_api import make_token, record_token
from ...authority.audit import What
from ...errors import message_of, status_of
from ..views import answer_page
from .pages import AccountPage

MAX_DAYS = 365
MAX_NAMESPACES = 40  # on the page


async def show_account(request: web.Request) -> web.StreamResponse:
    """GET /account."""
    return answer_page(request, _account(request, await caller_of(request)), private=True)


async def create(request: web.Request) -> web.StreamResponse:
    """POST /account/tokens: make a token, and show it this once."""
    caller = await caller_of(request)
    try:
        form = await sent_form(request)
        name, days = form.text("name", limit=80, default=""), _days(form)
        secret, facts = make_token(request.app[ACCOUNTS], caller, _scopes(form), name=name, days=days)
        await record_token(request, facts)
    except HubError as error:
        return _refused(request, caller, error)
    return answer_page(request, replace(_account(request, caller), made=secret), private=True)


async def revoke(request: web.Request) -> web.StreamResponse:
    """POST /account/tokens/revoke."""
    service, caller = request.app[ACCOUNTS], await caller_of(request)
    try:
        form = await sent_form(request)
        token, who = form.text("id", limit=64), caller.identity or ""
        service.tokens.revoke(token, now=service.clock(), identity=who)
        await service.record(request, What.TOKEN_REVOKED, who, token=token)
    except HubError as error:
        return _refused(request, caller, error)
    return _back()


async def end(request: web.Request) -> web.StreamResponse:
    """POST /account/sessions/end: one session, or all but this one."""
    service, caller = request.app[ACCOUNTS], await caller_of(request)
    form = await sent_form(request)
    if form.has("id"):
        service.sessions.end(form.text("id", limit=64), identity=caller.identity or "")
    else:
        service.sessions.end_others(caller.identity or "", but=caller.key)
    return _back()


def _account(request: web.Request, caller: Caller) -> AccountPage:
    service, identity = request.app[ACCOUNTS], caller.identity or ""
    now, person = service.clock(), service.people.find(identity)
    if person is None:
        raise Denied("nobody here has this identity")
    return AccountPage(
        person,
        [item for item in service.tokens.of(identity) if item.valid(now)],
        service.sessions.of(identity, now=now),
        caller.key,
        [(name, service.owners(name)) for name in service.namespaces(identity)[:MAX_NAMESPACES]],
        [scope for scope in caller.scopes.words if scope != Scope.READ],
    )


def _refused(request: web.Request, caller: Caller, error: HubError) -> web.StreamResponse:
    page = replace(_account(request, caller), refused=message_of(error), todo=error.todo, status=status_of(error))
    return answer_page(request, page, private=True)


def _scopes(form: Fields) -> Scopes:
    """The scopes of the form: a checkbox each; a namespace stands for publishing in that one only."""
    words = [scope for scope in Scope if form.has(f"scope-{scope}")]
    namespace = form.text("namespace", limit=128, default="").strip()
    if namespace:
        words = [word for word in words if word != Scope.PUBLISH]
        return Scopes.read([Scope.READ, *words, f"publish:{namespace}"])
    return Scopes.read([Scope.READ, *words])


def _days(form: Fields) -> int:
    text = form.text("days", limit=4, default="90")
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= MAX_DAYS:
        raise BadInput(f"must be 1 to {MAX_DAYS}", where="days")
    return int(text)


def _back() -> web.Response:
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/account", "Cache-Control": "no-store"})
