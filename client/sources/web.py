"""Fetching a file from any web server: status checked, redirects followed to https only, bounded in size."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

from ...federation.transport import Response, Transport, check_url, is_loopback
from ...schemas.errors import BadInput, NotFound, PeerFailed

MAX_REDIRECTS = 5
MAX_URL_CHARS = 8192
_REDIRECTS = (301, 302, 303, 307, 308)
_ABSENT = (404, 410)


async def get(
    transport: Transport, url: str, *, limit: int, headers: Mapping[str, str] | None = None
) -> tuple[str, Response]:
    """GET a body of at most `limit` bytes; returns the address that answered, and its answer whatever its status.

    Headers are sent to the first address only: credentials go nowhere else. Raises: PeerFailed, BadInput.
    """
    sent = dict(headers or {})
    for _ in range(MAX_REDIRECTS + 1):
        answer = await transport.send("GET", url, limit=limit, headers=sent)
        if answer.status not in _REDIRECTS:
            return url, answer
        url, sent = redirected(url, answer.headers.get("Location", "")), {}
    raise PeerFailed(f"redirects more than {MAX_REDIRECTS} times", where=url)


async def fetch(transport: Transport, url: str, *, limit: int) -> tuple[str, bytes]:
    """GET a file; returns the address that had it, and its bytes. Raises: NotFound, PeerFailed, BadInput."""
    place, answer = await get(transport, url, limit=limit)
    if answer.status in _ABSENT:
        raise NotFound("there is no such file", where=place)
    if answer.status != 200:
        raise PeerFailed(f"the server answered {answer.status}", where=place)
    return place, answer.body


def redirected(url: str, location: str) -> str:
    """The address that a redirect leads to: https, or loopback from loopback. Raises: PeerFailed."""
    try:
        made = check_url(urljoin(url, location)) if location and len(location) <= MAX_URL_CHARS else ""
        parts = urlsplit(made)
    except (BadInput, ValueError) as error:
        raise PeerFailed(f"redirects to {location[:200]!r}, which is not taken", where=url) from error
    if not made:
        raise PeerFailed("redirects to nowhere", where=url)
    local = is_loopback(urlsplit(url).hostname or "") and urlsplit(url).scheme == "http"
    if parts.scheme != "https" and not local:
        raise PeerFailed("redirects from https to plain http", where=url)
    return made
