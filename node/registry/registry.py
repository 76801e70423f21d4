"""The registry's parts in one place: settings, storage and the two ports. It answers no request itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from ...federation.blobs import BlobStore
from ...schemas.digest import AnyDigest
from ...schemas.errors import NotFound, StorageFailed
from ...schemas.oci import MAX_BLOB_BYTES, MAX_MANIFEST_BYTES
from ..accounts.guard import Gatekeeper
from ..storage.database import Database
from ..storage.links import BlobLinks
from ..storage.manifests import Manifests
from ..storage.uploads import Uploads
from .link_batches import LinkBatches
from .names import Repository
from .ports import Releases
from .room import Room

_LOG = logging.getLogger(__name__)
TIDY_SECONDS = 60.0  # between two rounds of housekeeping


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may bring. Bytes, seconds, bytes a second."""

    manifest: int = MAX_MANIFEST_BYTES
    plain_blob: int = 1024 * 1024 * 1024
    logged_blob: int = MAX_BLOB_BYTES
    uploads: int = 256  # open upload sessions of one caller
    silence: float = 30.0  # seconds without a byte from a client that sends, or that reads
    grace: float = 60.0  # seconds before the lowest rate counts
    lowest_rate: int = 4096  # bytes a second of a client that sends, or that reads


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """The operator's choices. `url` is the hub's address as clients see it; empty means: as the request says."""

    origin: str
    url: str = ""
    plain: bool = False
    limits: Limits = Limits()


class Registry:
    """Everything the handlers need. Made once, at the start of a hub."""

    def __init__(
        self,
        *,
        settings: RegistrySettings,
        database: Database,
        store: BlobStore,
        gatekeeper: Gatekeeper,
        releases: Releases,
        mirrored: Callable[[str], Releases | None] = lambda _: None,
        sent: Callable[[str, str, str], None] = lambda *_: None,
        needed: Callable[[AnyDigest], bool] = lambda _: False,
        room: Room,
    ) -> None:
        self.settings = settings
        self.limits = settings.limits
        self.store = store
        self.gatekeeper = gatekeeper
        self._releases = releases
        self.room = room
        self.mirrored = mirrored
        self._sent = sent
        self._needed = needed  # blobs that logs name, which no repository has
        self.manifests = Manifests(database)
        self.links = BlobLinks(database, store)
        self.link_batches = LinkBatches(self.links)
        self.uploads = Uploads(database)

    def releases(self, repository: Repository) -> Releases:
        """What the log of the repository's origin says. Raises: NotFound when it is not mirrored any more."""
        if not repository.origin:
            return self._releases
        found = self.mirrored(repository.origin)
        if found is None:
            raise NotFound(f"{repository.origin} is not mirrored here")
        return found

    def sent(self, repository: Repository) -> None:
        """Tell that a released package's manifest was sent to somebody."""
        self._sent(repository.origin or self.settings.origin, repository.namespace, repository.name)

    def blob_limit(self, repository: Repository) -> int:
        """Bytes that a blob of this repository may have."""
        return self.limits.logged_blob if repository.logged else self.limits.plain_blob

    def recover(self) -> int:
        """Remove what a crash left behind, except uploads that can be resumed; tell how many files. Call it at start.

        Raises: StorageFailed.
        """
        self.tidy()
        return self.store.reap(keep=self.uploads.live())

    def tidy(self) -> None:
        """Drop expired uploads and blobs that no repository has any more. Raises: StorageFailed."""
        for upload_id in self.uploads.expire():
            self.store.drop_upload(upload_id)
        self.links.sweep(needed=self._needed)

    async def keep_tidy(self) -> None:
        """Tidy for ever; a task of the application."""
        while True:
            await asyncio.sleep(TIDY_SECONDS)
            try:
                await asyncio.to_thread(self.tidy)
            except StorageFailed:
                _LOG.exception("housekeeping of the registry failed; it will be tried again")
