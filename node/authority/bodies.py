"""Reading request bodies and forms within limits of size, time and count. Not what the fields mean."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qsl

from aiohttp import hdrs, web

from ...schemas.errors import BadInput
from ...schemas.fields import Fields

MAX_FORM_BYTES = 16 * 1024
MAX_FORM_FIELDS = 32
BODY_SECONDS = 15.0
FORM = "application/x-www-form-urlencoded"


class BadBody(BadInput):
    """A body that is not even parsed; `status` is the HTTP status that says why."""

    def __init__(self, what: str, status: int) -> None:
        super().__init__(what, where="body")
        self.status = status


async def read_body(request: web.Request, limit: int) -> bytes:
    """Read a body of at most `limit` bytes, never a compressed one, within 15 seconds. Raises: BadBody."""
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity") != "identity":
        raise BadBody("is taken as it is, without a Content-Encoding", 415)
    if (request.content_length or 0) > limit:
        raise BadBody(f"has more than {limit} bytes", 413)
    parts: list[bytes] = []
    left = limit
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.content.iter_any():
                left -= len(part)
                if left < 0:
                    raise BadBody(f"has more than {limit} bytes", 413)
                parts.append(part)
    except TimeoutError as error:
        raise BadBody("arrives too slowly", 408) from error
    return b"".join(parts)


async def read_form(request: web.Request) -> Fields:
    """Read a form (RFC 6749 appendix B) whose fields are there once. Raises: BadBody, BadInput."""
    if request.content_type != FORM:
        raise BadBody(f"must be {FORM}", 415)
    return parse_form(await read_body(request, MAX_FORM_BYTES))


def parse_form(data: bytes) -> Fields:
    """Parse a form or a query string of at most 32 fields; empty ones count as absent. Raises: BadInput."""
    try:
        pairs = parse_qsl(data.decode("ascii"), max_num_fields=MAX_FORM_FIELDS, errors="strict")
    except ValueError as error:
        raise BadInput("is not a form", where="request") from error
    values = dict(pairs)
    if len(values) != len(pairs):
        raise BadInput("has a parameter twice", where="request")
    return Fields(values, "request")
