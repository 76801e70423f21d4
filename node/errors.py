"""How errors of our family leave the hub: one table to HTTP status and OCI code, OCI error JSON, problem+json.

Nothing of the machine (paths, stack traces) goes out: storage faults are told without their place.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from http import HTTPStatus

from aiohttp import web

from ..schemas import media
from ..schemas.errors import (
    BadInput,
    Conflict,
    Denied,
    HubError,
    NotFound,
    NotTrusted,
    PeerFailed,
    StorageFailed,
    Unavailable,
    Unsupported,
)
from .accounts.rights import LoginNeeded
from .authority.rates import TooMany

_LOG = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class OciCode(StrEnum):
    """Error codes of OCI distribution 1.1, "Error Codes"; UNKNOWN is ours, for answers of 500 and above."""

    BLOB_UNKNOWN = "BLOB_UNKNOWN"
    BLOB_UPLOAD_INVALID = "BLOB_UPLOAD_INVALID"
    BLOB_UPLOAD_UNKNOWN = "BLOB_UPLOAD_UNKNOWN"
    DIGEST_INVALID = "DIGEST_INVALID"
    MANIFEST_BLOB_UNKNOWN = "MANIFEST_BLOB_UNKNOWN"
    MANIFEST_INVALID = "MANIFEST_INVALID"
    MANIFEST_UNKNOWN = "MANIFEST_UNKNOWN"
    NAME_INVALID = "NAME_INVALID"
    NAME_UNKNOWN = "NAME_UNKNOWN"
    SIZE_INVALID = "SIZE_INVALID"
    UNAUTHORIZED = "UNAUTHORIZED"
    DENIED = "DENIED"
    UNSUPPORTED = "UNSUPPORTED"
    TOOMANYREQUESTS = "TOOMANYREQUESTS"
    UNKNOWN = "UNKNOWN"


# The most special kinds first: the first that fits is taken.
_TABLE: tuple[tuple[type[HubError], HTTPStatus, OciCode], ...] = (
    (BadInput, HTTPStatus.BAD_REQUEST, OciCode.MANIFEST_INVALID),
    (NotFound, HTTPStatus.NOT_FOUND, OciCode.NAME_UNKNOWN),
    (NotTrusted, HTTPStatus.FORBIDDEN, OciCode.DENIED),
    (TooMany, HTTPStatus.TOO_MANY_REQUESTS, OciCode.TOOMANYREQUESTS),
    (LoginNeeded, HTTPStatus.UNAUTHORIZED, OciCode.UNAUTHORIZED),
    (Denied, HTTPStatus.FORBIDDEN, OciCode.DENIED),
    (Conflict, HTTPStatus.CONFLICT, OciCode.DENIED),
    (PeerFailed, HTTPStatus.BAD_GATEWAY, OciCode.UNKNOWN),
    (Unsupported, HTTPStatus.NOT_IMPLEMENTED, OciCode.UNSUPPORTED),
    (StorageFailed, HTTPStatus.INSUFFICIENT_STORAGE, OciCode.UNKNOWN),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE, OciCode.UNKNOWN),
    (HubError, HTTPStatus.INTERNAL_SERVER_ERROR, OciCode.UNKNOWN),
)


class OciRefusal(HubError):
    """A request to the registry that is refused with a code, status and headers of the OCI specification."""

    kind = "oci-refusal"

    def __init__(
        self,
        code: OciCode,
        what: str,
        *,
        status: HTTPStatus = HTTPStatus.BAD_REQUEST,
        todo: str = "",
        headers: Mapping[str, str] | None = None,
        challenges: Sequence[str] = (),
    ) -> None:
        super().__init__(what, todo=todo)
        self.challenges = challenges
        self.code = code
        self.status = status
        self.headers = dict(headers or {})


def status_of(error: HubError) -> HTTPStatus:
    """The HTTP status that tells this error."""
    return error.status if isinstance(error, OciRefusal) else _entry(error)[0]


def message_of(error: HubError) -> str:
    """What an error says to whoever sent the request."""
    hidden = isinstance(error, StorageFailed | NotFound | PeerFailed | OciRefusal) or not error.where
    return error.what if hidden else f"{error.where}: {error.what}"


def oci_answer(error: HubError) -> web.Response:
    """The answer of the registry: `{"errors": [{code, message, detail}]}` (OCI distribution 1.1, "Error Codes")."""
    status, code = _entry(error)
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if isinstance(error, OciRefusal):
        status, code = error.status, error.code
        headers |= error.headers
    told = {"code": code.value, "message": message_of(error)}
    if error.todo:
        told["detail"] = error.todo
    body = json.dumps({"errors": [told]}).encode()
    answer = web.Response(status=status, body=body, content_type="application/json", headers=headers)
    for challenge in error.challenges if isinstance(error, OciRefusal) else ():
        answer.headers.add("WWW-Authenticate", challenge)  # a header for each: few clients can read two in one
    return answer


def problem_answer(error: HubError, *, status: HTTPStatus | None = None) -> web.Response:
    """The answer of every other route: a problem document (RFC 9457) with `kind` and `todo` as members of ours."""
    status = status or status_of(error)
    told: dict[str, str | int] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": message_of(error),
        "kind": error.kind,
    }
    if error.todo:
        told["todo"] = error.todo
    if isinstance(error, NotTrusted) and error.check:
        told["check"] = error.check
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return web.Response(status=status, body=json.dumps(told).encode(), content_type=media.PROBLEM, headers=headers)


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn errors of our family, and bugs, into problem documents."""
    try:
        return await handler(request)
    except HubError as error:
        if status_of(error) >= HTTPStatus.INTERNAL_SERVER_ERROR:
            _LOG.error("%s %s: %s", request.method, request.path, error)
        return problem_answer(error)
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST or not request.path.startswith("/api/v1/"):
            raise
        return _problem_of(error)
    except ConnectionError:
        raise
    except Exception:
        _LOG.exception("%s %s", request.method, request.path)
        return problem_answer(HubError("something went wrong in the hub"))


def _problem_of(error: web.HTTPException) -> web.Response:
    """A problem document about a request that has no route, or another method."""
    found = NotFound("there is no such address") if error.status == HTTPStatus.NOT_FOUND else BadInput(error.reason)
    answer = problem_answer(found, status=HTTPStatus(error.status))
    if "Allow" in error.headers:
        answer.headers["Allow"] = error.headers["Allow"]
    return answer


def _entry(error: HubError) -> tuple[HTTPStatus, OciCode]:
    return next((status, code) for kind, status, code in _TABLE if isinstance(error, kind))
