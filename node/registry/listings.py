"""Lists: tags of a repository and referrers of a manifest (OCI distribution 1.1, "Content Discovery")."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from ...schemas import media
from ..accounts.guard import CALLER
from ..accounts.rights import Caller
from ..storage.manifests import ManifestRow
from .access import Access
from .blobs import read_digest
from .names import Repository, unknown_name
from .registry import Registry

MAX_TAGS = 10_000  # in one answer; more with Link
MAX_REFERRERS = 1000  # looked at for one answer; more with Link
MAX_LIST_BYTES = 4 * 1024 * 1024  # of referrers in one answer, as long as there is more than one
_HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}


class ListHandlers:
    """GET of `/v2/<name>/tags/list` and `/v2/<name>/referrers/<digest>`. Raises (all methods): HubError."""

    def __init__(self, registry: Registry, access: Access) -> None:
        self._registry, self._access = registry, access

    async def tags(self, request: web.Request, repository: Repository, name: str) -> web.Response:
        """List tags in the order of their bytes; `?n=` limits them, `?last=` goes on after one."""
        limit, after = _count(request), request.query.get("last", "")
        found = await self._tags(repository, after=after, limit=limit + 1)
        headers = dict(_HEADERS)
        if limit and len(found) > limit:
            found = found[:limit]
            headers["Link"] = _link(request, n=str(limit), last=found[-1])
        body = json.dumps({"name": name, "tags": found[:limit]}).encode()
        return web.Response(body=body, headers=headers, content_type="application/json")

    async def referrers(self, request: web.Request, repository: Repository, reference: str) -> web.Response:
        """List manifests about a manifest as an image index; `?artifactType=` filters."""
        caller = request[CALLER]
        digest = read_digest(repository, reference)
        wanted = request.query.get("artifactType", "")
        rows = self._registry.manifests.referrers(
            repository.key, digest, artifact_type=wanted, after=request.query.get("last", ""), limit=MAX_REFERRERS
        )
        listed, last = self._descriptors(repository, rows, caller)
        headers = dict(_HEADERS)
        if wanted:
            headers["OCI-Filters-Applied"] = "artifactType"
        if last:
            headers["Link"] = _link(request, last=last, **({"artifactType": wanted} if wanted else {}))
        index = {"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": listed}
        return web.Response(body=json.dumps(index).encode(), headers=headers, content_type=media.OCI_INDEX)

    async def _tags(self, repository: Repository, *, after: str, limit: int) -> list[str]:
        if not repository.logged:
            found = self._registry.manifests.tags(repository.key, after=after, limit=limit)
            if not found and not self._registry.manifests.has_repository(repository.key):
                raise unknown_name(repository.key)
            return found
        every = await self._registry.releases(repository).tags(repository.namespace, repository.name)
        if not every:
            raise unknown_name(repository.key)
        return sorted(tag for tag in every if tag > after)[:limit]

    def _descriptors(
        self, repository: Repository, rows: list[ManifestRow], caller: Caller
    ) -> tuple[list[dict[str, Any]], str]:
        """What the caller may see of `rows`, and the last digest looked at if there is more."""
        listed: dict[str, dict[str, Any]] = {}
        size = 0
        for row in rows:
            if row.digest in listed or self._access.manifest(repository, row.digest, caller) is None:
                continue
            descriptor = _descriptor(row)
            size += len(json.dumps(descriptor))
            if size > MAX_LIST_BYTES and listed:
                return list(listed.values()), list(listed)[-1]
            listed[row.digest] = descriptor
        return list(listed.values()), rows[-1].digest if len(rows) == MAX_REFERRERS else ""


def _descriptor(row: ManifestRow) -> dict[str, Any]:
    made: dict[str, Any] = {"mediaType": row.media_type, "digest": row.digest, "size": row.size}
    if row.artifact_type:
        made["artifactType"] = row.artifact_type
    if row.annotations:
        made["annotations"] = row.annotations
    return made


def _count(request: web.Request) -> int:
    text = request.query.get("n", "")
    return min(int(text), MAX_TAGS) if text.isascii() and text.isdigit() and len(text) < 10 else MAX_TAGS


def _link(request: web.Request, **query: str) -> str:
    return f'<{request.path}?{urlencode(query)}>; rel="next"'
