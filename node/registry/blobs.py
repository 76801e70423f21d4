"""Reading and deleting blobs (OCI distribution 1.1, end-2 and end-10)."""

from __future__ import annotations

import os
from http import HTTPStatus

from aiohttp import hdrs, web

from ...schemas.digest import AnyDigest, Digest, parse_any_digest
from ...schemas.errors import BadInput, NotFound
from ..accounts.guard import CALLER
from ..accounts.rights import Caller
from ..accounts.roles import Role
from ..errors import OciCode, OciRefusal
from .access import Access
from .answers import Found, not_modified, send, without_body
from .names import Repository
from .registry import Registry

NOBODY = Caller(None, Role.READER)


class BlobHandlers:
    """GET, HEAD and DELETE of `/v2/<name>/blobs/<digest>`. Raises (all methods): HubError."""

    def __init__(self, registry: Registry, access: Access) -> None:
        self._registry, self._access = registry, access

    async def get(self, request: web.Request, repository: Repository, reference: str) -> web.StreamResponse:
        """Send a blob, or a range of it."""
        caller = request[CALLER]
        digest = read_digest(repository, reference)
        if not self._access.sees_blob(repository, digest, caller):
            raise unknown_blob(digest)
        try:
            if request.method == hdrs.METH_HEAD:
                return without_body(Found(digest, self._registry.store.size(digest), public=caller.identity is None))
            content = self._registry.store.load(digest)
        except NotFound as error:  # a lost file: the client may push it again
            raise unknown_blob(digest) from error
        size = len(content) if isinstance(content, bytes) else os.fstat(content.fileno()).st_size
        found = Found(digest, size, public=caller.identity is None)
        if not_modified(request, found):
            if not isinstance(content, bytes):
                content.close()
            return without_body(found, status=HTTPStatus.NOT_MODIFIED)
        return await send(request, found, content, self._registry.limits)

    async def delete(self, request: web.Request, repository: Repository, reference: str) -> web.Response:
        """Unlink a blob: any of a plain repository, in a logged one what the caller staged."""
        caller = request[CALLER]
        digest = read_digest(repository, reference)
        links, stager = self._registry.links, self._access.stager(repository, caller)
        if repository.logged and self._access.sees_blob(repository, digest, NOBODY):
            raise undeletable("this blob is part of a release")
        if not links.remove(repository.key, digest, staged_by=stager):
            raise unknown_blob(digest)
        return web.Response(status=HTTPStatus.ACCEPTED)


def read_digest(repository: Repository, text: str) -> AnyDigest:
    """Read the digest of a blob or manifest; sha256 only in logged repositories. Raises: OciRefusal."""
    try:
        return Digest.parse(text) if repository.logged else parse_any_digest(text)
    except BadInput as error:
        raise OciRefusal(OciCode.DIGEST_INVALID, error.what) from error


def unknown_blob(digest: str) -> OciRefusal:
    """The refusal of a blob that this repository does not have, or not for this caller."""
    return OciRefusal(OciCode.BLOB_UNKNOWN, f"there is no blob {digest} here", status=HTTPStatus.NOT_FOUND)


def undeletable(why: str) -> OciRefusal:
    """The refusal to delete what the log names."""
    return OciRefusal(
        OciCode.UNSUPPORTED, why, status=HTTPStatus.METHOD_NOT_ALLOWED, todo="Releases are yanked, not deleted."
    )
