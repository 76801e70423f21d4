"""What pages and the API ask about packages, and the answers from the logs that a hub serves, its own and mirrored."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ...federation.index.packages import Package
from ...federation.log.files import LogFiles
from ...schemas.digest import Digest
from ...schemas.entry import Release, parse_entry
from ...schemas.errors import NotFound, StorageFailed
from ...schemas.identity import Identity, Owner
from ...schemas.mandate import By
from ...schemas.ownership import Revoke, Yank
from ...schemas.record import State, VersionRecord
from ...schemas.semver import Version
from ...signing.origin import read_origin_note
from .catalogue import Answer, Catalogue, Found, PackageKey, Question
from .checkpoint import ShownCheckpoint
from .served import ServedLog

MAX_VERSIONS = 30  # shown on a page
MAX_ENTRIES = 4096  # release entries kept in memory


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
class Withdrawal:
    """Why a version does not stand: by whom (None: the hub, in the owner's place), the reason, the entry's index."""

    by: Identity | None
    reason: str
    entry: int


@dataclass(frozen=True, slots=True)
class LoggedPackage:
    """A package as the log has it, with one version chosen. `latest` is empty while there are pre-releases only.

    `withdrawal` is there for a chosen version that does not stand; `forced` tells that the hub gave the namespace to
    its owners by force. `previous` is the version before the chosen one, empty for the first: of a final version the
    final one before it.
    """

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
    previous: str
    checkpoint: ShownCheckpoint
    forced: bool
    withdrawal: Withdrawal | None

    @property
    def package(self) -> str:
        """`namespace/name`."""
        return f"{self.namespace}/{self.name}"


class Packages(Protocol):
    """Packages of one or several origins. Raises (all methods): HubError."""

    def checkpoint(self) -> ShownCheckpoint:
        """The newest checkpoint of the hub's own log."""
        ...

    def count(self) -> int:
        """How many packages there are."""
        ...

    async def search(self, question: Question) -> Answer:
        """Answer a question about packages."""
        ...

    async def listed(self, key: PackageKey) -> Found | None:
        """What search knows of a package: downloads and categories, which the log does not tell."""
        ...

    async def owned_by(self, identity: str) -> list[tuple[str, str]]:
        """Namespaces of the hub's own log that an identity of exactly this name may release in, with its issuer."""
        ...

    async def find(self, origin: str, namespace: str, name: str, version: str) -> LoggedPackage | None:
        """A package with one version: the latest for an empty `version`; an empty origin means the hub's own."""
        ...

    async def versions(
        self, origin: str, namespace: str, name: str, *, offset: int, limit: int
    ) -> tuple[LoggedVersion, ...] | None:
        """Some of a package's versions, the highest first; None where there is no such package."""
        ...


class HubPackages:
    """The packages of this hub's log, and of the logs that it mirrors. `served` gives a log by its origin."""

    def __init__(self, origin: str, served: Callable[[str], ServedLog | None], catalogue: Catalogue) -> None:
        self._origin = origin
        self.served = served
        self._catalogue = catalogue
        self._entries: OrderedDict[tuple[str, int], Release] = OrderedDict()

    def checkpoint(self) -> ShownCheckpoint:
        """The newest checkpoint of the hub's own log."""
        return self.checkpoint_of(self._origin)

    def checkpoint_of(self, origin: str) -> ShownCheckpoint:
        """The newest checkpoint of an origin that is served here. Raises: NotFound."""
        served = self.served(origin)
        if served is None:
            raise NotFound("the hub has no log of it", where=origin)
        return _checkpoint(served)

    def count(self) -> int:
        """How many packages `search` can find."""
        return self._catalogue.count()

    async def search(self, question: Question) -> Answer:
        """Answer a question about packages."""
        return await asyncio.to_thread(self._catalogue.search, question)

    async def listed(self, key: PackageKey) -> Found | None:
        """What search knows of a package: downloads and categories, which the log does not tell."""
        return await asyncio.to_thread(self._catalogue.get, key)

    async def find(self, origin: str, namespace: str, name: str, version: str) -> LoggedPackage | None:
        """A package with one version: the latest for an empty `version`; an empty origin means the hub's own."""
        origin = origin or self._origin
        served, package = self._package(origin, namespace, name)
        wanted = version or (_newest(package) if package else "")
        if served is None or package is None or wanted not in package.versions:
            return None
        claim = served.replay.claims[namespace]
        order = _highest_first(package)
        shown = [*order[:MAX_VERSIONS], package.versions[wanted]]
        versions = await self._read(origin, served, shown)
        return LoggedPackage(
            origin,
            namespace,
            name,
            claim[1].owners,
            claim[0],
            str(package.latest or ""),
            tuple(item for item, _ in versions[:-1]),
            len(order),
            *versions[-1],
            _before(wanted, order),
            _checkpoint(served),
            claim[1].mandate.by is By.FORCED,
            await asyncio.to_thread(_withdrawal, served, package.versions[wanted]),
        )

    async def owned_by(self, identity: str) -> list[tuple[str, str]]:
        """Namespaces of the hub's own log that an identity of exactly this name may release in, with its issuer."""
        served = self.served(self._origin)
        claims = dict(served.replay.claims) if served else {}

        def find() -> list[tuple[str, str]]:
            return [
                (namespace, owner.issuer)
                for namespace, (_, claim) in claims.items()
                for owner in claim.owners
                if owner.pattern == identity
            ]

        return await asyncio.to_thread(find)

    async def versions(
        self, origin: str, namespace: str, name: str, *, offset: int, limit: int
    ) -> tuple[LoggedVersion, ...] | None:
        """Some of a package's versions, the highest first; None where there is no such package."""
        origin = origin or self._origin
        served, package = self._package(origin, namespace, name)
        if served is None or package is None:
            return None
        found = await self._read(origin, served, _highest_first(package)[offset : offset + limit])
        return tuple(item for item, _ in found)

    def _package(self, origin: str, namespace: str, name: str) -> tuple[ServedLog | None, Package | None]:
        served = self.served(origin)
        return served, served.replay.packages.get(f"{namespace}/{name}") if served else None

    async def _read(
        self, origin: str, served: ServedLog, records: Sequence[VersionRecord]
    ) -> list[tuple[LoggedVersion, Release]]:
        """Read the releases of records, each with what is shown of it."""
        indexes, size = [record.entry for record in records], served.replay.size
        releases = await asyncio.to_thread(self._releases, origin, served.files, indexes, size)
        return [(_logged(record, release), release) for record, release in zip(records, releases, strict=True)]

    def _releases(self, origin: str, files: LogFiles, indexes: Sequence[int], size: int) -> list[Release]:
        return [self._release(origin, files, index, size) for index in indexes]

    def _release(self, origin: str, files: LogFiles, index: int, size: int) -> Release:
        found = self._entries.get((origin, index))
        if found is None:
            entry = parse_entry(files.entry(index, size))
            if not isinstance(entry, Release):
                raise StorageFailed(f"entry {index} of the log is not the release that it was", todo="ebpfhub fsck")
            found = self._entries[origin, index] = entry
            if len(self._entries) > MAX_ENTRIES:
                self._entries.popitem(last=False)
        return found


def _checkpoint(served: ServedLog) -> ShownCheckpoint:
    return ShownCheckpoint.of(served.shown.text, read_origin_note(served.note_text))


def _newest(package: Package) -> str:
    if package.latest is not None:
        return str(package.latest)
    standing = [version for version, held in package.versions.items() if held.state is State.RELEASED]
    return max(standing or package.versions, key=Version.parse)


def _withdrawal(served: ServedLog, record: VersionRecord) -> Withdrawal | None:
    if record.state is State.RELEASED:
        return None
    entry = parse_entry(served.files.entry(record.changed, served.replay.size))
    if not isinstance(entry, Yank | Revoke):
        raise StorageFailed(f"entry {record.changed} of the log is not the one that it was", todo="ebpfhub fsck")
    return Withdrawal(entry.mandate.identity, entry.reason, record.changed)


def _highest_first(package: Package) -> list[VersionRecord]:
    return sorted(package.versions.values(), key=lambda item: Version.parse(item.version), reverse=True)


def _before(version: str, order: Sequence[VersionRecord]) -> str:
    """The version that one follows, in an order with the highest first."""
    chosen = Version.parse(version)
    lower = [found for found in (Version.parse(item.version) for item in order) if found < chosen]
    final = [found for found in lower if not found.pre] if not chosen.pre else []
    return next((str(found) for found in final or lower), "")


def _logged(record: VersionRecord, release: Release) -> LoggedVersion:
    return LoggedVersion(record.version, release.time, release.identity, record.manifest, record.entry, record.state)
