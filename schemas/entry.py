"""Log entries: canonical MessagePack maps, one kind a class (protocol.md section 4).

Here are `release` and `index`, and how all kinds are read and written; those about ownership are in ownership.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from .codec import decode, encode
from .digest import Digest
from .errors import BadInput, Unsupported
from .fields import Fields
from .identity import Identity
from .mandate import HUB, Mandate
from .oci import MAX_PACKAGE_MANIFEST_BYTES
from .ownership import ORDERS, Order
from .reference import check_name, check_namespace
from .semver import Version

ENTRY_VERSION = 1
MAX_ENTRY_BYTES = 65535  # bytes: an entry bundle of tlog-tiles states lengths in 16 bits
MAX_REFERRERS = 32
MAP_RULES = 2  # version of the map's rules


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

    def body(self) -> dict[str, Any]:
        """What the entry says."""
        return {
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

    def body(self) -> dict[str, Any]:
        """What the entry says."""
        return {"root": self.root, "rules": self.rules}

    @classmethod
    def read(cls, fields: Fields) -> IndexRoot:
        """Read an index entry. Raises: BadInput."""
        fields.only("v", "kind", "time", "root", "rules")
        return cls(fields.integer("time"), fields.binary("root", size=32), fields.integer("rules", low=1, high=65535))


Entry = Release | IndexRoot | Order


def encode_entry(entry: Entry) -> bytes:
    """The entry's canonical bytes. Raises: BadInput when they exceed MAX_ENTRY_BYTES or no reader would take them."""
    data = encode(_to_map(entry))
    if len(data) > MAX_ENTRY_BYTES:
        raise BadInput(f"the entry has {len(data)} bytes; the log takes {MAX_ENTRY_BYTES}", where="entry")
    if parse_entry(data) != entry:  # a writer that applies what readers refuse would log a wrong map
        raise BadInput("the entry does not read back as it was written", where="entry")
    return data


def parse_entry(data: bytes, *, where: str = "entry") -> Entry:
    """Read an entry. Raises: BadInput when malformed; Unsupported when of another version or kind."""
    fields = Fields(decode(data, limit=MAX_ENTRY_BYTES, where=where), where)
    version, kind = fields.integer("v"), fields.text("kind", limit=32)
    if version != ENTRY_VERSION or kind not in (*ORDERS, *_KINDS):
        raise Unsupported(f"the entry's kind {kind!r} (version {version}) is unknown", where=where)
    if kind in ORDERS:
        entry: Entry = ORDERS[kind].read(fields, fields.integer("time"), Mandate.read(fields))
    else:
        entry = _KINDS[kind].read(fields)
    if encode(_to_map(entry)) != data:
        raise BadInput("the entry is not in canonical form", where=where)
    return entry


def signed_part(order: Order) -> bytes:
    """What an owner signs: the entry's canonical bytes without time and mandate."""
    return encode(_head(order) | order.body())


def parse_signed_part(data: bytes, *, where: str = "order") -> Order:
    """Read what an owner has signed; time and mandate are not there yet. Raises: BadInput, Unsupported."""
    fields = Fields(decode(data, limit=MAX_ENTRY_BYTES, where=where), where)
    version, kind = fields.integer("v"), fields.text("kind", limit=32)
    if version != ENTRY_VERSION or kind not in ORDERS:
        raise Unsupported(f"an owner cannot order an entry of kind {kind!r} (version {version})", where=where)
    order = ORDERS[kind].read(fields, 0, HUB)
    if signed_part(order) != data:
        raise BadInput("the order is not in canonical form", where=where)
    return order


_KINDS: dict[str, type[Release] | type[IndexRoot]] = {"release": Release, "index": IndexRoot}


def _head(entry: Entry) -> dict[str, Any]:
    return {"v": ENTRY_VERSION, "kind": entry.kind}


def _to_map(entry: Entry) -> dict[str, Any]:
    made = _head(entry) | {"time": entry.time} | entry.body()
    return made | entry.mandate.to_map() if isinstance(entry, Order) else made
