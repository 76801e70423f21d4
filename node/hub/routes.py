"""The hub's own routes: log, index, origin note, trusted roots, search, health (protocol.md section 11)."""

from __future__ import annotations

from aiohttp import web

from ...federation.index.answer import make_answer
from ...federation.log.tiles import TileName
from ...schemas import media
from ...schemas.digest import Digest
from ...schemas.errors import BadInput, NotFound
from ...schemas.reference import Reference
from .services import HUB, Hub

_IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}
_SHORT = {"Cache-Control": "public, max-age=5"}
_NO_CACHE = {"Cache-Control": "no-cache"}
MAX_QUERY_CHARS = 200


def add_hub_routes(app: web.Application, hub: Hub) -> None:
    """Serve the hub's own routes."""
    app[HUB] = hub
    app.add_routes(
        [
            web.get("/log/checkpoint", checkpoint),
            web.get("/log/tile/{path:.+}", tile),
            web.get("/index/package/{namespace}/{name}", index_answer),
            web.get("/origin", origin_note),
            web.get("/trust/{digest}", trusted_root),
            web.get("/api/v1/search", search),
            web.get("/api/v1/whoami", whoami),
            web.get("/.well-known/ebpfhub.json", well_known),
            web.get("/healthz", healthy),
            web.get("/readyz", healthy),
            web.get("/", about),
        ]
    )


async def checkpoint(request: web.Request) -> web.Response:
    """GET /log/checkpoint: the newest signed checkpoint."""
    return web.Response(text=request.app[HUB].ledger.checkpoint, headers=_SHORT)


async def tile(request: web.Request) -> web.Response:
    """GET /log/tile/…: a hash tile or an entry bundle."""
    hub = request.app[HUB]
    name = TileName.parse("tile/" + request.match_info["path"])
    data = hub.ledger.files.read(name, hub.ledger.size)
    if data is None:
        raise NotFound("the log has no such tile", where=name.path)
    return web.Response(body=data, content_type="application/octet-stream", headers=_IMMUTABLE)


async def index_answer(request: web.Request) -> web.Response:
    """GET /index/package/<namespace>/<name>[:tag]?from=<size last seen>."""
    hub = request.app[HUB]
    asked = Reference.parse(f"{request.match_info['namespace']}/{request.match_info['name']}")
    since = request.query.get("from", "0")
    if not since.isascii() or not since.isdigit() or len(since) > 18:
        raise BadInput("must be a number of entries", where="from")
    answer = make_answer(
        checkpoint=hub.ledger.checkpoint,
        size=hub.ledger.size,
        files=hub.ledger.files,
        replay=hub.ledger.replay,
        namespace=asked.namespace,
        name=asked.name,
        tag=asked.tag,
        since=int(since),
    )
    return web.Response(body=answer.encode(), content_type=media.INDEX_ANSWER, headers=_NO_CACHE)


async def origin_note(request: web.Request) -> web.Response:
    """GET /origin: the origin note."""
    return web.Response(text=request.app[HUB].origin_note, headers=_SHORT)


async def trusted_root(request: web.Request) -> web.Response:
    """GET /trust/<sha256>: a trusted root that the origin note names."""
    text = request.match_info["digest"]
    digest = Digest.parse(text if text.startswith("sha256:") else f"sha256:{text}")
    data = request.app[HUB].trust.get(digest)
    if data is None:
        raise NotFound("the origin note names no such trusted root", where=digest)
    return web.Response(body=data, content_type="application/json", headers=_IMMUTABLE)


async def search(request: web.Request) -> web.Response:
    """GET /api/v1/search?q=…&limit=…&offset=…."""
    hub = request.app[HUB]
    query = request.query.get("q", "")
    if len(query) > MAX_QUERY_CHARS:
        raise BadInput(f"has more than {MAX_QUERY_CHARS} characters", where="q")
    limit, offset = _number(request, "limit", 20, 100), _number(request, "offset", 0, 10_000)
    found = hub.catalogue.search(query, limit=limit, offset=offset)
    return web.json_response({"results": [item.to_json(hub.origin) for item in found]}, headers=_NO_CACHE)


async def whoami(request: web.Request) -> web.Response:
    """GET /api/v1/whoami: whom the credentials stand for."""
    caller = await request.app[HUB].gatekeeper.caller(request)
    document = {"identity": caller.identity, "role": caller.role.word}
    return web.json_response(document, headers={"Cache-Control": "no-store"})


async def well_known(request: web.Request) -> web.Response:
    """GET /.well-known/ebpfhub.json: hints, not evidence."""
    hub = request.app[HUB]
    return web.json_response({"origin": hub.origin, "authority": hub.authority, "mirrors": []}, headers=_SHORT)


async def healthy(request: web.Request) -> web.Response:
    """GET /healthz and /readyz: the hub answers, and its log stands."""
    return web.json_response({"status": "ok", "size": request.app[HUB].ledger.size}, headers=_NO_CACHE)


async def about(request: web.Request) -> web.Response:
    """GET /: what this is. The web pages are not there yet."""
    hub = request.app[HUB]
    text = (
        f"This is the eBPF hub {hub.origin}.\n\n"
        f"  ecli trust add {hub.url}\n  ecli search opensnoop\n  ecli run --verify opensnoop\n\n"
        "It has no web pages yet. Search: /api/v1/search?q=…\n"
    )
    return web.Response(text=text, headers=_SHORT)


def _number(request: web.Request, name: str, default: int, high: int) -> int:
    text = request.query.get(name, str(default))
    if not text.isascii() or not text.isdigit() or len(text) > 6 or int(text) > high:
        raise BadInput(f"must be a number up to {high}", where=name)
    return int(text)
