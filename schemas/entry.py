"""Log entries: canonical MessagePack maps, one kind a class (protocol.md section 4).

Here are `claim` (by the hub), `release` and `index`. The kinds `tag`, `yank` and `revoke` are reserved; a reader of
this version reports them and gives them no effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from .codec import decode, encode
from .digest import Digest
from .errors import BadInput, Unsupported
from .fields import Fields
from .identity import MAX_OWNERS, Identity, Owner
from .oci import MAX_PACKAGE_MANIFEST_BYTES
from .reference import check_name, check_namespace, check_origin
from .semver import Version

ENTRY_VERSION = 1
MAX_ENTRY_BYTES = 65535  # bytes: an entry bundle of tlog-tiles states lengths in 16 bits
MAX_REFERRERS = 32
MAP_RULES = 1  # version of the map's rules
RESERVED_KINDS = frozenset({"tag", "yank", "revoke"})


@dataclass(frozen=True, slots=True)
class Claim:
    """A namespace belongs to these owners. The hub logs the first one; `after` is the claim it replaces, or None."""

    kind: ClassVar[str] = "claim"
    time: int
    origin: str
    namespace: str
    owners: tuple[Owner, ...]
    after: int | None = None

    def to_map(self) -> dict[str, Any]:
        """The map to encode."""
        made = {
            "v": ENTRY_VERSION,
            "kind": self.kind,
            "time": self.time,
            "origin": self.origin,
            "namespace": self.namespace,
            "owners": [owner.to_map() for owner in self.owners],
            "by": "hub",
        }
        return made if self.after is None else made | {"after": self.after}

    @classmethod
    def read(cls, fields: Fields) -> Claim:
        """Read a claim. Raises: BadInput."""
        fields.only("v", "kind", "time", "origin", "namespace", "owners", "by", "after")
        if fields.text("by", limit=16) != "hub":
            raise BadInput("claims by an owner's signature are not supported yet", where=fields.at("by"))
        owners = tuple(Owner.read(item) for item in fields.maps("owners", limit=MAX_OWNERS))
        if not owners:
            raise BadInput("names nobody", where=fields.at("owners"))
        return cls(
            fields.integer("time"),
            check_origin(fields.text("origin", limit=253)),
            check_namespace(fields.text("namespace", limit=128)),
            owners,
            fields.integer("after") if fields.has("after") else None,
        )


@dataclass(frozen=True, slots=True)
class Release:
    """A version of a package: its manifest, who signed it, and what the object may do (digest of the permissions)."""

    kind: ClassVar[str] = "release"
    time: int
    namespace: str
    name: str
    version: str
    manifest: Digest
    size: int
    identity: Identity
    referrers: tuple[Digest, ...]
    permissions: Digest
    permissions_rules: int

    @property
    def package(self) -> str:
        """`namespace/name`."""
        return f"{self.namespace}/{self.name}"

    def to_map(self) -> dict[str, Any]:
        """The map to encode."""
        return {
            "v": ENTRY_VERSION,
            "kind": self.kind,
            "time": self.time,
            "namespace": self.namespace,
            "name": self.name,
            "version": self.version,
            "manifest": self.manifest.raw,
            "size": self.size,
            "identity": self.identity.to_map(),
            "referrers": [digest.raw for digest in self.referrers],
            "permissions": {"rules": self.permissions_rules, "digest": self.permissions.raw},
        }

    @classmethod
    def read(cls, fields: Fields) -> Release:
        """Read a release. Raises: BadInput."""
        fields.only(
            *("v", "kind", "time", "namespace", "name", "version", "manifest", "size"),
            *("identity", "referrers", "permissions"),
        )
        referrers = fields.items("referrers", limit=MAX_REFERRERS)
        permissions = fields.map("permissions")
        permissions.only("rules", "digest")
        identity = fields.map("identity")
        identity.only("domain", "issuer", "subject")
        if not all(isinstance(raw, bytes) for raw in referrers):
            raise BadInput("must hold digests", where=fields.at("referrers"))
        return cls(
            fields.integer("time"),
            check_namespace(fields.text("namespace", limit=128)),
            check_name(fields.text("name", limit=128)),
            str(Version.parse(fields.text("version", limit=64), where=fields.at("version"))),
            Digest.from_raw(fields.binary("manifest", size=32)),
            fields.integer("size", low=1, high=MAX_PACKAGE_MANIFEST_BYTES),
            Identity.read(identity),
            tuple(Digest.from_raw(raw, where=fields.at("referrers")) for raw in referrers),
            Digest.from_raw(permissions.binary("digest", size=32)),
            permissions.integer("rules", low=1, high=65535),
        )


@dataclass(frozen=True, slots=True)
class IndexRoot:
    """Root of the map after all entries before this one; `rules` is the version of the map's rules."""

    kind: ClassVar[str] = "index"
    time: int
    root: bytes
    rules: int = MAP_RULES

    def to_map(self) -> dict[str, Any]:
        """The map to encode."""
        return {"v": ENTRY_VERSION, "kind": self.kind, "time": self.time, "root": self.root, "rules": self.rules}

    @classmethod
    def read(cls, fields: Fields) -> IndexRoot:
        """Read an index entry. Raises: BadInput."""
        fields.only("v", "kind", "time", "root", "rules")
        return cls(fields.integer("time"), fields.binary("root", size=32), fields.integer("rules", low=1, high=65535))


Entry = Claim | Release | IndexRoot
_KINDS: dict[str, type[Claim] | type[Release] | type[IndexRoot]] = {
    "claim": Claim,
    "release": Release,
    "index": IndexRoot,
}


def encode_entry(entry: Entry) -> bytes:
    """The entry's canonical bytes. Raises: BadInput when they exceed MAX_ENTRY_BYTES or no reader would take them."""
    data = encode(entry.to_map())
    if len(data) > MAX_ENTRY_BYTES:
        raise BadInput(f"the entry has {len(data)} bytes; the log takes {MAX_ENTRY_BYTES}", where="entry")
    if parse_entry(data) != entry:  # a writer that applies what readers refuse would log a wrong map
        raise BadInput("the entry does not read back as it was written", where="entry")
    return data


def parse_entry(data: bytes, *, where: str = "entry") -> Entry:
    """Read an entry. Raises: BadInput when malformed; Unsupported when of another version or kind."""
    fields = Fields(decode(data, limit=MAX_ENTRY_BYTES, where=where), where)
    version = fields.integer("v")
    kind = fields.text("kind", limit=32)
    reader = _KINDS.get(kind)
    if version != ENTRY_VERSION or reader is None:
        reserved = "reserved for a later version" if kind in RESERVED_KINDS else "unknown"
        raise Unsupported(f"the entry's kind {kind!r} (version {version}) is {reserved}", where=where)
    entry = reader.read(fields)
    if encode(entry.to_map()) != data:
        raise BadInput("the entry is not in canonical form", where=where)
    return entry
