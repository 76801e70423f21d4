"""Manifests of logged repositories: staged for their pusher until the log takes them (protocol.md section 10)."""

from __future__ import annotations

from http import HTTPStatus

from ...schemas import media
from ...schemas.digest import AnyDigest, Digest
from ...schemas.errors import BadInput, HubError, NotFound
from ...schemas.oci import Manifest
from ...schemas.package import MAX_CONFIG_BYTES, PackageConfig
from ...schemas.reference import DEFAULT_TAG
from ..accounts.rights import Caller
from ..errors import OciCode, OciRefusal
from ..storage.manifests import ManifestRow
from .access import Access, space
from .document import Document
from .names import Repository
from .ports import Accepted
from .registry import Registry

MAX_BUNDLE_BYTES = 1024 * 1024  # bytes of a Sigstore bundle
MAX_REFERRERS = 256  # staged referrers that are shown with a release


class Staging:
    """Checks what is staged, and hands Sigstore bundles to the log. Raises (all methods): HubError."""

    def __init__(self, registry: Registry, access: Access) -> None:
        self._registry, self._access = registry, access

    async def take(
        self,
        repository: Repository,
        raw: bytes,
        document: Document,
        digest: AnyDigest,
        tags: tuple[str, ...],
        caller: Caller,
    ) -> Accepted | None:
        """Stage a manifest of a logged repository; of a Sigstore bundle, what the log made of it."""
        self._check(repository, document, tags, caller)
        if self._access.manifest(repository, digest, caller) is None:
            await self._registry.room.check(space(repository), caller.identity or "", len(raw))
        row = self.keep(repository, raw, document, digest, (), caller)
        return await self._staged(repository, row, raw, caller)

    def keep(
        self,
        repository: Repository,
        raw: bytes,
        document: Document,
        digest: AnyDigest,
        tags: tuple[str, ...],
        caller: Caller,
    ) -> ManifestRow:
        """Keep a manifest durably: staged for the caller in a logged repository, shown with its tags in a plain one."""
        self._registry.store.check_room(len(raw))
        self._registry.store.put(raw, digest=digest)
        row = _row(digest, raw, document, staged_by=self._access.stager(repository, caller))
        self._registry.manifests.add(repository.key, row, parts=(*document.blobs, *document.manifests), tags=tags)
        return row

    def _check(self, repository: Repository, document: Document, tags: tuple[str, ...], caller: Caller) -> None:
        """Refuse a manifest that names what the caller has not pushed, or a tag that it cannot have."""
        absent = [blob for blob in document.blobs if not self._access.sees_blob(repository, blob, caller)]
        absent += [item for item in document.manifests if self._access.manifest(repository, item, caller) is None]
        if absent:
            raise OciRefusal(
                OciCode.MANIFEST_BLOB_UNKNOWN,
                f"{absent[0]} is not in this repository",
                status=HTTPStatus.NOT_FOUND,
                todo="Push what a manifest names before the manifest.",
            )
        self._check_tags(document, tags)

    async def _staged(self, repository: Repository, row: ManifestRow, raw: bytes, caller: Caller) -> Accepted | None:
        """Hand a Sigstore bundle about a manifest to the log; None for any other manifest.

        When the log refuses the bundle, its manifest is no longer staged.
        """
        if row.artifact_type != media.SIGSTORE_BUNDLE or not row.subject:
            return None
        try:
            bundle = self._bundle(repository, raw, caller)
            subject = self._subject(repository, Digest.parse(row.subject, where="subject.digest"), caller)
            accepted = await self._registry.releases(repository).bundle_arrived(
                caller, repository.namespace, repository.name, subject, raw, bundle,
                attached=self._attached(repository, row),
            )  # fmt: skip
        except HubError:
            self._registry.manifests.remove(repository.key, row.digest, staged_by=row.staged_by)
            raise
        self._show(repository, Digest.parse(row.subject))
        return accepted

    def _attached(self, repository: Repository, row: ManifestRow) -> list[Digest]:
        """Other referrers of the same manifest that the same caller has staged."""
        rows = self._registry.manifests.referrers(
            repository.key, row.subject, artifact_type="", after="", limit=MAX_REFERRERS
        )
        own = [item.digest for item in rows if item.staged_by == row.staged_by and item.digest != row.digest]
        return [digest for digest in own if isinstance(digest, Digest)]

    def _show(self, repository: Repository, subject: Digest) -> None:
        """Show what has become part of a release: the subject, what it names, its logged referrers."""
        manifests = self._registry.manifests
        referrers = manifests.referrers(repository.key, subject, artifact_type="", after="", limit=MAX_REFERRERS)
        digests: list[AnyDigest] = [subject, *dict.fromkeys(row.digest for row in referrers)]
        for digest in digests:
            if self._access.released(repository, digest):
                manifests.publish(repository.key, digest)

    def _bundle(self, repository: Repository, raw: bytes, caller: Caller) -> bytes:
        layers = Manifest.parse(raw).layers
        if len(layers) != 1 or layers[0].media_type != media.SIGSTORE_BUNDLE:
            raise BadInput(f"must have one layer, a {media.SIGSTORE_BUNDLE}", where="layers")
        if not self._access.sees_blob(repository, layers[0].digest, caller):
            raise NotFound("the bundle is not in this repository")
        return self._registry.store.read(layers[0].digest, limit=MAX_BUNDLE_BYTES)

    def _subject(self, repository: Repository, digest: Digest, caller: Caller) -> bytes:
        row = self._access.manifest(repository, digest, caller)
        if row is None:
            raise OciRefusal(
                OciCode.MANIFEST_UNKNOWN,
                "the manifest that this bundle is about is not in this repository",
                status=HTTPStatus.NOT_FOUND,
                todo="Push it first.",
            )
        return self._registry.store.read(digest, limit=self._registry.limits.manifest)

    def _check_tags(self, document: Document, tags: tuple[str, ...]) -> None:
        wrong = [tag for tag in tags if tag != DEFAULT_TAG]
        if not wrong:
            return
        version = self._version(document)
        if not version:
            kind = document.artifact_type or document.media_type
            raise OciRefusal(
                OciCode.MANIFEST_INVALID,
                f"{kind} is no eBPF package, and what is tagged in this repository must be one",
                todo="Ordinary images belong below plain/, where the hub has it ([storage] plain).",
            )
        wrong = [tag for tag in wrong if tag != version]
        if wrong:
            raise OciRefusal(
                OciCode.MANIFEST_INVALID,
                f"{wrong[0]!r} is not the version of this package",
                todo="Tags follow the log: push by digest, by version or as latest.",
            )

    def _version(self, document: Document) -> str:
        """The version that a release's config names; empty when it is no release (an index has none)."""
        if document.artifact_type not in media.RELEASES or document.config is None:
            return ""
        return PackageConfig.parse(self._registry.store.read(document.config, limit=MAX_CONFIG_BYTES)).version


def _row(digest: AnyDigest, raw: bytes, document: Document, *, staged_by: str) -> ManifestRow:
    return ManifestRow(
        digest,
        document.media_type,
        len(raw),
        document.subject or "",
        document.artifact_type,
        document.annotations,
        staged_by,
    )
