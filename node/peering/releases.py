"""What a mirrored origin's log says, for the registry; and its releases' places in the registry's tables."""

from __future__ import annotations

from collections.abc import Sequence

from ...federation.blobs import BlobStore
from ...schemas.digest import Digest
from ...schemas.entry import Release
from ...schemas.errors import Denied
from ...schemas.oci import MAX_MANIFEST_BYTES, Manifest
from ..accounts.rights import Caller
from ..hub.reading import all_tags, resolve_tag
from ..registry.ports import Accepted
from ..storage.links import BlobLinks
from ..storage.manifests import ManifestRow, Manifests
from .mirrored import Mirrored


class MirroredReleases:
    """The registry's Releases over one replica."""

    def __init__(self, mirrored: Mirrored) -> None:
        self._mirrored = mirrored

    async def resolve(self, namespace: str, name: str, tag: str) -> Digest | None:
        """The manifest that a tag or version means now."""
        return resolve_tag(self._mirrored.replica.replay, namespace, name, tag)

    def released(self, namespace: str, name: str, digest: Digest) -> bool:
        """Tell whether a manifest is part of a release."""
        return digest in self._mirrored.releases.get((namespace, name), ())

    async def tags(self, namespace: str, name: str) -> list[str]:
        """Every tag and version."""
        return all_tags(self._mirrored.replica.replay, namespace, name)

    async def bundle_arrived(
        self,
        caller: Caller,
        namespace: str,
        name: str,
        subject_manifest: bytes,
        bundle_manifest: bytes,
        bundle: bytes,
        *,
        attached: Sequence[Digest] = (),
    ) -> Accepted:
        """Refuse: a log has one writer. Raises: Denied."""
        raise Denied(f"{self._mirrored.replica.origin} is mirrored here and only read", todo="Push to the origin.")


def enter_release(
    repository: str, release: Release, *, store: BlobStore, manifests: Manifests, links: BlobLinks
) -> None:
    """Let OCI clients find a release that no push brought. The package's manifest comes last: then all is there.

    Raises: HubError.
    """
    for digest in (*release.referrers, release.manifest):
        manifest = Manifest.parse(store.read(digest, limit=MAX_MANIFEST_BYTES))
        for blob in manifest.blobs:
            links.add(repository, blob.digest)
        manifests.add(repository, _row(manifest), parts=[blob.digest for blob in manifest.blobs])


def _row(manifest: Manifest) -> ManifestRow:
    return ManifestRow(
        manifest.digest,
        "application/vnd.oci.image.manifest.v1+json",
        len(manifest.raw),
        manifest.subject.digest if manifest.subject else "",
        manifest.artifact_type,
        manifest.annotations,
        "",
    )
