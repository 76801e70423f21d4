"""`/admin/people`: everybody whom the hub knows; their role, sessions and tokens, and how to end them."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import quote

from aiohttp import web

from ....schemas.identity import MAX_IDENTITY_CHARS
from ...accounts.forms import sent_form
from ...accounts.guard import caller_of
from ...accounts.roles import Role
from ...accounts.service import ACCOUNTS
from ...admin import people
from ..views import answer_page
from .pages import PeoplePage, PersonPage

PEOPLE = 50  # on a page
MAX_TOKENS = 40  # of a person, on a page
NO_STORE = {"Cache-Control": "no-store"}


async def show_people(request: web.Request) -> web.StreamResponse:
    """GET /admin/people?q=…&after=…"""
    text, after = (request.query.get(name, "")[:MAX_IDENTITY_CHARS] for name in ("q", "after"))
    found = request.app[ACCOUNTS].people.page(text.strip(), after=after, limit=PEOPLE + 1)
    shown = found[:PEOPLE]
    page = PeoplePage(shown, text.strip(), shown[-1].identity if len(found) > PEOPLE else "")
    return answer_page(request, page, private=True)


async def show_person(request: web.Request) -> web.StreamResponse:
    """GET /admin/people/<identity>."""
    known, caller = await people.look_at(request, request.match_info["identity"]), await caller_of(request)
    page = PersonPage(
        known.person,
        known.tokens[:MAX_TOKENS],
        max(0, len(known.tokens) - MAX_TOKENS),
        known.sessions,
        known.namespaces,
        known.person.identity == caller.identity,
        [role.word for role in Role if role is not Role.NONE],
        *(known.use.bytes, known.use.own, known.use.quota),
    )
    return answer_page(request, page, private=True)


async def set_role(request: web.Request) -> web.StreamResponse:
    """POST /admin/people/role."""
    role = Role.read((await sent_form(request)).text("role", limit=16))
    identity = await _whom(request)
    await people.change_role(request, identity, role)
    return _back(identity)


async def close_account(request: web.Request) -> web.StreamResponse:
    """POST /admin/people/close: no role any more; every session and token is over, for good."""
    identity = await _whom(request)
    await people.change_role(request, identity, Role.NONE)
    return _back(identity)


async def end_sessions(request: web.Request) -> web.StreamResponse:
    """POST /admin/people/sessions: end all of somebody's, but the one that asks."""
    identity = await _whom(request)
    await people.end_sessions(request, identity)
    return _back(identity)


async def revoke_tokens(request: web.Request) -> web.StreamResponse:
    """POST /admin/people/tokens: revoke one of somebody's tokens (`id`), or all."""
    identity, token = await _whom(request), (await sent_form(request)).text("id", limit=64, default="")
    if token:
        await people.revoke_token(request, identity, token)
    else:
        await people.revoke_tokens(request, identity)
    return _back(identity)


async def _whom(request: web.Request) -> str:
    return (await sent_form(request)).text("identity", limit=MAX_IDENTITY_CHARS)


def _back(identity: str) -> web.Response:
    place = f"/admin/people/{quote(identity, safe='@')}"
    return web.Response(status=HTTPStatus.SEE_OTHER, headers=NO_STORE | {"Location": place})
