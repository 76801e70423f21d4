"""Reading, pushing and deleting manifests (OCI distribution 1.1, end-3, end-7, end-9; protocol.md section 10)."""

from __future__ import annotations

import hashlib
from http import HTTPStatus

from aiohttp import hdrs, web

from ...schemas import media
from ...schemas.digest import AnyDigest, Digest
from ...schemas.errors import BadInput, NotFound
from ...schemas.oci import MAX_MANIFEST_BYTES
from ...schemas.reference import check_tag
from ..accounts.guard import CALLER
from ..accounts.rights import Caller
from ..errors import OciCode, OciRefusal
from ..storage.manifests import ManifestRow
from .access import Access
from .answers import Found, not_modified, send, without_body
from .blobs import NOBODY, read_digest, undeletable
from .body import whole
from .document import Document, read_document
from .names import Repository
from .registry import Registry
from .staging import Staging

MAX_TAGS = 64  # in one push; the specification asks for at least 10


class ManifestHandlers:
    """GET, HEAD, PUT and DELETE of `/v2/<name>/manifests/<tag or digest>`. Raises (all methods): HubError."""

    def __init__(self, registry: Registry, access: Access) -> None:
        self._registry, self._access = registry, access
        self._staging = Staging(registry, access)

    async def get(self, request: web.Request, repository: Repository, reference: str) -> web.StreamResponse:
        """Send a manifest, byte for byte as it was pushed."""
        caller = request[CALLER]
        row = await self._find(repository, reference, caller)
        if row is None:
            raise unknown_manifest(reference)
        found = Found(row.digest, row.size, row.media_type, public=caller.identity is None, by_digest=":" in reference)
        if not_modified(request, found):
            return without_body(found, status=HTTPStatus.NOT_MODIFIED)
        if request.method == hdrs.METH_HEAD:
            return without_body(found)
        try:
            raw = self._registry.store.read(row.digest, limit=MAX_MANIFEST_BYTES)
        except NotFound as error:
            raise unknown_manifest(reference) from error
        if repository.logged and row.artifact_type == media.PACKAGE and not row.staged_by:
            self._registry.sent(repository)
        return await send(request, found, raw, self._registry.limits)

    async def put(self, request: web.Request, repository: Repository, reference: str) -> web.Response:
        """Take a manifest: shown at once in a plain repository, staged in a logged one."""
        caller = request[CALLER]
        raw = await whole(request, self._registry.limits, limit=self._registry.limits.manifest)
        digest, tags = _names(request, repository, reference, raw)
        content_type = request.headers.get(hdrs.CONTENT_TYPE, "")
        document = read_document(raw, content_type=content_type, logged=repository.logged)
        headers = _put_headers(request, digest, document, tags if ":" in reference else ())
        if repository.logged:
            accepted = await self._staging.take(repository, raw, document, digest, tags, caller)
            if accepted is not None and accepted.log_index is not None:
                headers["EbpfHub-Log-Index"] = str(accepted.log_index)
        else:
            self._staging.keep(repository, raw, document, digest, tags, caller)
        return web.Response(status=HTTPStatus.CREATED, headers=headers)

    async def delete(self, request: web.Request, repository: Repository, reference: str) -> web.Response:
        """Delete a tag or a manifest: any of a plain repository, in a logged one what the caller staged."""
        caller = request[CALLER]
        manifests = self._registry.manifests
        if ":" not in reference:
            if repository.logged:
                raise undeletable("tags here follow the log")
            gone = manifests.untag(repository.key, _tag(reference))
        else:
            digest = read_digest(repository, reference)
            if repository.logged and self._access.manifest(repository, digest, NOBODY) is not None:
                raise undeletable("this manifest is part of a release")
            gone = manifests.remove(repository.key, digest, staged_by=self._access.stager(repository, caller))
        if not gone:
            raise unknown_manifest(reference)
        return web.Response(status=HTTPStatus.ACCEPTED)

    async def _find(self, repository: Repository, reference: str, caller: Caller) -> ManifestRow | None:
        if ":" in reference:
            return self._access.manifest(repository, read_digest(repository, reference), caller)
        tag = _tag(reference)
        if not repository.logged:
            return self._registry.manifests.tagged(repository.key, tag)
        digest = await self._registry.releases(repository).resolve(repository.namespace, repository.name, tag)
        return None if digest is None else self._access.manifest(repository, digest, caller)


def unknown_manifest(reference: str) -> OciRefusal:
    """The refusal of a manifest that this repository does not have, or not for this caller."""
    return OciRefusal(
        OciCode.MANIFEST_UNKNOWN, f"there is no manifest {reference[:140]!r} here", status=HTTPStatus.NOT_FOUND
    )


def _tag(text: str) -> str:
    try:
        return check_tag(text)
    except BadInput as error:
        raise OciRefusal(OciCode.MANIFEST_INVALID, error.what, todo=error.todo) from error


def _names(
    request: web.Request, repository: Repository, reference: str, raw: bytes
) -> tuple[AnyDigest, tuple[str, ...]]:
    """The digest and the tags under which a manifest is pushed (end-7a, end-7b)."""
    if ":" not in reference:
        return Digest.of(raw), (_tag(reference),)
    digest = read_digest(repository, reference)
    if hashlib.new(digest[:6], raw).hexdigest() != digest.hex:
        raise OciRefusal(OciCode.DIGEST_INVALID, "the manifest does not have that digest")
    given = request.query.getall("tag", [])
    if len(given) > MAX_TAGS:
        raise OciRefusal(
            OciCode.MANIFEST_INVALID, f"more than {MAX_TAGS} tags at once", status=HTTPStatus.REQUEST_URI_TOO_LONG
        )
    return digest, tuple(dict.fromkeys(_tag(tag) for tag in given))


def _put_headers(request: web.Request, digest: AnyDigest, document: Document, tags: tuple[str, ...]) -> dict[str, str]:
    base = request.path.rpartition("/")[0]
    headers = {"Location": f"{base}/{digest}", "Docker-Content-Digest": digest}
    if document.subject:
        headers["OCI-Subject"] = document.subject
    if tags:
        headers["OCI-Tag"] = ", ".join(tags)
    return headers
