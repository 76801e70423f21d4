"""Requests to hubs, bounded in size and time: the only file outside node's servers that opens a socket.

Plain http is allowed on loopback only; redirects are not followed, so credentials go nowhere else. A login is shown to
the server that it is for, once that has asked for one: an open hub does not learn who reads.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from ..schemas.errors import BadInput, Conflict, Denied, HubError, NotFound, PeerFailed, StorageFailed, Unavailable

CONNECT_SECONDS = 10.0
IDLE_SECONDS = 30.0  # without a byte
TOTAL_SECONDS = 300.0
SLOWEST = 64 * 1024  # bytes a second: a line that carries less, beyond the first IDLE_SECONDS, is given up
MAX_ERROR_BYTES = 64 * 1024
Logins = Callable[[str], str]  # the token for the server of a URL; empty when there is none
_KINDS: dict[int, type[HubError]] = {
    400: BadInput,
    401: Denied,
    403: Denied,
    404: NotFound,
    405: Denied,
    409: Conflict,
    413: BadInput,
    422: BadInput,
    503: Unavailable,
    507: StorageFailed,
}


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer: status, headers (names as the peer wrote them, looked up without case), body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport:
    """One client session: connections are kept and reused. Use with `async with`.

    `logins` knows tokens for hubs that show nothing without one.
    """

    def __init__(self, logins: Logins | None = None) -> None:
        self._logins = logins
        self._asking = set[str]()  # servers that wanted a login
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Transport:
        self._session = aiohttp.ClientSession(timeout=_timeout(TOTAL_SECONDS), auto_decompress=False)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, url: str, *, limit: int, accept: str = "*/*", token: str = "") -> bytes:
        """GET a body of at most `limit` bytes; anything but 200 is an error. Raises: HubError of the fitting kind."""
        response = await self.send("GET", url, limit=limit, headers={"Accept": accept}, token=token)
        return expect(response, 200, where=url).body

    async def send(
        self,
        method: str,
        url: str,
        *,
        limit: int = MAX_ERROR_BYTES,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        token: str = "",
    ) -> Response:
        """Send a request and read its whole answer, in a time that fits their size. Raises: PeerFailed, BadInput."""
        seconds = min(TOTAL_SECONDS, IDLE_SECONDS + (limit + len(body or b"")) / SLOWEST)
        async with self.stream(method, url, body=body, headers=headers, token=token, seconds=seconds) as answer:
            return Response(answer.status, answer.headers, await _read(answer, limit, url))

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        token: str = "",
        seconds: float = TOTAL_SECONDS,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request; the body is still to be read, `seconds` are for both. Raises: PeerFailed, BadInput."""
        check_url(url)
        sent, place = dict(headers or {}), server_of(url)
        known = token or (self._login(url) if place in self._asking else "")
        try:
            async with AsyncExitStack() as opened:
                answer = await opened.enter_async_context(self._request(method, url, body, sent, known, seconds))
                if answer.status == 401 and not known and "Authorization" not in sent and (login := self._login(url)):
                    self._asking.add(place)
                    await opened.aclose()
                    answer = await opened.enter_async_context(self._request(method, url, body, sent, login, seconds))
                yield answer
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise PeerFailed(_reason(error), where=url, todo="Is the hub running, and its address right?") from error

    def _login(self, url: str) -> str:
        return self._logins(url) if self._logins is not None else ""

    def _request(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], token: str, seconds: float
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        if self._session is None:
            raise RuntimeError("the transport is not open")
        return self._session.request(
            method,
            url,
            data=body,
            headers={**headers, **({"Authorization": f"Bearer {token}"} if token else {})},
            allow_redirects=False,
            proxy=proxy_for(url),
            timeout=_timeout(seconds),
        )


def server_of(url: str) -> str:
    """Scheme, host and port of a URL: what a login is for."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def check_url(url: str) -> str:
    """Check a hub's URL: https anywhere, http on loopback only. Returns it. Raises: BadInput."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError as error:
        raise BadInput(f"{url[:200]!r} is not a URL", where="URL") from error
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.password:
        raise BadInput(f"{url[:200]!r} is not an http(s) URL", where="URL")
    if parts.scheme == "http" and not is_loopback(host):
        raise BadInput(
            f"plain http is allowed on loopback only, not to {host}", where="URL", todo="Use https, or a local port."
        )
    return url


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for a URL (HTTPS_PROXY, NO_PROXY, …); never one for loopback.

    aiohttp's own reading of the environment would take credentials out of ~/.netrc too.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback(host) or proxy_bypass(host):
        return None
    return getproxies().get(parts.scheme)


def is_loopback(host: str) -> bool:
    """Tell whether a host's name is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def expect(response: Response, *statuses: int, where: str) -> Response:
    """Return the response if its status is one of these. Raises: HubError of the kind that the status means."""
    if response.status in statuses:
        return response
    kind = _KINDS.get(response.status, PeerFailed)
    what, todo = _said(response)
    if response.status == 401:
        parts = urlsplit(where)
        todo = f"It wants a login: `ecli login {parts.scheme}://{parts.netloc}`, or a token for `ebpfhub mirror add`."
    raise kind(what or f"the hub answered {response.status}", where=where, todo=todo)


def _said(response: Response) -> tuple[str, str]:
    """The peer's own words, from problem+json, OCI or OAuth errors: what is wrong, and what it advises."""
    try:
        document = json.loads(response.body)
    except (ValueError, RecursionError):
        return "", ""
    if not isinstance(document, dict):
        return "", ""
    errors = document.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        what, advice = errors[0].get("message") or errors[0].get("code"), errors[0].get("detail")
    else:
        what = document.get("detail") or document.get("title") or document.get("error_description")
        advice = document.get("todo")
    told = _shown(advice, limit=300) if isinstance(advice, str) else ""
    return _shown(what, limit=600), f"The hub says: {told}" if told else ""


def _shown(text: object, *, limit: int) -> str:
    return "".join(char if char.isprintable() else " " for char in str(text or ""))[:limit].strip()


def _timeout(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS, sock_read=IDLE_SECONDS)


async def _read(answer: aiohttp.ClientResponse, limit: int, where: str) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(1 << 16):
        body += chunk
        if len(body) > limit:
            raise PeerFailed(f"the answer has more than the {limit} bytes allowed", where=where)
    return bytes(body)


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"cannot connect: {error.os_error.strerror or error.os_error}"
    return f"the connection failed: {str(error)[:200] or type(error).__name__}"
