"""The registry's one route, `/v2/…`: takes the path apart, picks the handler, answers errors as OCI says."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus

from aiohttp import BasicAuth, hdrs, web

from ...schemas.errors import HubError
from ..accounts.roles import Role
from ..errors import OciCode, OciRefusal, oci_answer, status_of
from .access import ANONYMOUS_TOKEN, Access
from .blobs import BlobHandlers
from .listings import ListHandlers
from .manifests import ManifestHandlers
from .names import Place, Repository, Target, take_apart
from .registry import Registry
from .uploads import UploadHandlers

_LOG = logging.getLogger(__name__)
_TOKEN_SECONDS = 300
Answer = Awaitable[web.StreamResponse]
Call = Callable[[web.Request, Repository, Place], Answer]


def add_registry_routes(app: web.Application, registry: Registry) -> None:
    """Mount the registry on `/v2/` of an application, with its housekeeping.

    Bodies are bounded here, not by the application's `client_max_size`.
    """
    routes = Routes(registry)
    app.router.add_route("*", "/v2{tail:(?:/.*)?}", routes.handle)

    async def housekeeping(_app: web.Application) -> AsyncIterator[None]:
        await asyncio.to_thread(registry.recover)
        task = asyncio.create_task(registry.keep_tidy())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    app.cleanup_ctx.append(housekeeping)


class Routes:
    """Dispatches requests; every error leaves as OCI error JSON."""

    def __init__(self, registry: Registry) -> None:
        self._access = access = Access(registry)
        blobs, uploads = BlobHandlers(registry, access), UploadHandlers(registry, access)
        manifests, lists = ManifestHandlers(registry, access), ListHandlers(registry, access)
        read_blob: Call = lambda r, repo, at: blobs.get(r, repo, at.reference)  # noqa: E731
        read_manifest: Call = lambda r, repo, at: manifests.get(r, repo, at.reference)  # noqa: E731
        self._table: dict[tuple[Target, str], Call] = {
            (Target.BLOB, "GET"): read_blob,
            (Target.BLOB, "HEAD"): read_blob,
            (Target.BLOB, "DELETE"): lambda r, repo, at: blobs.delete(r, repo, at.reference),
            (Target.MANIFEST, "GET"): read_manifest,
            (Target.MANIFEST, "HEAD"): read_manifest,
            (Target.MANIFEST, "PUT"): lambda r, repo, at: manifests.put(r, repo, at.reference),
            (Target.MANIFEST, "DELETE"): lambda r, repo, at: manifests.delete(r, repo, at.reference),
            (Target.REFERRERS, "GET"): lambda r, repo, at: lists.referrers(r, repo, at.reference),
            (Target.TAGS, "GET"): lambda r, repo, at: lists.tags(r, repo, at.name),
            (Target.NEW_UPLOAD, "POST"): lambda r, repo, at: uploads.begin(r, repo),
            (Target.UPLOAD, "GET"): lambda r, repo, at: uploads.state(r, repo, at.reference),
            (Target.UPLOAD, "PATCH"): lambda r, repo, at: uploads.patch(r, repo, at.reference),
            (Target.UPLOAD, "PUT"): lambda r, repo, at: uploads.finish(r, repo, at.reference),
            (Target.UPLOAD, "DELETE"): lambda r, repo, at: uploads.cancel(r, repo, at.reference),
        }

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request below `/v2`."""
        try:
            return await self._dispatch(request)
        except HubError as error:
            if status_of(error) >= HTTPStatus.INTERNAL_SERVER_ERROR:
                _LOG.error("%s %s: %s", request.method, request.path, error)
            return oci_answer(error)
        except (ConnectionError, web.RequestPayloadError):
            return oci_answer(OciRefusal(OciCode.BLOB_UPLOAD_INVALID, "the connection broke"))
        except Exception:
            _LOG.exception("%s %s", request.method, request.path)
            return oci_answer(HubError("something went wrong in the hub"))

    async def _dispatch(self, request: web.Request) -> web.StreamResponse:
        tail = request.match_info["tail"][1:]
        if not tail:
            return await self._ping(request)
        if tail == "token":
            return await self._token(request)
        place = take_apart(tail)
        repository = self._access.locate(place.name)
        call = self._table.get((place.target, request.method))
        if call is None:
            allowed = sorted(method for target, method in self._table if target is place.target)
            raise _not_allowed(", ".join(allowed))
        if repository.origin and request.method not in (hdrs.METH_GET, hdrs.METH_HEAD):
            raise OciRefusal(
                OciCode.DENIED,
                f"{repository.origin} is mirrored here and only read",
                status=HTTPStatus.FORBIDDEN,
                todo="Push to the origin itself.",
            )
        return await call(request, repository, place)

    async def _ping(self, request: web.Request) -> web.Response:
        """Answer end-1. Without credentials it asks for them: only here docker and skopeo learn how to log in."""
        if request.method not in (hdrs.METH_GET, hdrs.METH_HEAD):
            raise _not_allowed("GET, HEAD")
        if hdrs.AUTHORIZATION not in request.headers:
            raise self._access.challenge(request, "get a token first; reading needs no login", bearer=True)
        await self._access.caller(request, Role.READER)
        return web.json_response({}, headers={"Docker-Distribution-Api-Version": "registry/2.0"})

    async def _token(self, request: web.Request) -> web.Response:
        """Turn Basic credentials into the Bearer token of docker's token protocol: it is the hub's token itself."""
        if request.method != hdrs.METH_GET:
            raise _not_allowed("GET")
        await self._access.caller(request, Role.NONE)
        token = _password(request) or ANONYMOUS_TOKEN
        body = json.dumps({"token": token, "access_token": token, "expires_in": _TOKEN_SECONDS}).encode()
        return web.Response(body=body, content_type="application/json", headers={"Cache-Control": "no-store"})


def _password(request: web.Request) -> str:
    given = request.headers.get(hdrs.AUTHORIZATION, "")
    if not given.lower().startswith("basic "):
        return ""
    try:
        return str(BasicAuth.decode(given).password)
    except ValueError:
        return ""


def _not_allowed(allowed: str) -> OciRefusal:
    return OciRefusal(
        OciCode.UNSUPPORTED,
        "this method is not for this path",
        status=HTTPStatus.METHOD_NOT_ALLOWED,
        headers={"Allow": allowed},
    )
