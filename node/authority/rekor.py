"""Rekor v2 over HTTP: signatures into the log, and the log's checkpoint and tiles out (rekor-tiles)."""

from __future__ import annotations

import re

from aiohttp import web

from ...schemas.errors import NotFound
from ...signing.authority.log_entry import transparency_log_entry
from ...signing.authority.rekor import MAX_REQUEST_BYTES, SignatureEntry
from .bodies import read_body
from .rates import address_key
from .rpc import as_status
from .service import SERVICE

# C2SP tlog-tiles, "Merkle Tree" and "Log Entries"
_TILE = re.compile(
    r"tile/(?:entries|[0-9]|[1-5][0-9]|6[0-3])/(?:x[0-9]{3}/){0,5}[0-9]{3}"
    r"(?:\.p/(?:[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?"
)


@as_status
async def add_entry(request: web.Request) -> web.StreamResponse:
    """`POST /api/v2/log/entries`: answered when the entry is in a durable checkpoint."""
    service = request.app[SERVICE]
    service.limits.entry.take(address_key(service.client_address(request)))
    entry = SignatureEntry.parse(await read_body(request, MAX_REQUEST_BYTES))
    entry.check(service.keys, service.clock())
    body = entry.canonical_body()
    logged = await service.log.append(body)
    answer = transparency_log_entry(service.keys, body, logged)
    return web.Response(body=answer, content_type="application/json", status=201)


@as_status
async def show_checkpoint(request: web.Request) -> web.StreamResponse:
    """`GET /api/v2/checkpoint`: the newest signed note."""
    note = await request.app[SERVICE].log.read("checkpoint")
    if note is None:
        raise NotFound("the log has no checkpoint yet", where="checkpoint")
    return web.Response(body=note, content_type="text/plain", charset="utf-8", headers={"Cache-Control": "no-cache"})


@as_status
async def show_tile(request: web.Request) -> web.StreamResponse:
    """`GET /api/v2/tile/…`: immutable tiles and entry bundles."""
    path = f"tile/{request.match_info['path']}"
    tile = await request.app[SERVICE].log.read(path) if _TILE.fullmatch(path) else None
    if tile is None:
        raise NotFound("there is no such tile", where="tile")
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return web.Response(body=tile, content_type="application/octet-stream", headers=headers)
