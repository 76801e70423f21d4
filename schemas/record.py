"""The leaves of the map: what is current for a package, and for one version of it (protocol.md section 5)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from .codec import decode, encode
from .digest import Digest
from .errors import BadInput
from .fields import Fields
from .identity import MAX_OWNERS, Owner
from .reference import check_name, check_namespace, check_tag
from .semver import Version

MAX_RECORD_BYTES = 96 * 1024  # owners of a whole claim (65,535 bytes) and MAX_TAGS tags
MAX_TAGS = 64  # of one package
_Record = TypeVar("_Record", "PackageRecord", "VersionRecord")
_PACKAGE_KEY = b"\x10"
_VERSION_KEY = b"\x11"


class State(StrEnum):
    """What became of a version."""

    RELEASED = "released"
    YANKED = "yanked"
    REVOKED = "revoked"


def package_key(namespace: str, name: str) -> bytes:
    """The map's key of a package record (32 bytes)."""
    return hashlib.sha256(_PACKAGE_KEY + f"{namespace}/{name}".encode()).digest()


def version_key(namespace: str, name: str, version: str) -> bytes:
    """The map's key of a version record (32 bytes)."""
    return hashlib.sha256(_VERSION_KEY + f"{namespace}/{name}:{version}".encode()).digest()


@dataclass(frozen=True, slots=True)
class PackageRecord:
    """A package as it stands: owners of its namespace, log index of their claim, tags, number of versions.

    `changed` is the log index of the last release, tag, yank or revocation that changed it.
    """

    namespace: str
    name: str
    owners: tuple[Owner, ...]
    claim: int
    tags: tuple[tuple[str, str], ...]
    versions: int
    changed: int

    def tag(self, name: str) -> str | None:
        """The version that a tag names."""
        return dict(self.tags).get(name)

    def encode(self) -> bytes:
        """The canonical bytes that the leaf hashes."""
        made: dict[str, Any] = {
            "namespace": self.namespace,
            "name": self.name,
            "owners": [owner.to_map() for owner in self.owners],
            "claim": self.claim,
            "tags": dict(self.tags),
            "versions": self.versions,
            "changed": self.changed,
        }
        return encode(made)

    @classmethod
    def parse(cls, data: bytes) -> PackageRecord:
        """Read a package record. Raises: BadInput."""
        fields = Fields(decode(data, limit=MAX_RECORD_BYTES, where="package record"), "package record")
        fields.only("namespace", "name", "owners", "claim", "tags", "versions", "changed")
        tags = fields.text_map("tags", count=MAX_TAGS, limit=128)
        made = cls(
            check_namespace(fields.text("namespace", limit=128)),
            check_name(fields.text("name", limit=128)),
            tuple(Owner.read(item) for item in fields.maps("owners", limit=MAX_OWNERS)),
            fields.integer("claim"),
            tuple((check_tag(tag), str(Version.parse(version))) for tag, version in sorted(tags.items())),
            fields.integer("versions"),
            fields.integer("changed"),
        )
        return _canonical(made, data)


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """One version as it stands: its manifest, its state, and the log indexes behind them.

    `entry` is its release, `claim` the claim on which its publisher stood then, `changed` what gave it its state.
    """

    namespace: str
    name: str
    version: str
    manifest: Digest
    entry: int
    claim: int
    state: State
    changed: int

    def encode(self) -> bytes:
        """The canonical bytes that the leaf hashes."""
        return encode(
            {
                "namespace": self.namespace,
                "name": self.name,
                "version": self.version,
                "manifest": self.manifest.raw,
                "entry": self.entry,
                "claim": self.claim,
                "state": str(self.state),
                "changed": self.changed,
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> VersionRecord:
        """Read a version record. Raises: BadInput."""
        fields = Fields(decode(data, limit=MAX_RECORD_BYTES, where="version record"), "version record")
        fields.only("namespace", "name", "version", "manifest", "entry", "claim", "state", "changed")
        try:
            state = State(fields.text("state", limit=16))
        except ValueError as error:
            raise BadInput("is not a state", where=fields.at("state")) from error
        made = cls(
            check_namespace(fields.text("namespace", limit=128)),
            check_name(fields.text("name", limit=128)),
            str(Version.parse(fields.text("version", limit=64))),
            Digest.from_raw(fields.binary("manifest", size=32)),
            fields.integer("entry"),
            fields.integer("claim"),
            state,
            fields.integer("changed"),
        )
        return _canonical(made, data)


def _canonical(record: _Record, data: bytes) -> _Record:
    if record.encode() != data:
        raise BadInput("the record is not in canonical form", where="record")
    return record
