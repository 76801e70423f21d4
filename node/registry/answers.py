"""Sending blobs and manifests: from memory when small, by sendfile when big; ranges, conditions, caching (RFC 9110)."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import BinaryIO

from aiohttp import hdrs, web

from ...schemas.digest import AnyDigest
from ..errors import OciCode, OciRefusal
from .registry import Limits

OCTETS = "application/octet-stream"
IMMUTABLE = "max-age=31536000, immutable"
BUFFERED_BYTES = 64 * 1024  # bytes that may wait for a slow reader without a clock running
_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})")


@dataclass(frozen=True, slots=True)
class Found:
    """What is to be sent: its digest, size in bytes and type, and whether shared caches may keep it."""

    digest: AnyDigest
    size: int
    media_type: str = OCTETS
    public: bool = True
    by_digest: bool = True  # else by a tag, which may move

    def headers(self) -> dict[str, str]:
        """Headers that every answer about it carries."""
        caching = ("public, " if self.public else "private, ") + IMMUTABLE if self.by_digest else "no-cache"
        return {
            "Content-Type": self.media_type,
            "Docker-Content-Digest": self.digest,
            "ETag": f'"{self.digest}"',
            "Cache-Control": caching,
            "X-Content-Type-Options": "nosniff",
        }


def not_modified(request: web.Request, found: Found) -> bool:
    """Tell whether the client has it already (RFC 9110 section 13.1.2)."""
    given = request.headers.get(hdrs.IF_NONE_MATCH)
    return given is not None and (given.strip() == "*" or f'"{found.digest}"' in given)


def without_body(found: Found, *, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    """The answer to HEAD, or 304."""
    headers = found.headers()
    if status == HTTPStatus.OK:
        headers |= {"Content-Length": str(found.size), "Accept-Ranges": "bytes"}
    return web.Response(status=status, headers=headers)


async def send(request: web.Request, found: Found, content: bytes | BinaryIO, limits: Limits) -> web.StreamResponse:
    """Send the content, or the range asked for; a reader who is too slow is cut off. Closes a file.

    Raises: OciRefusal (416) for a range that is not there.
    """
    try:
        wanted = _range(request, found)
        headers = found.headers()
        headers["Accept-Ranges"] = "bytes"
        start, end, status = 0, found.size, HTTPStatus.OK
        if wanted is not None:
            start, end, status = *wanted, HTTPStatus.PARTIAL_CONTENT
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.size}"
        if isinstance(content, bytes):
            body = content if wanted is None else content[start:end]
            response = web.Response(status=status, headers=headers, body=body)
            return response if len(body) <= BUFFERED_BYTES else await _clocked(request, response, len(body), limits)
        headers["Content-Length"] = str(end - start)
        return await _send_file(
            request, web.StreamResponse(status=status, headers=headers), content, start, end, limits
        )
    finally:
        if not isinstance(content, bytes):
            content.close()


def _range(request: web.Request, found: Found) -> tuple[int, int] | None:
    asked = request.headers.get(hdrs.RANGE)
    match = _RANGE.fullmatch(asked) if asked else None
    if match is None or request.headers.get(hdrs.IF_RANGE, f'"{found.digest}"') != f'"{found.digest}"':
        return None  # none, several, or another unit: the whole may be sent (RFC 9110 section 14.2)
    first, last = match.groups()
    if not first and not last:
        return None
    start = int(first) if first else max(found.size - int(last), 0)
    end = min(int(last) + 1, found.size) if first and last else found.size
    if start >= end:
        raise OciRefusal(
            OciCode.SIZE_INVALID,
            "there are no such bytes",
            status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
            headers={"Content-Range": f"bytes */{found.size}"},
        )
    return start, end


async def _clocked(request: web.Request, response: web.Response, size: int, limits: Limits) -> web.Response:
    try:
        async with asyncio.timeout(limits.grace + size / limits.lowest_rate):
            await response.prepare(request)
            await response.write_eof()
    except TimeoutError:
        _cut_off(request)
    return response


async def _send_file(
    request: web.Request, response: web.StreamResponse, file: BinaryIO, start: int, end: int, limits: Limits
) -> web.StreamResponse:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(limits.grace + (end - start) / limits.lowest_rate):
            await response.prepare(request)
            if (transport := request.transport) is None:
                raise ConnectionResetError("the client has gone")
            await loop.sendfile(transport, file, start, end - start)
            await response.write_eof()
    except TimeoutError:
        _cut_off(request)
    return response


def _cut_off(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
