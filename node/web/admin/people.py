"""`/admin/people`: everybody whom the hub knows; their role, sessions and tokens, and how to end them."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from urllib.parse import quote

from aiohttp import web

from ....schemas.errors import Conflict, NotFound
from ....schemas.identity import MAX_IDENTITY_CHARS
from ...accounts.forms import sent_form
from ...accounts.guard import caller_of
from ...accounts.people import Person
from ...accounts.roles import Role
from ...accounts.service import ACCOUNTS
from ...authority.audit import What
from ...storage.quotas import Kind
from ..views import answer_page
from .pages import PeoplePage, PersonPage
from .service import ADMIN

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
    service, person = request.app[ACCOUNTS], _person(request, request.match_info["identity"])
    now, caller, quotas = service.clock(), await caller_of(request), request.app[ADMIN].quotas
    tokens = [item for item in service.tokens.of(person.identity) if item.valid(now)]
    page = PersonPage(
        person,
        tokens[:MAX_TOKENS],
        max(0, len(tokens) - MAX_TOKENS),
        service.sessions.of(person.identity, now=now),
        service.namespaces(person.identity),
        person.identity == caller.identity,
        [role.word for role in Role if role is not Role.NONE],
        await asyncio.to_thread(quotas.person_bytes, person.identity),
        quotas.own(Kind.PERSON, person.identity),
        quotas.of(Kind.PERSON, person.identity),
    )
    return answer_page(request, page, private=True)


async def set_role(request: web.Request) -> web.StreamResponse:
    """POST /admin/people/role."""
    form = await sent_form(request)
    role = Role.read(form.text("role", limit=16))
    person = await _other(request)
    await _change_role(request, person, role)
    return _back(person)


async def close_account(request: web.Request) -> web.StreamResponse:
    """POST /admin/people/close: no role any more; every session and token is over, for good."""
    service, person = request.app[ACCOUNTS], await _other(request)
    await _change_role(request, person, Role.NONE)
    service.sessions.end_others(person.identity, but="")
    service.tokens.revoke_all(person.identity, now=service.clock())
    return _back(person)


async def end_sessions(request: web.Request) -> web.StreamResponse:
    """POST /admin/people/sessions: end all of somebody's, but the one that asks."""
    service, caller, form = request.app[ACCOUNTS], await caller_of(request), await sent_form(request)
    person = _person(request, form.text("identity", limit=MAX_IDENTITY_CHARS))
    ended = service.sessions.end_others(person.identity, but=caller.key)
    await service.record(request, What.SESSIONS_ENDED, caller.identity or "", whom=person.identity, sessions=str(ended))
    return _back(person)


async def revoke_tokens(request: web.Request) -> web.StreamResponse:
    """POST /admin/people/tokens: revoke one of somebody's tokens (`id`), or all."""
    service, caller, form = request.app[ACCOUNTS], await caller_of(request), await sent_form(request)
    person, now = _person(request, form.text("identity", limit=MAX_IDENTITY_CHARS)), service.clock()
    token = form.text("id", limit=64, default="")
    if token:
        service.tokens.revoke(token, now=now, identity=person.identity)
    else:
        service.tokens.revoke_all(person.identity, now=now)
    who = caller.identity or ""
    await service.record(request, What.TOKEN_REVOKED, who, whom=person.identity, token=token or "all")
    return _back(person)


async def _change_role(request: web.Request, person: Person, role: Role) -> None:
    service, caller = request.app[ACCOUNTS], await caller_of(request)
    service.people.set_role(person.identity, role)
    about = {"whom": person.identity, "role": role.word, "before": person.role.word}
    await service.record(request, What.ROLE, caller.identity or "", **about)


async def _other(request: web.Request) -> Person:
    """Whom the form names; nobody takes their own role away, lest no admin is left. Raises: NotFound, Conflict."""
    caller, form = await caller_of(request), await sent_form(request)
    person = _person(request, form.text("identity", limit=MAX_IDENTITY_CHARS))
    if person.identity == caller.identity:
        raise Conflict(
            "nobody changes their own role", todo="Ask another admin, or use `ebpfhub user role` on the hub's machine."
        )
    return person


def _person(request: web.Request, identity: str) -> Person:
    found = request.app[ACCOUNTS].people.find(identity)
    if found is None:
        raise NotFound("nobody here has this identity")
    return found


def _back(person: Person) -> web.Response:
    place = f"/admin/people/{quote(person.identity, safe='@')}"
    return web.Response(status=HTTPStatus.SEE_OTHER, headers=NO_STORE | {"Location": place})
