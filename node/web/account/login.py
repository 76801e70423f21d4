"""`/login/`: people sign in at a provider and come back with a session; and sign out."""

from __future__ import annotations

import logging
from http import HTTPStatus

from aiohttp import hdrs, web

from ....schemas.errors import BadInput, Denied, HubError
from ...accounts.guard import caller_of
from ...accounts.pending import SECONDS, Asked, own_path
from ...accounts.service import ACCOUNTS
from ...accounts.ways import MAX_CODE_CHARS, Way
from ...authority.audit import What
from ...authority.rates import TooMany, address_key
from ..views import answer_page
from .pages import LoginPage

COOKIE = "ebpfhub_signin"
PATH = "/login/"
MAX_STATE_CHARS = 512
_log = logging.getLogger(__name__)


async def show_ways(request: web.Request) -> web.StreamResponse:
    """GET /login/: how one can sign in; on to the only way where there is one."""
    service, back = request.app[ACCOUNTS], own_path(request.query.get("next", "/"))
    if len(service.ways) == 1:
        return _see_other(str(request.rel_url.with_path("/login/start").with_query({"with": "0", "next": back})))
    return _page(request, LoginPage([(number, way.name) for number, way in enumerate(service.ways)], back))


async def start(request: web.Request) -> web.StreamResponse:
    """GET /login/start?with=<number>&next=<path>: to the provider, with a question for this browser alone."""
    service = request.app[ACCOUNTS]
    try:
        service.limits.sign_in.take(address_key(request.remote or ""))
        number = request.query.get("with", "")
        if not number.isascii() or not number.isdigit() or len(number) > 3 or int(number) >= len(service.ways):
            raise BadInput("there is no such way to sign in")
        asked = Asked(int(number), own_path(request.query.get("next", "/")))
        answer = _see_other(await service.ways[asked.way].address(asked))
    except HubError as error:
        return _refused(request, error)
    service.pending.put(asked)
    answer.set_cookie(
        COOKIE, asked.cookie, max_age=int(SECONDS), path=PATH, httponly=True, samesite="Lax",
        secure=service.url.startswith("https://"),
    )  # fmt: skip
    return answer


async def come_back(request: web.Request) -> web.StreamResponse:
    """GET /login/callback: the provider's answer becomes a session."""
    service = request.app[ACCOUNTS]
    try:
        service.limits.sign_in.take(address_key(request.remote or ""))
        asked = service.pending.take(_one(request, "state", MAX_STATE_CHARS), request.cookies.get(COOKIE, ""))
        way = service.ways[asked.way]
        identity = await way.identity(asked, _code(request, way))
        service.people.meet(identity, issuer=way.issuer, newcomer=service.newcomers)
        if way.issuer:  # the own authority has recorded it
            await service.record(request, What.SIGN_IN, identity, issuer=way.issuer, way="page")
    except HubError as error:
        return _refused(request, error)
    if old := service.sessions.find(request.cookies.get(service.browsers.cookie, ""), now=service.clock()):
        service.sessions.end(old.id, identity=old.identity)  # whoever knew its secret shall not be signed in
    agent = request.headers.get(hdrs.USER_AGENT, "")
    secret = service.sessions.begin(identity, agent=agent, address=request.remote or "", now=service.clock())
    answer = _see_other(asked.next)
    service.browsers.keep(answer, secret)
    answer.del_cookie(COOKIE, path=PATH)
    return answer


async def sign_out(request: web.Request) -> web.StreamResponse:
    """POST /login/out: end the session."""
    service, caller = request.app[ACCOUNTS], await caller_of(request)
    service.sessions.end(caller.key, identity=caller.identity or "")
    answer = _see_other("/")
    service.browsers.forget(answer)
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


def _code(request: web.Request, way: Way) -> str:
    """The code of an answer (RFC 6749 section 4.1.2), from the right provider (RFC 9207). Raises: Denied, BadInput."""
    if "error" in request.query:
        raise Denied("the provider did not let you in")
    told = request.query.get("iss", "")
    if told and way.issuer and told != way.issuer:
        raise Denied("the answer is another provider's")
    return _one(request, "code", MAX_CODE_CHARS)


def _one(request: web.Request, name: str, limit: int) -> str:
    values = request.query.getall(name, [])
    if len(values) != 1 or not values[0] or len(values[0]) > limit:
        raise BadInput("must stand there once", where=name)
    return values[0]


def _refused(request: web.Request, error: HubError) -> web.StreamResponse:
    """A page that says why, without what only the operator should know."""
    _log.info("sign-in refused: %s", error.what)
    kind, told = HTTPStatus.BAD_GATEWAY, "the provider does not answer"
    if isinstance(error, TooMany):
        kind, told = HTTPStatus.TOO_MANY_REQUESTS, error.what
    elif isinstance(error, BadInput | Denied):
        kind, told = HTTPStatus.BAD_REQUEST if isinstance(error, BadInput) else HTTPStatus.FORBIDDEN, error.what
    page = LoginPage((), "/", refused=told, todo=error.todo if kind != HTTPStatus.BAD_GATEWAY else "", status=kind)
    answer = _page(request, page)
    if isinstance(error, TooMany):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _page(request: web.Request, page: LoginPage) -> web.StreamResponse:
    return answer_page(request, page, private=True)


def _see_other(place: str) -> web.Response:
    headers = {"Location": place, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return web.Response(status=HTTPStatus.SEE_OTHER, headers=headers)
