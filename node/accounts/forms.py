"""Requests that a browser sends with its session are checked to come from the hub's own pages (CSRF), twice.

The browser says whose page sent it (Sec-Fetch-Site, Origin), and the form holds a token that only own pages can know.
Programs that send such requests from own pages put the token into the header X-CSRF-Token; uploads too.
"""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from ...schemas.errors import BadInput, Denied
from ...schemas.fields import Fields
from ..authority.bodies import FORM, read_form

SAFE = (hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS)
HEADER = "X-CSRF-Token"
FIELD = "csrf"
SENT = web.RequestKey("form", Fields)  # the form of a request, once read
_AGAIN = "Open the page again, and send the form from there."


async def check_sender(request: web.Request, token: str, *, host: str = "") -> None:
    """Refuse what another site made this browser send; `host` is the hub's public one. Raises: Denied."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get(hdrs.ORIGIN)
    if (site is None and origin is None) or (site or "same-origin") != "same-origin":
        raise Denied("another site sent this request", todo=_AGAIN)
    if origin is not None and urlsplit(origin).netloc not in (request.host, host or request.host):
        raise Denied("another site sent this request", todo=_AGAIN)
    given = request.headers.get(HEADER) or await _field(request)
    if not hmac.compare_digest(given.encode(), token.encode()):
        raise Denied("this form is not of this session", todo=_AGAIN)


async def sent_form(request: web.Request) -> Fields:
    """The form of a request, read once, within limits. Raises: BadInput."""
    found = request.get(SENT)
    if found is None:
        found = request[SENT] = await read_form(request)
    return found


async def _field(request: web.Request) -> str:
    if request.content_type != FORM:
        return ""
    try:
        return (await sent_form(request)).text(FIELD, limit=128, default="")
    except BadInput as error:
        raise Denied("this form cannot be read", todo=_AGAIN) from error
