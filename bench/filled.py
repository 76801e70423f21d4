"""A hub with many packages in its log and map, and their manifests; made in one process, without pushes and signatures.

Entries go through the hub's own ledger and rules, manifests and their rows to its stores, without waiting for the disk.
What manifests and entries name besides (configs, layers, bundles) is not there, and search knows the last package only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..federation.package_file import PackageFile
from ..node.folder import HubFolder
from ..node.hub.listing import make_listing
from ..node.opened import OpenedHub
from ..node.storage.database import Database
from ..node.storage.manifests import ManifestRow, Manifests
from ..schemas import media
from ..schemas.contents import PackageContents
from ..schemas.digest import Digest
from ..schemas.entry import Entry, Release
from ..schemas.errors import HubError
from ..schemas.identity import Identity, Owner
from ..schemas.oci import Descriptor, Manifest
from ..schemas.ownership import Claim
from ..schemas.package import PackageConfig
from ..schemas.permissions import RULES_VERSION, permissions_digest, permissions_of_package
from ..signing.rekor_keys import HUB_DOMAIN

IN_NAMESPACE = 20  # packages
AT_ONCE = 25  # namespaces in one batch of the log
VERSION = "1.0.0"


@dataclass(frozen=True, slots=True)
class Made:
    """A package to release: what it says of itself, its manifest, who signs."""

    config: PackageConfig
    manifest: Manifest
    signer: Identity

    def release(self, time: int, *, permissions: Digest) -> Release:
        """Its log entry. The bundle that it names is nowhere."""
        return Release(
            *(time, self.config.namespace, self.config.name, self.config.version),
            *(self.manifest.digest, len(self.manifest.raw), self.signer),
            (Digest.of(b"bundle of " + self.manifest.digest.raw),),
            permissions,
            RULES_VERSION,
        )


def name(number: int) -> tuple[str, str]:
    """Namespace and name of a package, from 0 on."""
    return f"n{number // IN_NAMESPACE}", f"tool{number}"


def fill(folder: Path, package: Path, count: int) -> None:
    """Release `count` packages like the file `package` on the hub in `folder`, which is not serving."""
    opened = OpenedHub.open(HubFolder(folder))
    try:
        filling = _Filling(opened, PackageFile.read(package.read_bytes()).contents)
        for start in range(0, count, IN_NAMESPACE * AT_ONCE):
            filling.batch(range(start, min(count, start + IN_NAMESPACE * AT_ONCE)))
        filling.list_last()
    finally:
        opened.close()


class _Joined(Database):
    """The hub's database, where a transaction within another is a part of it."""

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Begin one, or go on."""
        if self.connection.in_transaction:
            yield self.connection
        else:
            with super().transaction(durable=durable) as connection:
                yield connection


class _Filling:
    def __init__(self, opened: OpenedHub, like: PackageContents) -> None:
        self._opened, self._like = opened, like
        self._database = _Joined(opened.folder.database)
        self._manifests = Manifests(self._database)
        self._permissions = permissions_digest(permissions_of_package(like.wasm(), *like.objects()))
        self._last: tuple[Made, int] | None = None

    def batch(self, numbers: Sequence[int]) -> None:
        """Claim the namespaces, and release the packages."""
        made = [self._make(*name(number)) for number in numbers]
        signers = {item.config.namespace: item.signer for item in made}
        makers: list[Callable[[int], Entry]] = [partial(self._claim, *item) for item in signers.items()]
        makers += [partial(item.release, permissions=self._permissions) for item in made]
        with self._database.transaction(durable=False):
            for item in made:
                self._store(item)
        last = self._opened.ledger.write_now(makers)[-1]
        if isinstance(last, HubError):
            raise last
        self._last = made[-1], last

    def list_last(self) -> None:
        """Let search know the last package, so that the hub does not look for the others' blobs when it starts."""
        assert self._last is not None
        made, index = self._last
        release = made.release(0, permissions=self._permissions)
        code = self._like.objects(), self._like.wasm()
        listing = make_listing(
            self._opened.settings.origin, release, made.config, entry=index, own=True, objects=code[0], wasm=code[1]
        )
        self._opened.catalogue.put([listing])

    def _make(self, namespace: str, called: str) -> Made:
        config = self._like.config.renamed(namespace=namespace, name=called, version=VERSION)
        manifest = Manifest.make(
            artifact_type=media.PACKAGE,
            config=Descriptor.of(media.PACKAGE_CONFIG, config.to_json()),
            layers=self._like.manifest.layers,
        )
        return Made(config, manifest, Identity(HUB_DOMAIN, self._opened.settings.issuer, f"{namespace}@example.org"))

    def _claim(self, namespace: str, signer: Identity, time: int) -> Claim:
        owner = Owner(signer.domain, signer.issuer, signer.subject)
        return Claim(time, self._opened.settings.origin, namespace, (owner,))

    def _store(self, made: Made) -> None:
        manifest = made.manifest
        path = Path(self._opened.store.path(manifest.digest))
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(manifest.raw)
        row = ManifestRow(manifest.digest, media.OCI_MANIFEST, len(manifest.raw), artifact_type=media.PACKAGE)
        self._manifests.add(made.config.package, row, parts=[blob.digest for blob in manifest.blobs])
