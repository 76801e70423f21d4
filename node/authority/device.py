"""The device flow's two ends (RFC 8628): a program asks for codes, a person signs in with the short one.

The token itself is given at the token endpoint (tokens.py).
"""

from __future__ import annotations

from aiohttp import web

from ...schemas.codec import canonical_json
from ...schemas.errors import BadInput
from .bodies import parse_form, read_form
from .devices import INTERVAL, LIFE
from .login import MAX_PASSWORD_CHARS, signed_in, told_to_the_person
from .oauth import Fault, Refused, check_client
from .page import device_done_page, device_page, words_of
from .rates import address_key
from .service import SERVICE
from .tokens import NO_STORE, told_to_the_program

PATH = "/sigstore/oidc/device"
CODE_PATH = f"{PATH}/code"
MAX_CODE_CHARS = 32


@told_to_the_program
async def give_codes(request: web.Request) -> web.StreamResponse:
    """`POST /sigstore/oidc/device/code`: section 3.1 and 3.2."""
    service = request.app[SERVICE]
    service.limits.token.take(address_key(service.client_address(request)))
    form = await read_form(request)
    check_client(form.text("client_id", limit=64))
    if "openid" not in form.text("scope", limit=256, default="").split(" "):
        raise Refused(Fault.INVALID_SCOPE, "the scope must hold openid")
    device_code, user_code = service.devices.start(None, service.clock())
    address = f"{service.base_url}{PATH}"
    body = canonical_json(
        {
            "device_code": device_code,
            "user_code": user_code,
            "verification_uri": address,
            "verification_uri_complete": f"{address}?user_code={user_code}",
            "expires_in": int(LIFE.total_seconds()),
            "interval": int(INTERVAL.total_seconds()),
        }
    )
    return web.Response(body=body, content_type="application/json", headers=NO_STORE)


@told_to_the_person
async def show_device(request: web.Request) -> web.StreamResponse:
    """`GET /sigstore/oidc/device`: the form; the code of the address is filled in, for the person to compare."""
    fields = parse_form(request.rel_url.raw_query_string.encode())
    return _form(request, fields.text("user_code", limit=MAX_CODE_CHARS, default=""))


@told_to_the_person
async def sign_in_device(request: web.Request) -> web.StreamResponse:
    """`POST /sigstore/oidc/device`: check code and password, and let the waiting program go on."""
    service, words = request.app[SERVICE], words_of(request)
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise BadInput("the form was sent by another site")
    service.limits.login.take(address_key(service.client_address(request)))
    form = await read_form(request)
    code = form.text("user_code", limit=MAX_CODE_CHARS, default="")
    if not service.devices.waits(code, service.clock()):
        return _form(request, "", wrong=words.unknown_code, status=403)
    identity = form.text("identity", limit=254, default="")
    password = form.text("password", limit=MAX_PASSWORD_CHARS, default="")
    subject = await signed_in(request, identity, password, way="device")
    if subject is None:
        return _form(request, code, wrong=words.wrong, status=403)
    if not service.devices.approve(code, subject, service.clock()):
        return _form(request, "", wrong=words.unknown_code, status=403)
    return device_done_page(words, subject.text)


def _form(request: web.Request, code: str, *, wrong: str = "", status: int = 200) -> web.Response:
    origin = request.app[SERVICE].keys.origin
    return device_page(words_of(request), origin=origin, path=PATH, code=code, wrong=wrong, status=status)
