"""A server between client and hub that changes answers, as a lying mirror or a man in the middle would.

    with Liar.before(hub.url) as liar:
        liar.lies[r"/v2/.*/blobs/"] = changed_byte
        ecli.run("trust", "add", liar.url, ...)

What no lie is told about is passed on. It runs in a thread of the test; hub and client are processes of their own.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import aiohttp
from aiohttp import web

_DROPPED = {"content-length", "transfer-encoding", "connection", "date", "server", "content-encoding"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the hub said, and what the liar makes of it."""

    status: int
    headers: dict[str, str]
    body: bytes


Told = Answer | web.StreamResponse
Lie = Callable[[web.Request, Answer], Told | Awaitable[Told]]


@dataclass(slots=True)
class Liar:
    """`lies` maps a pattern, looked for in the path with its query, to what is made of those answers."""

    hub: str
    url: str = ""
    lies: dict[str, Lie] = field(default_factory=dict)
    heard: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @classmethod
    @contextmanager
    def before(cls, hub: str) -> Iterator[Liar]:
        """Stand in front of a hub for the length of a block."""
        liar = cls(hub)
        started, stop = threading.Event(), asyncio.Event()
        loops: list[asyncio.AbstractEventLoop] = []

        async def serve() -> None:
            loops.append(asyncio.get_running_loop())
            await liar._serve(started, stop)

        thread = threading.Thread(target=lambda: asyncio.run(serve()))  # which cancels what still waits at the end
        thread.start()
        try:
            assert started.wait(30), "the liar does not start"
            yield liar
        finally:
            loops[0].call_soon_threadsafe(stop.set)
            thread.join(30)

    async def _serve(self, started: threading.Event, stop: asyncio.Event) -> None:
        async with aiohttp.ClientSession(auto_decompress=False) as session:

            async def handle(request: web.Request) -> web.StreamResponse:
                return await self._answer(session, request)

            app = web.Application(client_max_size=64 << 20)
            app.router.add_route("*", "/{path:.*}", handle)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            host, port = runner.addresses[0][:2]
            self.url = f"http://{host}:{port}"
            started.set()
            await stop.wait()
            await runner.cleanup()

    async def _answer(self, session: aiohttp.ClientSession, request: web.Request) -> web.StreamResponse:
        asked = str(request.rel_url)
        self.asked.append(asked)
        headers = {key: value for key, value in request.headers.items() if key.lower() not in ("host", "connection")}
        body = await request.read()
        async with session.request(
            request.method, self.hub + asked, data=body, headers=headers, allow_redirects=False
        ) as said:
            kept = {key: value for key, value in said.headers.items() if key.lower() not in _DROPPED}
            answer = Answer(said.status, kept, await said.read())
        self.heard[asked] = answer
        told: Told = answer
        for pattern, lie in self.lies.items():
            if re.search(pattern, asked):
                made = lie(request, answer)
                told = await made if isinstance(made, Awaitable) else made
                break
        if isinstance(told, Answer):
            return web.Response(status=told.status, headers=told.headers, body=told.body)
        return told


def changed_byte(_request: web.Request, answer: Answer) -> Answer:
    """The same with another byte in the middle."""
    body = bytearray(answer.body)
    body[len(body) // 2] ^= 1
    return replace(answer, body=bytes(body))


def replaced(body: bytes) -> Lie:
    """Another body, with the headers that fit the old one."""
    return lambda _request, answer: replace(answer, status=200, body=body)


def instead(other: Answer) -> Lie:
    """An answer of another time or place."""
    return lambda _request, _answer: other


def shortened(_request: web.Request, answer: Answer) -> Answer:
    """Half of the body, as if that were all."""
    return replace(answer, body=answer.body[: len(answer.body) // 2])


def refusing(status: int, **headers: str) -> Lie:
    """Another status, such as a redirect."""
    return lambda _request, _answer: Answer(status, headers, b"")


async def cut(request: web.Request, answer: Answer) -> web.StreamResponse:
    """Half of the body; then the connection breaks."""
    response = web.StreamResponse(headers=answer.headers | {"Content-Length": str(len(answer.body))})
    await response.prepare(request)
    await response.write(answer.body[: len(answer.body) // 2])
    assert request.transport is not None
    request.transport.close()
    return response


async def endless(request: web.Request, _answer: Answer) -> web.StreamResponse:
    """Zeros until the client hangs up."""
    response = web.StreamResponse()
    await response.prepare(request)
    try:
        while True:
            await response.write(bytes(1 << 16))
    except ConnectionError:
        return response


async def dripping(request: web.Request, answer: Answer) -> web.StreamResponse:
    """A byte a second, until the client hangs up: slow loris."""
    response = web.StreamResponse(headers=answer.headers | {"Content-Length": str(len(answer.body) + (1 << 14))})
    await response.prepare(request)
    try:
        for byte in answer.body:
            await response.write(bytes([byte]))
            await asyncio.sleep(1)
    except ConnectionError:
        pass
    return response


async def silent(_request: web.Request, answer: Answer) -> Answer:
    """No answer at all, for an hour."""
    await asyncio.sleep(3600)
    return answer
