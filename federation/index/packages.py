"""A package in a replayed log's state: versions, who signed them, tags. Values: a change makes a new one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from ...schemas.identity import Identity
from ...schemas.record import State, VersionRecord
from ...schemas.reference import DEFAULT_TAG
from ...schemas.semver import Version


@dataclass(frozen=True, slots=True)
class Package:
    """One package: all its versions with their signers and yanks' log indexes, and the tags that owners have set.

    `changed` is the log index of the last release, tag, yank or revocation that changed it.
    """

    namespace: str
    name: str
    versions: Mapping[str, VersionRecord] = field(default_factory=dict)
    signers: Mapping[str, Identity] = field(default_factory=dict)
    yanks: Mapping[str, int] = field(default_factory=dict)
    named: Mapping[str, str] = field(default_factory=dict)
    latest: Version | None = None
    changed: int = 0

    def tags(self) -> tuple[tuple[str, str], ...]:
        """All tags: `latest` is the highest version that stands and is no pre-release; none on revoked versions."""
        named = {tag: version for tag, version in self.named.items() if not self._revoked(version)}
        return tuple(sorted((named | ({DEFAULT_TAG: str(self.latest)} if self.latest else {})).items()))

    def released(self, record: VersionRecord, signer: Identity) -> Package:
        """This package with one more version."""
        version, latest = Version.parse(record.version), self.latest
        if not version.pre and (latest is None or version > latest):
            latest = version
        return replace(
            self,
            versions={**self.versions, record.version: record},
            signers={**self.signers, record.version: signer},
            latest=latest,
            changed=record.entry,
        )

    def tagged(self, tag: str, version: str | None, index: int) -> Package:
        """This package with a tag set, or without it."""
        others = {name: held for name, held in self.named.items() if name != tag}
        return replace(self, named=others if version is None else {**others, tag: version}, changed=index)

    def yanked(self, version: str, index: int) -> Package:
        """This package with a version withdrawn."""
        record = replace(self.versions[version], state=State.YANKED, changed=index)
        return replace(self, yanks={**self.yanks, version: index})._with({version: record}, index)

    def judged(self, signer: Identity, revoked: Callable[[int], bool], index: int) -> Package:
        """This package after a revocation of `signer`; `revoked` tells of a release's log index whether it is."""
        changed = {}
        for version, record in self.versions.items():
            if self.signers[version] != signer:
                continue
            made = self._state(record, index, revoked=revoked(record.entry))
            if made.state is not record.state or made.state is State.REVOKED:
                changed[version] = made
        return self._with(changed, index) if changed else self

    def _state(self, record: VersionRecord, index: int, *, revoked: bool) -> VersionRecord:
        if revoked:
            return replace(record, state=State.REVOKED, changed=index)
        if record.version in self.yanks:
            return replace(record, state=State.YANKED, changed=self.yanks[record.version])
        return replace(record, state=State.RELEASED, changed=index)

    def _with(self, records: Mapping[str, VersionRecord], index: int) -> Package:
        versions = {**self.versions, **records}
        standing = (Version.parse(text) for text, held in versions.items() if held.state is State.RELEASED)
        latest = max((version for version in standing if not version.pre), default=None)
        return replace(self, versions=versions, latest=latest, changed=index)

    def _revoked(self, version: str) -> bool:
        return self.versions[version].state is State.REVOKED
