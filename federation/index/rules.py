"""What entries mean: the state that a log's entries add up to. No clock, no policy, no bundle check.

Every reader of a log (hub, mirror, auditor) runs the same rules and must reach the same map (protocol.md section 5). An
entry that is malformed, of an unknown kind or against the rules has no effect and is reported.
"""

from __future__ import annotations

import hashlib
from collections import ChainMap, deque
from collections.abc import MutableMapping, MutableSet
from dataclasses import dataclass
from functools import partial

from ...schemas.digest import Digest
from ...schemas.entry import MAP_RULES, Entry, IndexRoot, Release, parse_entry
from ...schemas.errors import BadInput, Conflict, Denied, NotFound, NotTrusted, Unsupported
from ...schemas.identity import Identity
from ...schemas.ownership import Claim, Order, Revoke, Tag, Yank
from ...schemas.record import MAX_TAGS, PackageRecord, State, VersionRecord, package_key, version_key
from .mandates import check_mandate, told_owners
from .packages import Package
from .sparse_map import SparseMap

Revocations = MutableMapping[tuple[str | None, Identity], tuple[int, Revoke]]

PLAIN = "plain"  # repositories below it are not logged (protocol.md section 10)
KEPT_MAPS = 64  # published sizes whose map stays servable


@dataclass(frozen=True, slots=True)
class Report:
    """An entry without effect: its index and why."""

    index: int
    reason: str


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
        self.revocations: Revocations = {}
        self.bundles: MutableSet[Digest] = set()  # that owners' orders name
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
        if isinstance(entry, Order):
            self._check_order(entry)
        match entry:
            case Release():
                self._check_release(entry)
            case Tag():
                self._check_tag(entry)
            case Yank():
                self._check_yank(entry)
            case Revoke():
                self._check_revoke(entry)
            case IndexRoot():
                self._check_index(entry)

    def apply(self, entry: Entry) -> None:
        """Apply an entry that `check` has passed."""
        index, self.size, self.time = self.size, self.size + 1, entry.time
        if isinstance(entry, Order) and entry.mandate.bundle:
            self.bundles.add(entry.mandate.bundle)
        match entry:
            case Claim():
                self._apply_claim(index, entry)
            case Release():
                self._apply_release(index, entry)
            case Tag():
                self._set_package(self.packages[entry.package].tagged(entry.tag, entry.version, index))
            case Yank():
                package = self.packages[entry.package].yanked(entry.version, index)
                self._set_package(package, package.versions[entry.version])
            case Revoke():
                self._apply_revoke(index, entry)
            case IndexRoot():
                self._keep_map()

    def revoked(self, namespace: str, identity: Identity, index: int) -> bool:
        """Tell whether a release of `identity` at a log index is revoked, in its namespace or by the hub everywhere."""
        held = (self.revocations.get((place, identity)) for place in (namespace, None))
        return any(found[1].covers(index) for found in held if found)

    def fork(self) -> Fork:
        """A state to try a batch on; this one stays as it is until it adopts the fork."""
        return Fork(self)

    def adopt(self, fork: Fork) -> None:
        """Take over what `fork` (of this state) has become."""
        self.claims.update(fork.new_claims)
        self.packages.update(fork.new_packages)
        self.revocations.update(fork.new_revocations)
        self.bundles |= fork.bundles
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
        return PackageRecord(
            namespace, name, claim.owners, claim_index, package.tags(), len(package.versions), package.changed
        )

    def _check_order(self, order: Order) -> None:
        if order.namespace == PLAIN:
            raise Denied(f"the namespace {PLAIN} is reserved for unlogged repositories")
        if order.origin != self.origin:
            raise Denied(f"the {order.kind} is for the origin {order.origin}")
        held = self.claims.get(order.namespace) if order.namespace else None
        check_mandate(order, held)
        signer = order.mandate.identity
        if signer and order.namespace and self.revoked(order.namespace, signer, self.size):
            raise Denied(f"{signer} is revoked in the namespace {order.namespace}")

    def _check_release(self, release: Release) -> None:
        held = self.claims.get(release.namespace)
        if held is None:
            raise NotFound(f"nobody has claimed the namespace {release.namespace}")
        if not any(owner.matches(release.identity) for owner in held[1].owners):
            raise Denied(
                f"{release.identity} does not own the namespace {release.namespace}",
                todo=told_owners(held[1].owners),
            )
        if self.revoked(release.namespace, release.identity, self.size):
            raise Denied(f"{release.identity} is revoked in the namespace {release.namespace}")
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

    def _check_tag(self, tag: Tag) -> None:
        package = self._changed_last(tag)
        if tag.version is None:
            if tag.tag not in package.named:
                raise NotFound(f"{tag.package} has no tag {tag.tag!r}")
            return
        self._standing(package, tag.version)
        if tag.tag not in package.named and len(package.named) + 1 >= MAX_TAGS:  # and `latest`
            raise Denied(f"{tag.package} has {MAX_TAGS} tags, and no more are possible")

    def _check_yank(self, yank: Yank) -> None:
        package = self._changed_last(yank)
        if yank.version in package.yanks:
            raise Conflict(f"{yank.package}:{yank.version} is yanked already")
        self._standing(package, yank.version)

    def _check_revoke(self, revoke: Revoke) -> None:
        if max(revoke.since, revoke.until or 0) > self.size:
            raise BadInput("a revocation cannot begin or end beyond the log")
        held = self.revocations.get((revoke.namespace, revoke.identity))
        if revoke.after != (held[0] if held else None):
            raise Conflict(
                f"the revocation of {revoke.identity} follows {_told(revoke.after)}, not {_told(held and held[0])}"
            )

    def _changed_last(self, order: Tag | Yank) -> Package:
        package = self.packages.get(order.package)
        if package is None:
            raise NotFound(f"there is no package {order.package}")
        if order.after != package.changed:
            raise Conflict(
                f"{order.package} was changed last by entry {package.changed}, not {order.after}",
                todo="Somebody has changed it meanwhile: look at it again, and repeat.",
            )
        return package

    def _standing(self, package: Package, version: str) -> None:
        held = package.versions.get(version)
        if held is None:
            raise NotFound(f"{package.namespace}/{package.name} has no version {version}")
        if held.state is not State.RELEASED:
            raise Conflict(f"{package.namespace}/{package.name}:{version} was {held.state}")

    def _apply_claim(self, index: int, claim: Claim) -> None:
        self.claims[claim.namespace] = (index, claim)
        if claim.after is not None:  # before its first claim a namespace has no packages
            for package in self._within(claim.namespace):
                self._set_package(package)

    def _apply_release(self, index: int, release: Release) -> None:
        held = self.packages.get(release.package) or Package(release.namespace, release.name)
        record = VersionRecord(
            release.namespace, release.name, release.version, release.manifest,
            index, self.claims[release.namespace][0], State.RELEASED, index,
        )  # fmt: skip
        self._set_package(held.released(record, release.identity), record)

    def _apply_revoke(self, index: int, revoke: Revoke) -> None:
        self.revocations[(revoke.namespace, revoke.identity)] = (index, revoke)
        for held in self._within(revoke.namespace):
            revoked = partial(self.revoked, held.namespace, revoke.identity)
            made = held.judged(revoke.identity, revoked, index)
            if made is not held:
                changed = (new for version, new in made.versions.items() if new is not held.versions[version])
                self._set_package(made, *changed)

    def _within(self, namespace: str | None) -> list[Package]:
        """All packages, or those of a namespace; the map does not depend on their order."""
        return [held for held in self.packages.values() if namespace is None or held.namespace == namespace]

    def _set_package(self, package: Package, *versions: VersionRecord) -> None:
        """Put a package into the state, and into the map with the records of those versions that have changed."""
        self.packages[f"{package.namespace}/{package.name}"] = package
        for held in versions:
            self.map = self.map.set(version_key(held.namespace, held.name, held.version), _value(held.encode()))
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
        self.new_revocations: Revocations = {}
        self.claims = ChainMap(self.new_claims, base.claims)
        self.packages = ChainMap(self.new_packages, base.packages)
        self.revocations = ChainMap(self.new_revocations, base.revocations)


def _told(index: int | None) -> str:
    return "no other" if index is None else f"entry {index}"


def _value(record: bytes) -> bytes:
    return hashlib.sha256(record).digest()
