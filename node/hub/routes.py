"""The hub's own routes: log, index, origin note, trusted roots, the API, health (protocol.md section 11)."""

from __future__ import annotations

import asyncio

from aiohttp import web

from ..accounts.guard import add_guarded
from ..accounts.rights import ANYBODY, READING
from ..api.routes import api_routes
from .log_routes import NO_CACHE, log_routes
from .operations import OPERATIONS
from .services import HUB, STOPPING, Hub


def add_hub_routes(app: web.Application, hub: Hub) -> None:
    """Serve the hub's own routes."""
    app[HUB] = hub
    app[STOPPING] = asyncio.Event()
    app.on_shutdown.append(_answer_waiting)
    add_guarded(
        app,
        {
            READING: [*log_routes(), web.get("/.well-known/ebpfhub.json", well_known)],
            ANYBODY: [web.get("/healthz", healthy), web.get("/readyz", healthy)],
        },
    )
    add_guarded(app, api_routes(OPERATIONS))


async def _answer_waiting(app: web.Application) -> None:
    app[STOPPING].set()


async def well_known(request: web.Request) -> web.Response:
    """GET /.well-known/ebpfhub.json: hints, not evidence."""
    hub = request.app[HUB]
    known = hub.announced.all(now=hub.clock())
    mirrors = [{"url": item.url, "size": item.size, "seen": item.seen} for item in known]
    return web.json_response(
        {"origin": hub.origin, "authority": hub.authority, "size": hub.own.shown.size, "mirrors": mirrors},
        headers=NO_CACHE,
    )


async def healthy(request: web.Request) -> web.Response:
    """GET /healthz and /readyz: the hub answers, and its log stands."""
    hub = request.app[HUB]
    told = {"status": "ok"} | ({} if hub.closed else {"size": hub.own.shown.size})
    return web.json_response(told, headers=NO_CACHE)
