"""Servers of this machine that programs are fetched from, each in a thread with an event loop of its own."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@contextmanager
def serving(app: web.Application) -> Iterator[str]:
    """Serve for the length of a block; gives `http://127.0.0.1:PORT`."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    runner = web.AppRunner(app, access_log=None)

    async def start() -> str:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    try:
        yield asyncio.run_coroutine_threadsafe(start(), loop).result(30)
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def files(held: Mapping[str, bytes | Answer], asked: list[str] | None = None) -> Iterator[str]:
    """A web server with these files by path; what it has not is 404. `asked` hears every path."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if asked is not None:
            asked.append(request.path)
        found = held.get(request.path)
        if found is None:
            raise web.HTTPNotFound(text="<html>Not here</html>", content_type="text/html")
        return web.Response(body=found) if isinstance(found, bytes) else await found(request)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    with serving(app) as url:
        yield url


def redirect(to: str) -> Answer:
    """An answer that leads elsewhere."""

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": to})

    return answer


def status(code: int) -> Answer:
    """An answer that is no more than its status."""

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=code, text="{}")

    return answer


def sha256(data: bytes) -> str:
    """The digest of some bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def descriptor(kind: str, data: bytes, **more: Any) -> dict[str, Any]:
    """What names a blob in a manifest."""
    return {"mediaType": kind, "digest": sha256(data), "size": len(data)} | more


def manifest(
    *layers: tuple[str, bytes], config: tuple[str, bytes] = ("application/vnd.oci.empty.v1+json", b"{}"), **more: Any
) -> bytes:
    """An image manifest of these layers: (media type, bytes)."""
    document = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor(*config),
        "layers": [descriptor(kind, data) for kind, data in layers],
    }
    return json.dumps(document | more).encode()


def index(*manifests: tuple[str, bytes]) -> bytes:
    """An image index of manifests for `os/architecture`."""
    entries = []
    for target, data in manifests:
        system, _, machine = target.partition("/")
        platform = {"platform": {"os": system, "architecture": machine}} if target else {}
        entries.append(descriptor("application/vnd.oci.image.manifest.v1+json", data, **platform))
    document = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": entries}
    return json.dumps(document).encode()


def layout(top: bytes, *blobs: bytes) -> dict[str, bytes]:
    """The files of an OCI image layout whose index.json is `top`."""
    made = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": top}
    return made | {f"blobs/sha256/{sha256(blob)[7:]}": blob for blob in blobs}
