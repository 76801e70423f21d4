"""What a hub's API answers those who run it, field by field as its OpenAPI document has it. Times in Unix seconds."""

from __future__ import annotations

from dataclasses import dataclass

from .answers import OwnerFacts, Token


@dataclass(frozen=True, slots=True)
class RoleCount:
    """How many people have a role."""

    role: str
    people: int


@dataclass(frozen=True, slots=True)
class OverviewAnswer:
    """Counts; `troubled` of the mirrored origins are not up to date, `reported` comments wait for a maintainer."""

    people: tuple[RoleCount, ...]
    packages: int
    size: int
    mirrored: int
    troubled: int
    evidence: int
    reported: int


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the audit log; `time` as RFC 3339, `about` what depends on its kind (`whom`, `by` …)."""

    time: str
    what: str
    result: str
    who: str
    issuer: str
    address: str
    request: str
    reason: str
    about: dict[str, str]


@dataclass(frozen=True, slots=True)
class EventsAnswer:
    """A page of events, the newest first."""

    results: tuple[Event, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Somebody whom the hub knows; `issuer` is empty for its own users, the role `none` for closed accounts."""

    identity: str
    issuer: str
    role: str
    created: int


@dataclass(frozen=True, slots=True)
class PeopleAnswer:
    """A page of people, by identity."""

    results: tuple[PersonFacts, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """A browser in which somebody is signed in."""

    id: str
    created: int
    used: int
    agent: str
    address: str


@dataclass(frozen=True, slots=True)
class QuotaFacts:
    """What may be there at most, 0 for no limit; `own`: set for this one, else the default of the hub's settings."""

    bytes: int
    packages: int
    own: bool


@dataclass(frozen=True, slots=True)
class PersonAnswer:
    """Somebody with what is theirs, and how many bytes of their quota are `used`."""

    person: PersonFacts
    tokens: tuple[Token, ...]
    sessions: tuple[SessionFacts, ...]
    namespaces: tuple[str, ...]
    used: int
    quota: QuotaFacts


@dataclass(frozen=True, slots=True)
class Ended:
    """How many sessions or tokens of somebody were ended."""

    identity: str
    count: int


@dataclass(frozen=True, slots=True)
class OwnedNamespaceFacts:
    """A namespace that somebody has claimed, at log index `claim`."""

    name: str
    claim: int
    owners: tuple[OwnerFacts, ...]
    packages: int


@dataclass(frozen=True, slots=True)
class NamespacesAnswer:
    """A page of namespaces, by name."""

    results: tuple[OwnedNamespaceFacts, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class NamespaceUse:
    """A namespace, and how many bytes of its quota are `used`."""

    namespace: OwnedNamespaceFacts
    used: int
    quota: QuotaFacts


@dataclass(frozen=True, slots=True)
class QuotaAnswer:
    """How many bytes of a quota are `used`; `kind` is namespace or person."""

    kind: str
    name: str
    used: int
    quota: QuotaFacts


@dataclass(frozen=True, slots=True)
class RekorFacts:
    """The log of an origin's authority, which is mirrored too; `reason` tells why it is not up to date."""

    size: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class MirroredOrigin:
    """An origin that the hub mirrors; `evidence` names the proof against it, `url` is None where archives bring it."""

    origin: str
    state: str
    reason: str | None
    size: int
    evidence: str | None
    rekor: RekorFacts | None
    url: str | None
    fingerprint: str
    pulled: int | None


@dataclass(frozen=True, slots=True)
class MirroringAnswer:
    """How mirroring stands, and the key with which the hub cosigns what it has verified."""

    origins: tuple[MirroredOrigin, ...]
    cosigner: str
