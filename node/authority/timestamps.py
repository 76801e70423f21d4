"""Timestamps over HTTP: RFC 3161 section 3.4, and the JSON request of Sigstore's timestamp-authority."""

from __future__ import annotations

from aiohttp import web

from ...signing.authority.timestamps import MAX_REQUEST_BYTES, Failure, answer_timestamp, query_from_json
from .bodies import read_body
from .rates import address_key
from .rpc import as_status
from .service import SERVICE


@as_status
async def give_timestamp(request: web.Request) -> web.StreamResponse:
    """`POST /sigstore/tsa/api/v1/timestamp`. Rejections are RFC 3161 messages too; unreadable requests are HTTP 400."""
    service = request.app[SERVICE]
    service.limits.timestamp.take(address_key(service.client_address(request)))
    query = await read_body(request, MAX_REQUEST_BYTES)
    if request.content_type == "application/json":
        query = query_from_json(query)
    answer = answer_timestamp(service.keys, query, service.clock())
    return web.Response(
        body=answer.body,
        content_type="application/timestamp-reply",
        status=400 if answer.failure is Failure.BAD_DATA_FORMAT else 200,
        headers={"Cache-Control": "no-store"},
    )
