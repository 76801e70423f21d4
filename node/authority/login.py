"""The authorization endpoint: a person signs in with a password, and a program on the same machine gets a code.

OpenID Connect Core 1.0 section 3.1.2; RFC 6749 section 4.1; RFC 9207 (the answer names its issuer).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from ...schemas.errors import BadInput, HubError
from ...signing.authority.subject import Subject
from .audit import Record, What
from .bodies import BadBody, parse_form, read_form
from .oauth import AuthorizationRequest, Redirect, Refused
from .page import code_page, error_page, login_page, words_of
from .rates import TooMany, address_key
from .service import SERVICE
from .tickets import LIFE, MAX_TICKET_CHARS, check_cookie, new_cookie

COOKIE = "ebpfhub_login"
PATH = "/sigstore/oidc/auth"
MAX_PASSWORD_CHARS = 1024
WRONG = "Identity or password is wrong."
_log = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def told_to_the_person(handler: Handler) -> Handler:
    """Answer every error of a handler with a page."""

    async def answer(request: web.Request) -> web.StreamResponse:
        words = words_of(request)
        try:
            return await handler(request)
        except TooMany as error:
            page = error_page(words, words.too_often.format(seconds=error.retry_after), status=429)
            page.headers["Retry-After"] = str(error.retry_after)
            return page
        except BadInput as error:
            status = error.status if isinstance(error, BadBody) else 400
            return error_page(words, f"{error.where} {error.what}. {error.todo}".strip(), status=status, lang="en")
        except HubError as error:  # the reason is the operator's, not the person's
            _log.error("sign-in failed: %s", error)
            return error_page(words, words.later, status=503)

    return answer


@told_to_the_person
async def show_login(request: web.Request) -> web.StreamResponse:
    """`GET /sigstore/oidc/auth`: the form; or an error, told to the program if its address is a loopback one."""
    service = request.app[SERVICE]
    fields = parse_form(request.rel_url.raw_query_string.encode())
    redirect = Redirect.parse(fields.text("redirect_uri", limit=1024), own=service.own_redirect)
    try:
        asked = AuthorizationRequest.parse(fields, redirect)
    except Refused as error:
        state = fields.raw("state")
        return _failed(request, redirect, error, str(state or "")[:512])
    cookie = request.cookies.get(COOKIE, "")
    if not check_cookie(cookie):
        cookie = new_cookie()
    page = _form(request, asked, cookie)
    secure = service.base_url.startswith("https://")
    seconds = int(LIFE.total_seconds())
    page.set_cookie(COOKIE, cookie, max_age=seconds, path=PATH, secure=secure, httponly=True, samesite="Strict")
    return page


@told_to_the_person
async def log_in(request: web.Request) -> web.StreamResponse:
    """`POST /sigstore/oidc/auth`: check the password and give the code."""
    service = request.app[SERVICE]
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise BadInput("the form was sent by another site")
    service.limits.login.take(address_key(service.client_address(request)))
    form = await read_form(request)
    cookie = request.cookies.get(COOKIE, "")
    asked = service.tickets.open(form.text("ticket", limit=MAX_TICKET_CHARS), cookie, service.clock())
    identity = form.text("identity", limit=254, default="")
    password = form.text("password", limit=MAX_PASSWORD_CHARS, default="")
    subject = await signed_in(request, identity, password, way="browser")
    if subject is None:
        return _form(request, asked, cookie, wrong=words_of(request).wrong, status=403)
    return _code(request, asked, subject)


async def signed_in(request: web.Request, identity: str, password: str, *, way: str) -> Subject | None:
    """Whom identity and password stand for; None for wrong ones. Raises: TooMany, StorageFailed."""
    service = request.app[SERVICE]
    record = Record(What.SIGN_IN, service.client_address(request), issuer=service.keys.issuer, about={"way": way})
    if await service.accounts.knows(identity):  # else it may be a password in the wrong field
        record.who = identity
    try:
        subject = Subject.parse(identity)
        service.limits.login_identity.take(identity)
        async with service.password_gate:
            good = await service.accounts.check_password(identity, password)
    except HubError as error:
        await service.audit.refused(record, error.what if isinstance(error, TooMany) else WRONG)
        if isinstance(error, BadInput):
            return None
        raise
    if not good:
        await service.audit.refused(record, WRONG)
        return None
    await service.audit.given(record)
    return subject


def _code(request: web.Request, asked: AuthorizationRequest, subject: Subject) -> web.Response:
    service = request.app[SERVICE]
    code = service.codes.give(subject, asked, service.clock())
    if asked.redirect.out_of_band:
        return code_page(words_of(request), code)
    return _see_other(asked.redirect, {"code": code, "state": asked.state, "iss": service.keys.issuer})


def _failed(request: web.Request, redirect: Redirect, error: Refused, state: str) -> web.Response:
    if redirect.out_of_band:
        return error_page(words_of(request), error.what, status=400, lang="en")
    issuer = request.app[SERVICE].keys.issuer
    answer = {"error": error.fault.value, "error_description": error.what, "iss": issuer}
    return _see_other(redirect, answer | ({"state": state} if state else {}))


def _see_other(redirect: Redirect, answer: dict[str, str]) -> web.Response:
    headers = {"Location": redirect.with_answer(answer), "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return web.Response(status=303, headers=headers)


def _form(
    request: web.Request, asked: AuthorizationRequest, cookie: str, *, wrong: str = "", status: int = 200
) -> web.Response:
    service = request.app[SERVICE]
    return login_page(
        words_of(request),
        origin=service.keys.origin,
        path=PATH,
        ticket=service.tickets.seal(asked, cookie, service.clock()),
        answer_to=asked.redirect.origin,
        own=asked.redirect.own,
        wrong=wrong,
        status=status,
    )
