"""Routes of a log: checkpoint, tiles, index answers, origin note, trusted roots; the same for own and mirrored logs."""

from __future__ import annotations

import asyncio

from aiohttp import web

from ...federation.index.answer import make_answer
from ...federation.log.files import LogFiles
from ...federation.log.tiles import TileName
from ...federation.sources import NEWS_SECONDS
from ...federation.sync.rekor_replica import RekorReplica
from ...schemas import media
from ...schemas.digest import Digest
from ...schemas.errors import BadInput, NotFound
from ...schemas.reference import Reference, check_namespace
from ...signing.material import MAX_BUNDLE_BYTES
from .served import ServedLog
from .services import HUB, STOPPING

IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}
SHORT = {"Cache-Control": "public, max-age=5"}
NO_CACHE = {"Cache-Control": "no-cache"}
_POLL_SECONDS = 0.2  # how often a replica is looked at for a client that waits for news


def log_routes() -> list[web.RouteDef]:
    """The routes, for the own log and below `/mirror/<sha256 of origin>/` (protocol.md section 6)."""
    mirror = "/mirror/{origin:[0-9a-f]{64}}"
    return [
        web.get("/log/checkpoint", checkpoint),
        web.get("/log/tile/{path:.+}", tile),
        web.get("/log/bundle/{digest:[0-9a-f]{64}}", order_bundle),
        web.get("/index/package/{namespace}/{name}", index_answer),
        web.get("/origin", origin_note),
        web.get("/trust/{digest}", trusted_root),
        web.get(f"{mirror}/checkpoint", checkpoint),
        web.get(f"{mirror}/tile/{{path:.+}}", tile),
        web.get(f"{mirror}/rekor/checkpoint", rekor_checkpoint),
        web.get(f"{mirror}/rekor/tile/{{path:.+}}", rekor_tile),
        web.get(f"{mirror}/bundle/{{digest:[0-9a-f]{{64}}}}", order_bundle),
        web.get(f"{mirror}/index/package/{{namespace}}/{{name}}", index_answer),
        web.get(f"{mirror}/origin", origin_note),
        web.get(f"{mirror}/trust/{{digest}}", trusted_root),
    ]


async def checkpoint(request: web.Request) -> web.Response:
    """GET …/checkpoint[?newer=<size>]: the newest signed checkpoint; with `newer`, waits a while for a longer log."""
    served = _served(request)
    if "newer" in request.query:
        newer = _number(request, "newer")
        for _ in range(int(NEWS_SECONDS / _POLL_SECONDS)):
            if served.shown.size > newer or request.app[STOPPING].is_set():
                break
            await asyncio.sleep(_POLL_SECONDS)
    return web.Response(text=served.shown.text, headers=NO_CACHE)


async def tile(request: web.Request) -> web.Response:
    """GET …/tile/…: a hash tile or an entry bundle (tlog-tiles)."""
    served = _served(request)
    return _tile(request, served.files, served.shown.size)


async def rekor_checkpoint(request: web.Request) -> web.Response:
    """GET /mirror/<sha256 of origin>/rekor/checkpoint: the newest one of the Rekor log of a mirrored origin."""
    return web.Response(text=_rekor(request).shown.text, headers=NO_CACHE)


async def rekor_tile(request: web.Request) -> web.Response:
    """GET /mirror/<sha256 of origin>/rekor/tile/…: a hash tile or an entry bundle of that log."""
    rekor = _rekor(request)
    return _tile(request, rekor.files, rekor.shown.size)


async def order_bundle(request: web.Request) -> web.Response:
    """GET …/bundle/<sha256>: an owner's Sigstore bundle over an order of the log (protocol.md section 4)."""
    digest = Digest.parse(f"sha256:{request.match_info['digest']}")
    if digest not in _served(request).replay.bundles:
        raise NotFound("no order of this log was signed by that bundle", where=digest)
    data = await asyncio.to_thread(request.app[HUB].store.read, digest, limit=MAX_BUNDLE_BYTES)
    return web.Response(body=data, content_type="application/json", headers=IMMUTABLE)


async def index_answer(request: web.Request) -> web.Response:
    """GET …/index/package/<namespace>/<name>[:tag]?from=<size last seen> (protocol.md section 5)."""
    served = _served(request)
    namespace = check_namespace(request.match_info["namespace"])
    asked = Reference.parse(f"{namespace}/{request.match_info['name']}")
    shown = served.shown
    answer = make_answer(
        checkpoint=shown.text,
        size=shown.size,
        files=served.files,
        replay=served.replay,
        namespace=asked.namespace,
        name=asked.name,
        tag=asked.tag,
        since=_number(request, "from"),
    )
    return web.Response(body=answer.encode(), content_type=media.INDEX_ANSWER, headers=NO_CACHE)


async def origin_note(request: web.Request) -> web.Response:
    """GET …/origin: the origin note."""
    return web.Response(text=_served(request).note_text, headers=NO_CACHE)


async def trusted_root(request: web.Request) -> web.Response:
    """GET …/trust/<sha256>: a trusted root that the origin note names."""
    text = request.match_info["digest"]
    digest = Digest.parse(text if text.startswith("sha256:") else f"sha256:{text}")
    data = _served(request).trust.get(digest)
    if data is None:
        raise NotFound("the origin note names no such trusted root", where=digest)
    return web.Response(body=data, content_type="application/json", headers=IMMUTABLE)


def _served(request: web.Request) -> ServedLog:
    hub = request.app[HUB]
    hexed = request.match_info.get("origin")
    return hub.own if hexed is None else hub.mirrors.by_hash(hexed).replica


def _rekor(request: web.Request) -> RekorReplica:
    return request.app[HUB].mirrors.by_hash(request.match_info["origin"]).kept_rekor


def _tile(request: web.Request, files: LogFiles, size: int) -> web.Response:
    name = TileName.parse("tile/" + request.match_info["path"])
    data = files.read(name, size)
    if data is None:
        raise NotFound("the log has no such tile", where=name.path)
    return web.Response(body=data, content_type="application/octet-stream", headers=IMMUTABLE)


def _number(request: web.Request, name: str) -> int:
    text = request.query.get(name, "0")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise BadInput("must be a number of entries", where=name)
    return int(text)
