"""A whole package file at once, as a browser sends it: kept and staged as a push of its parts would be."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aiohttp import web

from ...federation.package_file import MAX_FILE_BYTES, PackageFile
from ...schemas import media
from ...schemas.digest import Digest
from ...schemas.errors import BadInput
from ...schemas.oci import Manifest
from ..accounts.rights import PUBLISHING, Caller, judge
from ..hub.attached import signs_attestation
from .access import Access
from .body import whole
from .document import read_document
from .names import Repository
from .registry import Registry
from .staging import Staging


@dataclass(frozen=True, slots=True)
class Taken:
    """A package that came in a file; `log_index` is None when it was released before."""

    package: str
    version: str
    log_index: int | None


class PackageIntake:
    """Takes signed package files. Raises (all methods): HubError as a push of the same parts would."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._access = Access(registry)
        self._staging = Staging(registry, self._access)

    async def read(self, request: web.Request) -> bytes:
        """The file in a request's body, bounded in size and time."""
        return await whole(request, self._registry.limits, limit=MAX_FILE_BYTES)

    async def take(self, caller: Caller, data: bytes) -> Taken:
        """Release the package in a file; answered when the release is durable."""
        file = await asyncio.to_thread(PackageFile.read, data)
        config = file.contents.config
        judge(caller, PUBLISHING, namespace=config.namespace)
        if not file.bundles():
            raise BadInput(
                "the package is not signed", where="package file", todo="`ecli sign` puts a signature into the file."
            )
        repository = self._access.locate(config.package)
        size = sum(layer.size for layer in file.contents.manifest.blobs)
        known = self._access.manifest(repository, file.contents.manifest.digest, caller)
        await self._registry.room.check(config.namespace, caller.identity or "", 0 if known else size)
        await asyncio.to_thread(self._keep_blobs, repository, file, caller)
        index = None
        for manifest in (file.contents.manifest, *_in_order(file)):
            document = read_document(manifest.raw, content_type="", logged=True)
            accepted = await self._staging.take(repository, manifest.raw, document, manifest.digest, (), caller)
            if accepted is not None and accepted.log_index is not None:
                index = accepted.log_index
        return Taken(config.package, config.version, index)

    def _keep_blobs(self, repository: Repository, file: PackageFile, caller: Caller) -> None:
        blobs: dict[Digest, bytes] = {**file.contents.blobs, **file.blobs}
        self._registry.store.check_room(sum(map(len, blobs.values())))
        staged_by = self._access.stager(repository, caller)
        for digest, data in blobs.items():
            self._registry.store.put(data, digest=digest)
            self._registry.links.add(repository.key, digest, staged_by=staged_by)


INTAKE = web.AppKey("intake", PackageIntake)


def _in_order(file: PackageFile) -> list[Manifest]:
    """Referrers as a publisher pushes them: attestations, bare and signed, before the signature that releases."""

    def place(manifest: Manifest) -> int:
        if manifest.artifact_type != media.SIGSTORE_BUNDLE or not manifest.layers:
            return 0
        return 1 if signs_attestation(file.blobs[manifest.layers[0].digest]) else 2

    return sorted(file.referrers, key=place)
