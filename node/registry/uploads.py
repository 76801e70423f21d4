"""Pushing blobs: in one request, in two, in chunks, or by mounting (OCI distribution 1.1, "Pushing blobs").

The offset of an upload is the size of its file: no other record could contradict it after a crash.
"""

from __future__ import annotations

import asyncio
import re
from http import HTTPStatus

from aiohttp import hdrs, web

from ...federation.blobs import ALGORITHMS, INLINE_BYTES
from ...federation.upload import Upload, fill
from ...schemas.digest import AnyDigest
from ...schemas.errors import BadInput, HubError, StorageFailed
from ..accounts.guard import CALLER
from ..accounts.rights import Caller
from ..errors import OciCode, OciRefusal
from ..storage.links import Link
from ..storage.uploads import UploadSession
from .access import Access, space
from .blobs import read_digest
from .body import check_length, chunks, too_big, whole
from .names import Repository
from .registry import Registry

_CONTENT_RANGE = re.compile(r"(\d{1,19})-(\d{1,19})")


class UploadHandlers:
    """POST, PATCH, PUT, GET and DELETE of `/v2/<name>/blobs/uploads/…`. Raises (all methods): HubError."""

    def __init__(self, registry: Registry, access: Access) -> None:
        self._registry, self._access = registry, access

    async def begin(self, request: web.Request, repository: Repository) -> web.Response:
        """Begin a session; or take a whole blob (`?digest=`); or mount one (`?mount=`)."""
        caller = request[CALLER]
        query = request.query
        if "mount" in query:
            digest = read_digest(repository, query["mount"])
            if await self._mount(request, repository, digest):
                return _created(request, digest)
        elif "digest" in query:
            digest = read_digest(repository, query["digest"])
            await self._take_whole(request, repository, digest, caller)
            return _created(request, digest)
        session = self._begin(repository, caller, query.get("digest-algorithm", "sha256"))
        return _state(request, session, 0, HTTPStatus.ACCEPTED)

    async def patch(self, request: web.Request, repository: Repository, upload_id: str) -> web.Response:
        """Append a chunk. A `Content-Range` must begin where the upload ends."""
        session = await self._session(request, repository, upload_id)
        with self._open(session) as upload:
            await self._append(request, repository, session, upload)
            return _state(request, session, upload.offset, HTTPStatus.ACCEPTED)

    async def finish(self, request: web.Request, repository: Repository, upload_id: str) -> web.Response:
        """Append what the request brings, and make the upload a blob."""
        session = await self._session(request, repository, upload_id)
        digest = read_digest(repository, request.query.get("digest", ""))
        fresh = self._registry.store.upload_size(session.id) == 0 and hdrs.CONTENT_RANGE not in request.headers
        if fresh and _is_small(request):
            try:
                await self._put_small(request, repository, digest)
            except HubError:
                self._drop(session)
                raise
            await self._link(repository, digest, session.identity, ends_upload=session.id)
            self._registry.store.drop_upload(session.id)  # a chunk may have come meanwhile
        else:
            await self._close(request, repository, digest, session)
        return _created(request, digest)

    async def state(self, request: web.Request, repository: Repository, upload_id: str) -> web.Response:
        """Tell how far an upload is."""
        session = await self._session(request, repository, upload_id)
        offset = self._registry.store.upload_size(session.id)
        return _state(request, session, offset, HTTPStatus.NO_CONTENT)

    async def cancel(self, request: web.Request, repository: Repository, upload_id: str) -> web.Response:
        """Drop an upload."""
        session = await self._session(request, repository, upload_id)
        self._drop(session)
        return web.Response(status=HTTPStatus.NO_CONTENT)

    def _begin(self, repository: Repository, caller: Caller, algorithm: str) -> UploadSession:
        allowed = ALGORITHMS[:1] if repository.logged else ALGORITHMS
        if algorithm not in allowed:
            raise OciRefusal(OciCode.DIGEST_INVALID, f"digests here are {' or '.join(allowed)}")
        identity = caller.identity or ""
        if self._registry.uploads.count(identity) >= self._registry.limits.uploads:
            raise OciRefusal(
                OciCode.TOOMANYREQUESTS,
                "you have too many uploads open",
                status=HTTPStatus.TOO_MANY_REQUESTS,
                todo="Finish or cancel some; the hub drops them after a day.",
            )
        return self._registry.uploads.begin(repository.key, identity=identity, algorithm=algorithm)

    async def _session(self, request: web.Request, repository: Repository, upload_id: str) -> UploadSession:
        caller = request[CALLER]
        found = self._registry.uploads.get(upload_id, repository=repository.key, identity=caller.identity or "")
        if found is None:
            raise OciRefusal(
                OciCode.BLOB_UPLOAD_UNKNOWN, "there is no such upload", status=HTTPStatus.NOT_FOUND, todo="Begin again."
            )
        return found

    def _open(self, session: UploadSession) -> Upload:
        return self._registry.store.upload(session.id, algorithm=session.algorithm)

    def _drop(self, session: UploadSession) -> None:
        self._registry.store.drop_upload(session.id)
        self._registry.uploads.end(session.id)

    async def _mount(self, request: web.Request, repository: Repository, digest: AnyDigest) -> bool:
        source, caller = request.query.get("from"), request[CALLER]
        registry = self._registry
        try:
            if source is None:
                identity = caller.identity or ""
                if registry.links.anywhere(digest, identity=identity) is None:
                    return False
            elif not self._access.sees(request, source, digest):
                return False
            if registry.store.size(digest) > registry.blob_limit(repository):
                return False
            await self._check_quota(repository, caller.identity or "", registry.store.size(digest), digest)
        except HubError:  # the specification's answer to whatever cannot be mounted is a session
            return False
        registry.links.add(repository.key, digest, staged_by=self._access.stager(repository, caller))
        return True

    async def _take_whole(
        self, request: web.Request, repository: Repository, digest: AnyDigest, caller: Caller
    ) -> None:
        if _is_small(request):
            await self._put_small(request, repository, digest)
            await self._link(repository, digest, caller.identity or "")
            return
        session = self._begin(repository, caller, digest[:6])
        try:
            await self._close(request, repository, digest, session)
        except HubError:  # the client has no address to go on at
            self._drop(session)
            raise

    async def _put_small(self, request: web.Request, repository: Repository, digest: AnyDigest) -> None:
        limit = min(INLINE_BYTES, self._registry.blob_limit(repository))
        body = await whole(request, self._registry.limits, limit=limit)
        await self._check_quota(repository, request[CALLER].identity or "", len(body), digest)
        self._registry.store.check_room(len(body))
        try:
            await asyncio.to_thread(self._registry.store.put, body, digest=digest)  # it waits for the disk
        except BadInput as error:
            raise _wrong_digest(error) from error

    async def _close(
        self, request: web.Request, repository: Repository, digest: AnyDigest, session: UploadSession
    ) -> None:
        with self._open(session) as upload:
            await self._append(request, repository, session, upload)
            try:
                await self._check_quota(repository, session.identity, upload.offset, digest)
            except HubError:
                self._drop(session)
                raise
            try:
                await asyncio.to_thread(upload.commit, digest)
            except BadInput as error:
                self._drop(session)
                raise _wrong_digest(error) from error
            except StorageFailed:
                self._drop(session)
                raise
        await self._link(repository, digest, session.identity, ends_upload=session.id)

    async def _check_quota(
        self, repository: Repository, identity: str, size: int, digest: AnyDigest | None = None
    ) -> None:
        """Refuse what goes beyond a quota; what the repository has already brings nothing. Raises: OciRefusal."""
        if digest is not None and self._registry.links.visible(repository.key, digest, identity=identity):
            return
        await self._registry.room.check(space(repository), identity, size)

    async def _link(self, repository: Repository, digest: AnyDigest, identity: str, *, ends_upload: str = "") -> None:
        staged_by = identity if repository.logged else ""
        await self._registry.link_batches.add(Link(repository.key, digest, staged_by, ends_upload))

    async def _append(
        self, request: web.Request, repository: Repository, session: UploadSession, upload: Upload
    ) -> None:
        limit = self._registry.blob_limit(repository)
        length = check_length(request, limit=limit)
        _check_range(request, session, upload.offset, length)
        if upload.offset + (length or 0) > limit:
            self._drop(session)
            raise too_big(limit)
        self._registry.store.check_room(length or 0)
        if length:
            await self._check_chunk(repository, session, upload.offset + length)
        try:
            await fill(upload, chunks(request, self._registry.limits), limit=limit)
        except BadInput as error:
            self._drop(session)
            raise too_big(limit) from error
        except StorageFailed:  # a client that was too slow may go on; nobody else
            self._drop(session)
            raise

    async def _check_chunk(self, repository: Repository, session: UploadSession, size: int) -> None:
        """Refuse a chunk that goes beyond a quota, and end its upload. Raises: OciRefusal."""
        try:
            await self._check_quota(repository, session.identity, size)
        except HubError:
            self._drop(session)
            raise


