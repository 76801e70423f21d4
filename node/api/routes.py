"""Operations as routes: what comes is read by its type, what goes is JSON, with an ETag where it may be kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from http import HTTPMethod, HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

from ..accounts.rights import READING, Needs
from .document import make_document
from .operation import PREFIX, Operation
from .reading import read_body, read_query

DOCUMENT_PATH = f"{PREFIX}openapi.json"


def api_routes(operations: Iterable[Operation]) -> dict[Needs, list[web.RouteDef]]:
    """The routes of operations, by what they need, and the one of the document that describes them."""
    every = tuple(operations)

    @cache
    def document() -> bytes:
        return msgspec.json.encode(make_document(every, DOCUMENT_PATH), order="sorted")

    async def openapi(request: web.Request) -> web.Response:
        return _kept(request, document())

    routes: dict[Needs, list[web.RouteDef]] = {READING: [web.get(DOCUMENT_PATH, openapi)]}
    for operation in every:
        routes.setdefault(operation.needs, []).append(_route(operation))
    return routes


def _route(operation: Operation) -> web.RouteDef:
    async def answer(request: web.Request) -> web.Response:
        given: list[Any] = []
        if operation.query is not None:
            given.append(read_query(operation.query, request))
        if operation.body is not None:
            given.append(await read_body(operation.body, request, limit=operation.body_limit))
        told = tuple(given) if len(given) > 1 else given[0] if given else None
        body = msgspec.json.encode(await operation.handler(request, told))
        if operation.method is HTTPMethod.GET and not operation.private:
            return _kept(request, body)
        return _json(body, operation.status, {"Cache-Control": "no-store"})

    if operation.method is HTTPMethod.GET:
        return web.get(operation.path, answer)
    return web.route(operation.method, operation.path, answer)


def _kept(request: web.Request, body: bytes) -> web.Response:
    """The answer, or 304 where the client has it already (RFC 9110 section 13.1.2)."""
    tag = hashlib.sha256(body).hexdigest()[:32]
    headers = {"Cache-Control": "no-cache", "ETag": f'"{tag}"'}
    if any(held.value in (tag, "*") for held in request.if_none_match or ()):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    return _json(body, HTTPStatus.OK, headers)


def _json(body: bytes, status: HTTPStatus, headers: dict[str, str]) -> web.Response:
    headers["X-Content-Type-Options"] = "nosniff"
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)
