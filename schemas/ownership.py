"""Entries about who owns what and what became of it: `claim`, `tag`, `yank`, `revoke` (protocol.md section 4).

`after` is the log index of the last entry that changed the same record: of a claim the namespace's claim, of a tag or
yank the last that changed the package, of a revocation the last one of the same identity in the same place. With
another one an entry has no effect, so nothing can be replayed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from .errors import BadInput
from .fields import Fields
from .identity import MAX_OWNERS, Identity, Owner, check_showable
from .mandate import HUB, Mandate
from .reference import DEFAULT_TAG, check_name, check_namespace, check_origin, check_tag
from .semver import Version

MAX_REASON_CHARS = 512


@dataclass(frozen=True, slots=True)
class Claim:
    """A namespace belongs to these owners. The hub logs the first one; a later one follows `after`."""

    kind: ClassVar[str] = "claim"
    time: int
    origin: str
    namespace: str
    owners: tuple[Owner, ...]
    after: int | None = None
    mandate: Mandate = HUB

    @property
    def subject(self) -> str:
        """What an owner's signature names."""
        return self.namespace

    def body(self) -> dict[str, Any]:
        """What the entry says."""
        made = {
            "origin": self.origin,
            "namespace": self.namespace,
            "owners": [owner.to_map() for owner in self.owners],
        }
        return made if self.after is None else made | {"after": self.after}

    @classmethod
    def read(cls, fields: Fields, time: int, mandate: Mandate) -> Claim:
        """Read what a claim says. Raises: BadInput."""
        fields.only(*_COMMON, "owners")
        owners = tuple(Owner.read(item) for item in fields.maps("owners", limit=MAX_OWNERS))
        if not owners:
            raise BadInput("names nobody", where=fields.at("owners"))
        return cls(time, *_place(fields), owners, _after(fields), mandate)


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag means a version from now on; without a version it means nothing any more."""

    kind: ClassVar[str] = "tag"
    time: int
    origin: str
    namespace: str
    name: str
    tag: str
    version: str | None
    after: int
    mandate: Mandate

    @property
    def package(self) -> str:
        """`namespace/name`."""
        return f"{self.namespace}/{self.name}"

    subject = package

    def body(self) -> dict[str, Any]:
        """What the entry says."""
        made = {
            "origin": self.origin, "namespace": self.namespace, "name": self.name, "tag": self.tag, "after": self.after,
        }  # fmt: skip
        return made if self.version is None else made | {"version": self.version}

    @classmethod
    def read(cls, fields: Fields, time: int, mandate: Mandate) -> Tag:
        """Read what a tag entry says. Raises: BadInput."""
        fields.only(*_COMMON, "name", "tag", "version")
        tag = check_tag(fields.text("tag", limit=128))
        if tag == DEFAULT_TAG or Version.spells(tag):
            raise BadInput(f"{tag!r} follows the releases and cannot be set", where=fields.at("tag"))
        version = _version(fields) if fields.has("version") else None
        return cls(time, *_place(fields), _name(fields), tag, version, fields.integer("after"), mandate)


@dataclass(frozen=True, slots=True)
class Yank:
    """A version is withdrawn, with a reason for people. Nothing is erased."""

    kind: ClassVar[str] = "yank"
    time: int
    origin: str
    namespace: str
    name: str
    version: str
    reason: str
    after: int
    mandate: Mandate

    @property
    def package(self) -> str:
        """`namespace/name`."""
        return f"{self.namespace}/{self.name}"

    subject = package

    def body(self) -> dict[str, Any]:
        """What the entry says."""
        return {
            "origin": self.origin,
            "namespace": self.namespace,
            "name": self.name,
            "version": self.version,
            "reason": self.reason,
            "after": self.after,
        }

    @classmethod
    def read(cls, fields: Fields, time: int, mandate: Mandate) -> Yank:
        """Read what a yank says. Raises: BadInput."""
        fields.only(*_COMMON, "name", "version", "reason")
        return cls(
            time, *_place(fields), _name(fields), _version(fields), _reason(fields), fields.integer("after"), mandate
        )


@dataclass(frozen=True, slots=True)
class Revoke:
    """An identity's releases from log index `since` on, and before `until` where there is one, are revoked.

    In one namespace, or by the hub in all of them (`namespace` is then None). It takes the place of an earlier
    revocation of the same identity in the same place, so a range can be corrected.
    """

    kind: ClassVar[str] = "revoke"
    time: int
    origin: str
    namespace: str | None
    identity: Identity
    since: int
    until: int | None
    reason: str
    after: int | None
    mandate: Mandate

    @property
    def subject(self) -> str:
        """What an owner's signature names."""
        return self.namespace or ""

    def covers(self, index: int) -> bool:
        """Tell whether a release at this log index is revoked."""
        return self.since <= index and (self.until is None or index < self.until)

    def body(self) -> dict[str, Any]:
        """What the entry says."""
        made = {
            "origin": self.origin,
            "namespace": self.namespace,
            "signer": self.identity.to_map(),
            "since": self.since,
            "until": self.until,
            "reason": self.reason,
            "after": self.after,
        }
        return {name: value for name, value in made.items() if value is not None}

    @classmethod
    def read(cls, fields: Fields, time: int, mandate: Mandate) -> Revoke:
        """Read what a revocation says. Raises: BadInput."""
        fields.only(*_COMMON, "signer", "since", "until", "reason")
        signer = fields.map("signer")
        signer.only("domain", "issuer", "subject")
        since = fields.integer("since")
        return cls(
            time,
            check_origin(fields.text("origin", limit=253)),
            check_namespace(fields.text("namespace", limit=128)) if fields.has("namespace") else None,
            Identity.read(signer),
            since,
            fields.integer("until", low=since) if fields.has("until") else None,
            _reason(fields),
            _after(fields),
            mandate,
        )


Order = Claim | Tag | Yank | Revoke  # what an owner may order
ORDERS: dict[str, type[Claim] | type[Tag] | type[Yank] | type[Revoke]] = {
    "claim": Claim,
    "tag": Tag,
    "yank": Yank,
    "revoke": Revoke,
}
_COMMON = ("v", "kind", "time", "by", "identity", "bundle", "origin", "namespace", "after")


def _place(fields: Fields) -> tuple[str, str]:
    return check_origin(fields.text("origin", limit=253)), check_namespace(fields.text("namespace", limit=128))


def _name(fields: Fields) -> str:
    return check_name(fields.text("name", limit=128))


def _version(fields: Fields) -> str:
    return str(Version.parse(fields.text("version", limit=64), where=fields.at("version")))


def _after(fields: Fields) -> int | None:
    return fields.integer("after") if fields.has("after") else None


def _reason(fields: Fields) -> str:
    return check_showable(fields.text("reason", limit=MAX_REASON_CHARS), where=fields.at("reason"))
