"""The hub's own routes: log, index, origin note, trusted roots, search, health (protocol.md section 11)."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from ...schemas.codec import decode_json
from ...schemas.errors import BadInput
from ..peering.announced import read_announcement
from .catalogue import Facet, Fact, Listing, Question
from .log_routes import NO_CACHE, log_routes
from .services import HUB, STOPPING, Hub

MAX_QUERY_CHARS = 200
MAX_ANNOUNCEMENT_BYTES = 4096


def add_hub_routes(app: web.Application, hub: Hub) -> None:
    """Serve the hub's own routes."""
    app[HUB] = hub
    app[STOPPING] = asyncio.Event()
    app.on_shutdown.append(_answer_waiting)
    app.add_routes(
        [
            *log_routes(),
            web.post("/api/v1/mirrors", announce),
            web.get("/api/v1/search", search),
            web.get("/api/v1/whoami", whoami),
            web.get("/.well-known/ebpfhub.json", well_known),
            web.get("/healthz", healthy),
            web.get("/readyz", healthy),
        ]
    )


async def _answer_waiting(app: web.Application) -> None:
    app[STOPPING].set()


async def search(request: web.Request) -> web.Response:
    """GET /api/v1/search?q=…&limit=…&offset=…."""
    hub = request.app[HUB]
    query = request.query.get("q", "")
    if len(query) > MAX_QUERY_CHARS:
        raise BadInput(f"has more than {MAX_QUERY_CHARS} characters", where="q")
    limit, offset = _number(request, "limit", 20, 100), _number(request, "offset", 0, 10_000)
    origin = request.query.get("origin", "")[:253]
    question = Question(query, (Fact(Facet.ORIGIN, origin),) if origin else (), limit=limit, offset=offset)
    answer = await asyncio.to_thread(hub.catalogue.search, question)
    return web.json_response({"results": [_result(item.listing) for item in answer.found]}, headers=NO_CACHE)


def _result(listing: Listing) -> dict[str, Any]:
    return {
        "origin": listing.key.origin,
        "namespace": listing.key.namespace,
        "name": listing.key.name,
        "version": listing.version,
        "description": listing.description,
        "publisher": listing.publisher,
        "digest": listing.manifest,
        "log_index": listing.entry,
        "released": listing.time,
    }


async def whoami(request: web.Request) -> web.Response:
    """GET /api/v1/whoami: whom the credentials stand for."""
    caller = await request.app[HUB].gatekeeper.caller(request)
    document = {"identity": caller.identity, "role": caller.role.word}
    return web.json_response(document, headers={"Cache-Control": "no-store"})


async def well_known(request: web.Request) -> web.Response:
    """GET /.well-known/ebpfhub.json: hints, not evidence."""
    hub = request.app[HUB]
    known = hub.announced.all(now=hub.clock())
    mirrors = [{"url": item.url, "size": item.size, "seen": item.seen} for item in known]
    return web.json_response(
        {"origin": hub.origin, "authority": hub.authority, "size": hub.own.shown.size, "mirrors": mirrors},
        headers=NO_CACHE,
    )


async def announce(request: web.Request) -> web.Response:
    """POST /api/v1/mirrors {"url": …}: a mirror makes itself known; its checkpoint is read before it is listed."""
    hub = request.app[HUB]
    data = await request.content.read(MAX_ANNOUNCEMENT_BYTES)
    url = read_announcement(decode_json(data, limit=MAX_ANNOUNCEMENT_BYTES, where="announcement"))
    made = await hub.announced.announce(url, remote=request.remote or "", now=hub.clock())
    return web.json_response({"url": made.url, "size": made.size}, status=201, headers=NO_CACHE)


async def healthy(request: web.Request) -> web.Response:
    """GET /healthz and /readyz: the hub answers, and its log stands."""
    return web.json_response({"status": "ok", "size": request.app[HUB].own.shown.size}, headers=NO_CACHE)


def _number(request: web.Request, name: str, default: int, high: int) -> int:
    text = request.query.get(name, str(default))
    if not text.isascii() or not text.isdigit() or len(text) > 6 or int(text) > high:
        raise BadInput(f"must be a number up to {high}", where=name)
    return int(text)
