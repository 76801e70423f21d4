"""Errors of Fulcio and Rekor as their clients read them: google.rpc.Status in JSON, and the HTTP status of its code."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from enum import Enum

from aiohttp import web

from ...schemas.codec import canonical_json
from ...schemas.errors import BadInput, Denied, HubError, NotFound, StorageFailed, Unavailable
from .bodies import BadBody
from .rates import TooMany

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_log = logging.getLogger(__name__)


class Code(Enum):
    """google.rpc.Code and the HTTP status that belongs to it."""

    INVALID_ARGUMENT = (3, 400)
    NOT_FOUND = (5, 404)
    PERMISSION_DENIED = (7, 403)
    RESOURCE_EXHAUSTED = (8, 429)
    NO_ROOM = (8, 507)  # the code has no other status of its own
    UNAVAILABLE = (14, 503)
    UNAUTHENTICATED = (16, 401)


class Unauthenticated(Denied):
    """No identity token, or a wrong one."""


def as_status(handler: Handler) -> Handler:
    """Answer every HubError of `handler` as a google.rpc.Status; other errors stay the server's own."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except HubError as error:
            return _status(error)

    return answer


def _status(error: HubError) -> web.Response:
    code = _code(error)
    number, status = code.value
    what = f"{error.where}: {error.what}" if error.where else error.what
    if code in (Code.UNAVAILABLE, Code.NO_ROOM) and not isinstance(
        error, Unavailable
    ):  # the reason is the operator's, not the client's
        _log.error("request failed: %s", error)
        what = "the service cannot answer now" if code is Code.UNAVAILABLE else "the disk is full or broken"
    response = web.Response(
        body=canonical_json({"code": number, "message": what, "details": []}),
        content_type="application/json",
        status=error.status if isinstance(error, BadBody) else status,
    )
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _code(error: HubError) -> Code:
    if isinstance(error, TooMany):
        return Code.RESOURCE_EXHAUSTED
    if isinstance(error, Unauthenticated):
        return Code.UNAUTHENTICATED
    if isinstance(error, Denied):
        return Code.PERMISSION_DENIED
    if isinstance(error, BadInput):
        return Code.INVALID_ARGUMENT
    if isinstance(error, StorageFailed):
        return Code.NO_ROOM
    return Code.NOT_FOUND if isinstance(error, NotFound) else Code.UNAVAILABLE
