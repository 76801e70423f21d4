"""What pages ask about packages, and the answer from this hub's own log. Mirrored origins will answer the same way."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ...federation.index.rules import Package
from ...schemas.digest import Digest
from ...schemas.entry import Release, parse_entry
from ...schemas.errors import StorageFailed
from ...schemas.identity import Identity, Owner
from ...schemas.record import State, VersionRecord
from ...schemas.semver import Version
from ..hub.catalogue import Catalogue
from ..ledger import Ledger

MAX_VERSIONS = 30  # shown on a page
MAX_ENTRIES = 4096  # release entries kept in memory


@dataclass(frozen=True, slots=True)
class Listed:
    """A package in a list: its newest version; `released` in Unix seconds."""

    origin: str
    namespace: str
    name: str
    version: str
    description: str
    publisher: str
    released: int


@dataclass(frozen=True, slots=True)
class LoggedVersion:
    """One version as the log has it: its release entry's index and time, who released it, its state."""

    version: str
    released: int
    publisher: Identity
    manifest: Digest
    entry: int
    state: State


@dataclass(frozen=True, slots=True)
class LoggedPackage:
    """A package as the log has it, with one version chosen. `latest` is empty while there are pre-releases only."""

    origin: str
    namespace: str
    name: str
    owners: tuple[Owner, ...]
    claim: int
    latest: str
    versions: tuple[LoggedVersion, ...]
    version_count: int
    chosen: LoggedVersion
    release: Release
    log_size: int
    checkpoint: str

    @property
    def package(self) -> str:
        """`namespace/name`."""
        return f"{self.namespace}/{self.name}"


class Packages(Protocol):
    """Packages of one or several origins. Raises (all methods): StorageFailed."""

    def count(self) -> int:
        """How many packages there are."""
        ...

    def search(self, query: str, *, limit: int, offset: int) -> Sequence[Listed]:
        """Packages that hold every word of the query, best first; the newest first for an empty query."""
        ...

    async def find(self, origin: str, namespace: str, name: str, version: str) -> LoggedPackage | None:
        """A package with one version: the latest for an empty `version`; an empty origin means the hub's own."""
        ...


class OwnPackages:
    """The packages of this hub's own log."""

    def __init__(self, origin: str, ledger: Ledger, catalogue: Catalogue) -> None:
        self._origin = origin
        self._ledger = ledger
        self._catalogue = catalogue
        self._entries: OrderedDict[int, Release] = OrderedDict()

    def count(self) -> int:
        """How many packages there are."""
        return len(self._ledger.replay.packages)

    def search(self, query: str, *, limit: int, offset: int) -> list[Listed]:
        """Packages that hold every word of the query, best first; the newest first for an empty query."""
        return [
            Listed(self._origin, item.namespace, item.name, item.version, item.description, item.publisher, item.time)
            for item in self._catalogue.search(query, limit=limit, offset=offset)
        ]

    async def find(self, origin: str, namespace: str, name: str, version: str) -> LoggedPackage | None:
        """A package with one version: the latest for an empty `version`; an empty origin means the hub's own."""
        replay, size, checkpoint = self._ledger.replay, self._ledger.size, self._ledger.checkpoint
        package = replay.packages.get(f"{namespace}/{name}")
        if package is None or origin not in ("", self._origin):
            return None
        wanted = version or _newest(package)
        if wanted not in package.versions:
            return None
        claim, owners = replay.claims[namespace][0], replay.claims[namespace][1].owners
        order = sorted(package.versions.values(), key=lambda item: Version.parse(item.version), reverse=True)
        shown = [*order[:MAX_VERSIONS], package.versions[wanted]]
        releases = await asyncio.to_thread(self._releases, [record.entry for record in shown], size)
        versions = [_logged(record, release) for record, release in zip(shown, releases, strict=True)]
        return LoggedPackage(
            self._origin,
            namespace,
            name,
            owners,
            claim,
            str(package.latest or ""),
            tuple(versions[:-1]),
            len(order),
            versions[-1],
            releases[-1],
            size,
            checkpoint,
        )

    def _releases(self, indexes: Sequence[int], size: int) -> list[Release]:
        return [self._release(index, size) for index in indexes]

    def _release(self, index: int, size: int) -> Release:
        found = self._entries.get(index)
        if found is None:
            entry = parse_entry(self._ledger.files.entry(index, size))
            if not isinstance(entry, Release):
                raise StorageFailed(f"entry {index} of the log is not the release that it was", todo="ebpfhub fsck")
            found = self._entries[index] = entry
            if len(self._entries) > MAX_ENTRIES:
                self._entries.popitem(last=False)
        return found


def _newest(package: Package) -> str:
    if package.latest is not None:
        return str(package.latest)
    return max(package.versions, key=Version.parse)


def _logged(record: VersionRecord, release: Release) -> LoggedVersion:
    return LoggedVersion(record.version, release.time, release.identity, record.manifest, record.entry, record.state)
