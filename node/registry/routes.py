"""The registry's one route, `/v2/…`: takes the path apart, picks the handler, answers errors as OCI says."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus

from aiohttp import hdrs, web

from ...schemas.errors import HubError
from ..accounts.guard import add_guarded
from ..accounts.rights import ANYBODY
from ..errors import OciCode, OciRefusal, oci_answer, status_of
from .access import Access, space
from .actions import Action
from .bearer import LIFE
from .blobs import BlobHandlers
from .listings import ListHandlers
from .manifests import ManifestHandlers
from .names import Place, Repository, Target, take_apart
from .registry import Registry
from .uploads import UploadHandlers

_LOG = logging.getLogger(__name__)
Answer = Awaitable[web.StreamResponse]
Call = Callable[[web.Request, Repository, Place], Answer]


def add_registry_routes(app: web.Application, registry: Registry) -> None:
    """Mount the registry on `/v2/` of an application, with its housekeeping.

    Bodies are bounded here, not by the application's `client_max_size`. What each request needs stands in the table of
    `Routes`: this one route lets everybody through to it.
    """
    routes = Routes(registry)
    add_guarded(app, {ANYBODY: [web.route("*", "/v2{tail:(?:/.*)?}", routes.handle)]})

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
        pull, push, delete = Action.PULL, Action.PUSH, Action.DELETE
        self._table: dict[tuple[Target, str], tuple[Action, Call]] = {
            (Target.BLOB, "GET"): (pull, read_blob),
            (Target.BLOB, "HEAD"): (pull, read_blob),
            (Target.BLOB, "DELETE"): (delete, lambda r, repo, at: blobs.delete(r, repo, at.reference)),
            (Target.MANIFEST, "GET"): (pull, read_manifest),
            (Target.MANIFEST, "HEAD"): (pull, read_manifest),
            (Target.MANIFEST, "PUT"): (push, lambda r, repo, at: manifests.put(r, repo, at.reference)),
            (Target.MANIFEST, "DELETE"): (delete, lambda r, repo, at: manifests.delete(r, repo, at.reference)),
            (Target.REFERRERS, "GET"): (pull, lambda r, repo, at: lists.referrers(r, repo, at.reference)),
            (Target.TAGS, "GET"): (pull, lambda r, repo, at: lists.tags(r, repo, at.name)),
            (Target.NEW_UPLOAD, "POST"): (push, lambda r, repo, at: uploads.begin(r, repo)),
            (Target.UPLOAD, "GET"): (push, lambda r, repo, at: uploads.state(r, repo, at.reference)),
            (Target.UPLOAD, "PATCH"): (push, lambda r, repo, at: uploads.patch(r, repo, at.reference)),
            (Target.UPLOAD, "PUT"): (push, lambda r, repo, at: uploads.finish(r, repo, at.reference)),
            (Target.UPLOAD, "DELETE"): (push, lambda r, repo, at: uploads.cancel(r, repo, at.reference)),
        }

    @property
    def actions(self) -> dict[tuple[Target, str], Action]:
        """What every request below a repository does to it, by target and method."""
        return {place: action for place, (action, _) in self._table.items()}

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
        await self._access.caller(request)
        self._access.admit(request, Action.PULL)  # before anything is told of what there is
        place = take_apart(tail)
        repository = self._access.locate(place.name)
        found = self._table.get((place.target, request.method))
        if found is None:
            allowed = sorted(method for target, method in self._table if target is place.target)
            raise _not_allowed(", ".join(allowed))
        action, call = found
        if repository.origin and action is not Action.PULL:
            raise OciRefusal(
                OciCode.DENIED,
                f"{repository.origin} is mirrored here and only read",
                status=HTTPStatus.FORBIDDEN,
                todo="Push to the origin itself.",
            )
        self._access.admit(request, action, name=place.name, namespace=space(repository))
        return await call(request, repository, place)

    async def _ping(self, request: web.Request) -> web.Response:
        """Answer end-1. Without credentials it asks for them: only here docker and skopeo learn how to log in."""
        if request.method not in (hdrs.METH_GET, hdrs.METH_HEAD):
            raise _not_allowed("GET, HEAD")
        if hdrs.AUTHORIZATION not in request.headers:
            raise self._access.challenge(request, "get a token first; it may be one without a login", basic=False)
        await self._access.caller(request)
        self._access.admit(request, Action.PULL)
        return web.json_response({}, headers={"Docker-Distribution-Api-Version": "registry/2.0"})

    async def _token(self, request: web.Request) -> web.Response:
        """Turn Basic credentials, or none, into a bearer token (Distribution's token specification)."""
        if request.method != hdrs.METH_GET:
            raise _not_allowed("GET")
        issued = datetime.now(UTC).isoformat(timespec="seconds")
        token = await self._access.bearer(request)
        told = {"token": token, "access_token": token, "expires_in": LIFE, "issued_at": issued}
        return web.json_response(told, headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})


def _not_allowed(allowed: str) -> OciRefusal:
    return OciRefusal(
        OciCode.UNSUPPORTED,
        "this method is not for this path",
        status=HTTPStatus.METHOD_NOT_ALLOWED,
        headers={"Allow": allowed},
    )