def _is_small(request: web.Request) -> bool:
    """Whether the body is announced to be small enough for memory."""
    return request.content_length is not None and request.content_length <= INLINE_BYTES


def _check_range(request: web.Request, session: UploadSession, offset: int, length: int | None) -> None:
    given = request.headers.get(hdrs.CONTENT_RANGE)
    if given is None:
        return
    match = _CONTENT_RANGE.fullmatch(given)
    if match is None:
        raise OciRefusal(OciCode.BLOB_UPLOAD_INVALID, "Content-Range must be <first>-<last>")
    first, last = int(match[1]), int(match[2])
    if first != offset:
        raise OciRefusal(
            OciCode.BLOB_UPLOAD_INVALID,
            f"the chunk must begin at byte {offset}",
            status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
            headers=_state_headers(request, session, offset),
        )
    if length is not None and last - first + 1 != length:
        raise OciRefusal(OciCode.SIZE_INVALID, "Content-Range and Content-Length contradict each other")


def _wrong_digest(error: BadInput) -> OciRefusal:
    return OciRefusal(OciCode.DIGEST_INVALID, error.what, todo="Begin the upload again.")


def _base(request: web.Request) -> str:
    """`/v2/<name>` as the client spelled it."""
    return request.path.partition("/blobs/uploads")[0]


def _created(request: web.Request, digest: AnyDigest) -> web.Response:
    headers = {"Location": f"{_base(request)}/blobs/{digest}", "Docker-Content-Digest": digest}
    return web.Response(status=HTTPStatus.CREATED, headers=headers)


def _state(request: web.Request, session: UploadSession, offset: int, status: HTTPStatus) -> web.Response:
    return web.Response(status=status, headers=_state_headers(request, session, offset))


def _state_headers(request: web.Request, session: UploadSession, offset: int) -> dict[str, str]:
    return {
        "Location": f"{_base(request)}/blobs/uploads/{session.id}",
        "Range": f"0-{max(offset - 1, 0)}",
        "Docker-Upload-UUID": session.id,
        "Cache-Control": "no-store",
    }
