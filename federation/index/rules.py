"""What entries mean: the state that a log's entries add up to. No clock, no policy, no bundle check.

Every reader of a log (hub, mirror, auditor) runs the same rules and must reach the same map (protocol.md section 5). An
entry that is malformed, of an unknown kind or against the rules has no effect and is reported.
"""

from __future__ import annotations

import hashlib
from collections import ChainMap, deque
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field

from ...schemas.entry import MAP_RULES, Claim, Entry, IndexRoot, Release, parse_entry
from ...schemas.errors import BadInput, Conflict, Denied, NotFound, NotTrusted, Unsupported
from ...schemas.record import PackageRecord, State, VersionRecord, package_key, version_key
from ...schemas.semver import Version
from .sparse_map import SparseMap

PLAIN = "plain"  # repositories below it are not logged (protocol.md section 10)
KEPT_MAPS = 64  # published sizes whose map stays servable


@dataclass(frozen=True, slots=True)
class Report:
    """An entry without effect: its index and why."""

    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class Package:
    """One package in the state: all its versions."""

    namespace: str
    name: str
    versions: Mapping[str, VersionRecord] = field(default_factory=dict)
    latest: Version | None = None

    def tags(self) -> tuple[tuple[str, str], ...]:
        """`latest` is the highest version that is not a pre-release."""
        return (("latest", str(self.latest)),) if self.latest else ()

    def released(self, record: VersionRecord) -> Package:
        """This package with one more version."""
        version, latest = Version.parse(record.version), self.latest
        if not version.pre and (latest is None or version > latest):
            latest = version
        return Package(self.namespace, self.name, {**self.versions, record.version: record}, latest)


class Replay:
    """The state after the entries read so far. One writer; readers take values out of it."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.size = 0
        self.time = 0
        self.map = SparseMap()
        self.maps: dict[int, SparseMap] = {}
        self.claims: MutableMapping[str, tuple[int, Claim]] = {}
        self.packages: MutableMapping[str, Package] = {}
        self.reports: deque[Report] = deque(maxlen=1000)
        self._order: deque[int] = deque()

    def read(self, data: bytes) -> Entry | None:
        """Read the next entry and apply it; None when it has no effect. Raises: NotTrusted for a wrong index root."""
        try:
            entry = parse_entry(data, where=f"entry {self.size}")
            self.check(entry)
        except (BadInput, Conflict, Denied, NotFound, Unsupported) as error:
            self.reports.append(Report(self.size, error.what))
            self.size += 1
            return None
        self.apply(entry)
        return entry

    def check(self, entry: Entry) -> None:
        """Check an entry against the rules as the next one. Raises: HubError; NotTrusted for a wrong root."""
        if entry.time < self.time:
            where = f"entry {self.size}"
            if isinstance(entry, IndexRoot):  # a client that is shown it as the last entry would take its root
                raise NotTrusted("the map root's time is before that of an earlier entry", check="index", where=where)
            raise BadInput("the entry's time is before that of an earlier one", where=where)
        match entry:
            case Claim():
                self._check_claim(entry)
            case Release():
                self._check_release(entry)
            case IndexRoot():
                self._check_index(entry)

    def apply(self, entry: Entry) -> None:
        """Apply an entry that `check` has passed."""
        index, self.size, self.time = self.size, self.size + 1, entry.time
        match entry:
            case Claim():
                self._apply_claim(index, entry)
            case Release():
                self._apply_release(index, entry)
            case IndexRoot():
                self._keep_map()

    def fork(self) -> Fork:
        """A state to try a batch on; this one stays as it is until it adopts the fork."""
        return Fork(self)

    def adopt(self, fork: Fork) -> None:
        """Take over what `fork` (of this state) has become."""
        self.claims.update(fork.new_claims)
        self.packages.update(fork.new_packages)
        self.size, self.time, self.map = fork.size, fork.time, fork.map
        self._keep_map()

    def next_index(self, time: int) -> IndexRoot:
        """The `index` entry that would end a batch now."""
        return IndexRoot(time, self.map.root)

    def package_record(self, namespace: str, name: str) -> PackageRecord | None:
        """The current record of a package."""
        package = self.packages.get(f"{namespace}/{name}")
        if package is None:
            return None
        claim_index, claim = self.claims[namespace]
        return PackageRecord(namespace, name, claim.owners, claim_index, package.tags(), len(package.versions))

    def _check_claim(self, claim: Claim) -> None:
        if claim.namespace == PLAIN:
            raise Denied(f"the namespace {PLAIN} is reserved for unlogged repositories")
        if claim.origin != self.origin:
            raise Denied(f"the claim is for the origin {claim.origin}")
        held = self.claims.get(claim.namespace)
        if held is not None:
            raise Conflict(f"the namespace {claim.namespace} is claimed already (entry {held[0]})")
        if claim.after is not None:
            raise Conflict("the claim follows another one that is not there")

    def _check_release(self, release: Release) -> None:
        held = self.claims.get(release.namespace)
        if held is None:
            raise NotFound(f"nobody has claimed the namespace {release.namespace}")
        if not any(owner.matches(release.identity) for owner in held[1].owners):
            raise Denied(
                f"{release.identity} does not own the namespace {release.namespace}",
                todo="Owners: " + ", ".join(str(owner) for owner in held[1].owners),
            )
        package = self.packages.get(release.package)
        if package and release.version in package.versions:
            raise Conflict(
                f"{release.package}:{release.version} is released already, and a version never gets a second digest",
                todo="Raise the version in config.json, or give --version.",
            )

    def _check_index(self, entry: IndexRoot) -> None:
        if entry.rules != MAP_RULES:
            raise Unsupported(f"the map follows rules of version {entry.rules}", needs="a newer version")
        if entry.root != self.map.root:
            raise NotTrusted(
                f"the log's map root at entry {self.size} is not what its entries add up to", check="index"
            )

    def _apply_claim(self, index: int, claim: Claim) -> None:
        # a namespace is claimed once, before its first release: no record of a package changes
        self.claims[claim.namespace] = (index, claim)

    def _apply_release(self, index: int, release: Release) -> None:
        held = self.packages.get(release.package) or Package(release.namespace, release.name)
        record = VersionRecord(
            release.namespace, release.name, release.version, release.manifest, index, State.RELEASED
        )
        package = self.packages[release.package] = held.released(record)
        self.map = self.map.set(version_key(release.namespace, release.name, release.version), _value(record.encode()))
        self._set_package(package)

    def _set_package(self, package: Package) -> None:
        record = self.package_record(package.namespace, package.name)
        assert record is not None  # noqa: S101 — it was just put there
        self.map = self.map.set(package_key(package.namespace, package.name), _value(record.encode()))

    def _keep_map(self) -> None:
        self.maps[self.size] = self.map
        self._order.append(self.size)
        if len(self._order) > KEPT_MAPS:
            del self.maps[self._order.popleft()]


class Fork(Replay):
    """A state that reads through to another one and keeps its own changes apart."""

    def __init__(self, base: Replay) -> None:
        super().__init__(base.origin)
        self.size, self.time, self.map = base.size, base.time, base.map
        self.new_claims: dict[str, tuple[int, Claim]] = {}
        self.new_packages: dict[str, Package] = {}
        self.claims = ChainMap(self.new_claims, base.claims)
        self.packages = ChainMap(self.new_packages, base.packages)


def _value(record: bytes) -> bytes:
    return hashlib.sha256(record).digest()
