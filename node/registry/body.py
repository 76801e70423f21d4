"""Reading request bodies: bounded in size, silence and rate, never decompressed. It stores nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus

from aiohttp import hdrs, web

from ..errors import OciCode, OciRefusal
from .registry import Limits


def check_length(request: web.Request, *, limit: int) -> int | None:
    """The announced length in bytes; None for a chunked body. Raises: OciRefusal above `limit`, or if encoded."""
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity") != "identity":
        raise OciRefusal(OciCode.UNSUPPORTED, "bodies are taken as they are", status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    length = request.content_length
    if length is not None and length > limit:
        raise too_big(limit)
    return length


def too_big(limit: int) -> OciRefusal:
    """The refusal of a body of more than `limit` bytes."""
    return OciRefusal(
        OciCode.SIZE_INVALID, f"more than {limit} bytes are not taken", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    )


async def chunks(request: web.Request, limits: Limits) -> AsyncIterator[bytes]:
    """Yield the body as it comes. Raises: OciRefusal (408) from a client that is silent or too slow."""
    clock = asyncio.get_running_loop().time
    started, received = clock(), 0
    while True:
        try:
            async with asyncio.timeout(limits.silence):
                chunk = await request.content.readany()
        except TimeoutError as error:
            raise _too_slow() from error
        if not chunk:
            return
        received += len(chunk)
        if clock() - started > limits.grace + received / limits.lowest_rate:
            raise _too_slow()
        yield chunk


async def whole(request: web.Request, limits: Limits, *, limit: int) -> bytes:
    """Read a body of at most `limit` bytes into memory. Raises: OciRefusal."""
    check_length(request, limit=limit)
    body = bytearray()
    async for chunk in chunks(request, limits):
        body += chunk
        if len(body) > limit:
            raise too_big(limit)
    return bytes(body)


def _too_slow() -> OciRefusal:
    return OciRefusal(
        OciCode.BLOB_UPLOAD_INVALID, "the body came too slowly", status=HTTPStatus.REQUEST_TIMEOUT,
        todo="Ask for the state of the upload and go on from there.",
    )  # fmt: skip
