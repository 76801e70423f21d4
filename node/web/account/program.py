"""`/login/device`: a program on any machine gets a hub token, when a signed-in person allows it (RFC 8628)."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus

from aiohttp import web

from ....schemas.codec import canonical_json
from ....schemas.fields import Fields
from ...accounts.forms import sent_form
from ...accounts.guard import caller_of
from ...accounts.pending import PROGRAMS
from ...accounts.program_login import DAY, Approved, ProgramLogin, grantable
from ...accounts.rights import Caller
from ...accounts.service import ACCOUNTS, AccountService
from ...accounts.token_api import record_token
from ...authority.bodies import read_form
from ...authority.devices import INTERVAL, LIFE
from ...authority.oauth import Fault, Refused
from ...authority.rates import address_key
from ...authority.tokens import DEVICE_GRANT, NO_STORE, told_to_the_program
from ..views import answer_page
from .pages import ProgramPage

PATH = PROGRAMS
MAX_CODE_CHARS = 32


@told_to_the_program
async def begin(request: web.Request) -> web.StreamResponse:
    """POST /login/device/code: a program asks for a token with scopes and days (sections 3.1 and 3.2)."""
    service = request.app[ACCOUNTS]
    service.limits.program.take(address_key(request.remote or ""))
    wanted = ProgramLogin.read(await read_form(request))
    if not service.ways:
        raise web.HTTPNotFound(text="this hub has no sign-in for people; its operator gives out tokens")
    device_code, user_code = service.programs.start(wanted, datetime.now(UTC))
    body = canonical_json(
        {
            "device_code": device_code,
            "user_code": user_code,
            "verification_uri": f"{service.url}{PATH}",
            "verification_uri_complete": f"{service.url}{PATH}?code={user_code}",
            "expires_in": int(LIFE.total_seconds()),
            "interval": int(INTERVAL.total_seconds()),
        }
    )
    return web.Response(body=body, content_type="application/json", headers=NO_STORE)


@told_to_the_program
async def give(request: web.Request) -> web.StreamResponse:
    """POST /login/device/token: the token, once it is allowed (section 3.4)."""
    service = request.app[ACCOUNTS]
    service.limits.program.take(address_key(request.remote or ""))
    form = await read_form(request)
    if form.text("grant_type", limit=128) != DEVICE_GRANT:
        raise Refused(Fault.UNSUPPORTED_GRANT, "the grant_type is not known here")
    granted = service.programs.take(form.text("device_code", limit=128), datetime.now(UTC))
    wanted, now = granted.wanted, service.clock()
    made = service.tokens.create(granted.identity, wanted.scopes, name=wanted.name, now=now, life=wanted.days * DAY)
    await record_token(request, made.facts)
    told = {"access_token": made.text, "token_type": "Bearer", "expires_in": wanted.days * DAY}
    body = canonical_json(told | {"scope": " ".join(wanted.scopes.words), "identity": granted.identity})
    return web.Response(body=body, content_type="application/json", headers=NO_STORE)


async def show(request: web.Request) -> web.StreamResponse:
    """GET /login/device[?code=…]: what a program asks for; or the form for its code."""
    service, caller, code = request.app[ACCOUNTS], await caller_of(request), request.query.get("code", "")
    if code:
        service.limits.sign_in.take(address_key(request.remote or ""))  # codes are short
    return answer_page(request, _asked(service, caller, code), private=True)


async def allow(request: web.Request) -> web.StreamResponse:
    """POST /login/device: allow it."""
    service, caller, form = request.app[ACCOUNTS], await caller_of(request), await sent_form(request)
    service.limits.sign_in.take(address_key(request.remote or ""))
    page = _asked(service, caller, _code(form))
    if page.wanted is not None:
        granted = grantable(page.wanted.scopes, caller)
        wanted = ProgramLogin(granted, page.wanted.days, page.wanted.name)
        done = service.programs.approve(page.code, Approved(caller.identity or "", wanted), datetime.now(UTC))
        page = ProgramPage(done=done, unknown=not done)
    return answer_page(request, page, private=True)


def _asked(service: AccountService, caller: Caller, code: str) -> ProgramPage:
    if not code:
        return ProgramPage()
    wanted = service.programs.asked(code[:MAX_CODE_CHARS], datetime.now(UTC))
    if wanted is None:
        return ProgramPage(unknown=True, status=HTTPStatus.NOT_FOUND)
    return ProgramPage(code[:MAX_CODE_CHARS], wanted, grantable(wanted.scopes, caller).words)


def _code(form: Fields) -> str:
    return form.text("code", limit=MAX_CODE_CHARS, default="")
