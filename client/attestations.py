"""Attestations of a package on their way to a hub: provenance and SBOM, bare as they were built, and signed.

They are pushed before the signature of the manifest, which makes the hub log the release and what is attached to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import Protocol

from ..federation.package_file import PackageFile
from ..schemas import media
from ..schemas.attestation import KINDS, attached, kind_of_referrer, renamed, statement_of
from ..schemas.contents import PackageContents
from ..schemas.digest import Digest
from ..schemas.oci import EMPTY_CONFIG, Descriptor, Manifest
from ..schemas.package import PackageConfig
from ..signing.bundle import claimed_predicate
from ..signing.sign import bundle_manifest

_SIGNED = frozenset(kind.predicate_type for kind in KINDS)


class Pusher(Protocol):
    """Where blobs and manifests go."""

    async def push_blob(self, repository: str, digest: Digest, data: bytes) -> None:
        """Push a blob."""
        ...

    async def push_manifest(self, repository: str, manifest: Manifest) -> int | None:
        """Push a manifest."""
        ...


def signatures(file: PackageFile) -> list[bytes]:
    """The bundles that sign a package's manifest, without those that sign statements about it. Raises: BadInput."""
    return [bundle for bundle in file.bundles() if claimed_predicate(bundle) not in _SIGNED]


def unsigned_statements(file: PackageFile) -> list[bytes]:
    """The statements to sign about a package: of what is attached, and not signed yet. Raises: BadInput."""
    signed = {claimed_predicate(bundle) for bundle in file.bundles()}
    manifest, name = file.contents.manifest.digest, file.contents.config.package
    found = ((kind_of_referrer(item), item) for item in file.referrers)
    return [
        statement_of(kind, file.blobs[item.layers[0].digest], manifest=manifest, name=name)
        for kind, item in found
        if kind is not None and kind.predicate_type not in signed
    ]


async def push_attestations(file: PackageFile, bundles: Iterable[bytes], to: Pusher) -> None:
    """Push what is attached to a package, and `bundles` over it. Raises: HubError."""
    repository = file.contents.config.package
    subject = Descriptor.of(media.OCI_MANIFEST, file.contents.manifest.raw)
    referrers = [(item, file.blobs[item.layers[0].digest]) for item in file.referrers if kind_of_referrer(item)]
    held = [bundle for bundle in file.bundles() if claimed_predicate(bundle) in _SIGNED]
    referrers += [(bundle_manifest(bundle, subject), bundle) for bundle in (*held, *bundles)]
    blobs = {item.layers[0].digest: data for item, data in referrers} | {Digest.of(EMPTY_CONFIG): EMPTY_CONFIG}
    await asyncio.gather(*(to.push_blob(repository, digest, data) for digest, data in blobs.items()))
    await asyncio.gather(*(to.push_manifest(repository, item) for item, _ in referrers))


def about(contents: PackageContents, file: PackageFile) -> PackageFile:
    """The same package under another name, with what was attached said about that. Raises: BadInput."""
    made = list(_renamed(contents, contents.config, file))
    blobs = {item.layers[0].digest: document for item, document in made}
    return PackageFile(contents, tuple(item for item, _ in made), None, blobs | {Digest.of(EMPTY_CONFIG): EMPTY_CONFIG})


def _renamed(contents: PackageContents, config: PackageConfig, file: PackageFile) -> Iterator[tuple[Manifest, bytes]]:
    for item in file.referrers:
        kind = kind_of_referrer(item)
        if kind is not None:
            document = renamed(
                kind, file.blobs[item.layers[0].digest], manifest=contents.manifest.digest,
                namespace=config.namespace, name=config.name, version=config.version,
            )  # fmt: skip
            yield attached(kind, document, contents.manifest), document
