"""The short way for the commonest request: GET of a small public blob by somebody without credentials.

aiohttp spends most of a small answer on objects that such a request does not need. Here a request that is *exactly* a
plain GET of a blob is answered from the connection's `data_received`; everything else, and everything in doubt, goes to
aiohttp unseen. The same rows and the same file are read as on the long way; nothing is kept in memory.
"""

from __future__ import annotations

import asyncio
import re
import time
from email.utils import formatdate
from functools import lru_cache

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from ...schemas.digest import Digest
from ...schemas.errors import HubError
from .answers import Found
from .names import locate
from .registry import Registry

MAX_BLOB_BYTES = 256 * 1024  # bytes; bigger answers need aiohttp's care for slow readers
MAX_REQUEST_BYTES = 4096
MAX_REMEMBERED = 10_000  # blobs known to be public, for a second
_PATH = rb"GET /v2/([a-z0-9._/-]{3,255})/blobs/(sha256:[0-9a-f]{64}) HTTP/1\.1\r\n"
_HARMLESS = rb"(?:(?i:host|user-agent|accept|accept-encoding): ?[\x20-\x7e]*|(?i:connection): ?keep-alive)\r\n"
_QUICK = re.compile(_PATH + rb"(?:" + _HARMLESS + rb"){1,16}\r\n")
_HOST = re.compile(rb"\n(?i:host):")
# One whole request that can have no body: after it, the connection stands at the beginning of the next request.
_NAME = rb"(?!(?i:content-length|transfer-encoding|upgrade|connection|expect):)[A-Za-z0-9-]+"
_WHOLE = re.compile(rb"(?:GET|HEAD) [\x21-\x7e]+ HTTP/1\.1\r\n(?:" + _NAME + rb":[\x20-\x7e]*\r\n){1,64}\r\n")


class QuickAnswers:
    """Makes whole responses for requests it knows. Counts what it served, for metrics.

    That a blob is everybody's is asked of the database once a second, and after each unlinking by this process;
    the blob itself is read from its file every time.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._second, self._date, self._unlinked = 0, b"", 0
        self._public: set[tuple[str, Digest]] = set()
        self.served = 0
        settings = registry.settings
        self._key = lru_cache(maxsize=4096)(lambda name: _key(name, settings.origin, settings.plain))
        self._head = _template()

    def answer(self, data: bytes) -> bytes | None:
        """The response to a request; None when aiohttp must answer."""
        match = _QUICK.fullmatch(data) if len(data) <= MAX_REQUEST_BYTES else None
        key = self._key(match[1]) if match else None
        if match is None or key is None or len(_HOST.findall(data)) != 1:
            return None
        digest = Digest(match[2].decode())
        try:
            if not self._is_public(key, digest):
                return None
            body = self._registry.store.load(digest, inline=MAX_BLOB_BYTES)
        except HubError:
            return None
        if not isinstance(body, bytes):
            body.close()
            return None
        self.served += 1
        name = match[2]
        return self._head % (name, name, len(body), self._date) + body

    def _is_public(self, key: str, digest: Digest) -> bool:
        second, links = int(time.time()), self._registry.links
        if second != self._second or self._unlinked != links.unlinked or len(self._public) > MAX_REMEMBERED:
            self._public.clear()
            self._second, self._unlinked = second, links.unlinked
            self._date = formatdate(second, usegmt=True).encode()
        if (key, digest) in self._public:
            return True
        if not links.public(key, digest):
            return False
        self._public.add((key, digest))
        return True


class QuickHandler(RequestHandler):
    """aiohttp's protocol, with the short way before it."""

    __slots__ = ("_between", "_quick")

    def __init__(self, manager: web.Server, quick: QuickAnswers, **settings: object) -> None:
        super().__init__(manager, **settings)  # type: ignore[arg-type]
        self._quick = quick
        self._between = True  # nothing but whole requests without bodies has come so far

    def data_received(self, data: bytes) -> None:
        """Answer at once, or pass on."""
        if self._between and self._idle() and (answer := self._quick.answer(data)) is not None:
            self.transport.write(answer)  # type: ignore[union-attr]
            self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
            return
        if self._between:
            self._between = len(data) <= MAX_REQUEST_BYTES and _WHOLE.fullmatch(data) is not None
        super().data_received(data)

    def _idle(self) -> bool:
        """Whether no request is waiting or being answered, and all that was answered has been sent."""
        waiter, transport = self._waiter, self.transport
        return (
            waiter is not None
            and not waiter.done()
            and not self._messages
            and not self._close
            and transport is not None
            and transport.get_write_buffer_size() == 0
        )


class QuickServer(web.Server):
    """Makes a QuickHandler for each connection."""

    def __init__(self, like: web.Server, quick: QuickAnswers) -> None:
        super().__init__(
            like.request_handler, request_factory=like.request_factory, loop=asyncio.get_running_loop(), **like._kwargs
        )
        self._quick = quick

    def __call__(self) -> RequestHandler:
        """Make the protocol of one connection."""
        return QuickHandler(self, self._quick, loop=self._loop, **self._kwargs)


class QuickRunner(web.AppRunner):
    """An AppRunner whose connections know the short way. Only for hubs whose blobs everybody may read."""

    __slots__ = ("quick",)

    def __init__(self, app: web.Application, registry: Registry, **settings: object) -> None:
        super().__init__(app, **settings)  # type: ignore[arg-type]
        self.quick = QuickAnswers(registry)

    async def _make_server(self) -> web.Server:
        return QuickServer(await super()._make_server(), self.quick)


def _template() -> bytes:
    """Status line and headers as the long way sends them, with places for digest (twice), size and date."""
    example = Digest.of(b"")
    headers = "".join(f"{name}: {value}\r\n" for name, value in Found(example, 0).headers().items())
    places = headers.replace(example, "%b") + "Accept-Ranges: bytes\r\nContent-Length: %d\r\nDate: %b\r\n\r\n"
    return b"HTTP/1.1 200 OK\r\n" + places.encode()


def _key(name: bytes, origin: str, plain: bool) -> str | None:
    try:
        return locate(name.decode(), origin=origin, plain=plain, mirrored=lambda _: True).key
    except HubError:
        return None
