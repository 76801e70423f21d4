"""The hub's own routes: log, index, origin note, trusted roots, the API, health (protocol.md section 11)."""

from __future__ import annotations

import asyncio

from aiohttp import web

from ..api.routes import api_routes
from .log_routes import NO_CACHE, log_routes
from .operations import OPERATIONS
from .order_operations import ORDER_OPERATIONS
from .services import HUB, STOPPING, Hub

API_OPERATIONS = (*OPERATIONS, *ORDER_OPERATIONS)


def add_hub_routes(app: web.Application, hub: Hub) -> None:
    """Serve the hub's own routes."""
    app[HUB] = hub
    app[STOPPING] = asyncio.Event()
    app.on_shutdown.append(_answer_waiting)
    app.add_routes(
        [
            *log_routes(),
            *api_routes(API_OPERATIONS),
            web.get("/.well-known/ebpfhub.json", well_known),
            web.get("/healthz", healthy),
            web.get("/readyz", healthy),
        ]
    )


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
    return web.json_response({"status": "ok", "size": request.app[HUB].own.shown.size}, headers=NO_CACHE)
