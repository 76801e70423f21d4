"""What a hub's API answers, field by field as its OpenAPI document has it. A test compares them. Times in Unix seconds.

It is for people to read: only what `ecli` has checked by itself is evidence.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Package:
    """A package that was found, with the release that is shown of it."""

    origin: str
    namespace: str
    name: str
    version: str
    description: str
    publisher: str
    digest: str
    log_index: int
    released: int
    downloads: int
    keywords: tuple[str, ...]
    categories: tuple[str, ...]
    attach: tuple[str, ...]
    permissions: tuple[str, ...]
    architectures: tuple[str, ...]
    minimum_kernel: str


@dataclass(frozen=True, slots=True)
class FacetCount:
    """How many packages have a value."""

    value: str
    packages: int


@dataclass(frozen=True, slots=True)
class Facets:
    """How the packages that were found divide."""

    category: tuple[FacetCount, ...]
    attach: tuple[FacetCount, ...]
    permission: tuple[FacetCount, ...]
    architecture: tuple[FacetCount, ...]
    kernel: tuple[FacetCount, ...]
    publisher: tuple[FacetCount, ...]
    origin: tuple[FacetCount, ...]


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """A page of packages. `total` counts all where it is `exact`; `next` is the cursor of the next page."""

    results: tuple[Package, ...]
    total: int
    exact: bool
    facets: Facets
    corrected: str
    next: int | None


@dataclass(frozen=True, slots=True)
class PackageVersion:
    """One version of a package, as the origin's log has it; `state` is released, yanked or revoked."""

    version: str
    released: int
    publisher: str
    issuer: str
    digest: str
    log_index: int
    state: str


@dataclass(frozen=True, slots=True)
class Trait:
    """Something by which a release differs from others: a permission, an option, a map, a file …"""

    aspect: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class RecordedOutput:
    """What the publisher recorded from a run of the package's own test."""

    command: str
    trigger: str
    output: str
    kernel: str
    architecture: str
    recorded: int
    same_code: bool


@dataclass(frozen=True, slots=True)
class PackageAnswer:
    """A package with one of its versions, and what that version's files tell."""

    origin: str
    namespace: str
    name: str
    latest: str
    versions: int
    chosen: PackageVersion
    previous: str
    owners: tuple[str, ...]
    downloads: int
    categories: tuple[str, ...]
    traits: tuple[Trait, ...]
    example: RecordedOutput | None

    def permissions(self) -> dict[str, str]:
        """What it may do, with what shows that: `changes:packets` to `xdp`."""
        return {item.name: item.text for item in self.traits if item.aspect == "permission"}


@dataclass(frozen=True, slots=True)
class VersionsAnswer:
    """A page of versions, the highest first."""

    results: tuple[PackageVersion, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class TraitChange:
    """A trait that differs: `before` is None where it came with the new version, `after` where it went."""

    aspect: str
    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class ChangesAnswer:
    """What changed from one version to another, the weightiest first."""

    old: PackageVersion
    new: PackageVersion
    changes: tuple[TraitChange, ...]

    def gained(self) -> tuple[str, ...]:
        """The permissions that the new version has and the old one had not."""
        return tuple(item.name for item in self.changes if item.aspect == "permission" and item.before is None)

    def lost(self) -> tuple[str, ...]:
        """The permissions that the old version had and the new one has not."""
        return tuple(item.name for item in self.changes if item.aspect == "permission" and item.after is None)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom the credentials stand for; None without any."""

    identity: str | None
    role: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnnouncedMirror:
    """A mirror that is listed now, and the size of the log that it showed."""

    url: str
    size: int


@dataclass(frozen=True, slots=True)
class FederationSigner:
    """Who signed a checkpoint; `cosigned` is when it says so, 0 where unknown."""

    name: str
    key_id: str
    cosigned: int


@dataclass(frozen=True, slots=True)
class FederationMirror:
    """A mirror of the hub: how many entries it is `behind`, who cosigned there."""

    url: str
    size: int
    behind: int
    seen: int
    looked: int
    answers: bool
    cosigners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FederationOrigin:
    """An origin that the hub mirrors; `state` is ok, behind, paused or stopped."""

    origin: str
    state: str
    size: int
    pulled: int
    signers: tuple[FederationSigner, ...]


@dataclass(frozen=True, slots=True)
class FederationEvidence:
    """A proof against an origin that showed two logs."""

    name: str
    origin: str
    reason: str
    time: int


@dataclass(frozen=True, slots=True)
class FederationAnswer:
    """How the hub stands among others."""

    origin: str
    fingerprint: str
    packages: int
    size: int
    root: str
    checkpoint: str
    signers: tuple[FederationSigner, ...]
    mirrors: tuple[FederationMirror, ...]
    mirrored: tuple[FederationOrigin, ...]
    evidence: tuple[FederationEvidence, ...]


@dataclass(frozen=True, slots=True)
class OwnerFacts:
    """Identities that own a namespace: in `pattern`, `*` stands for anything but a slash."""

    domain: str
    issuer: str
    pattern: str


@dataclass(frozen=True, slots=True)
class RevocationFacts:
    """A revocation that is in force in a namespace: of releases from log index `since` on, and before `until`."""

    domain: str
    issuer: str
    subject: str
    since: int
    until: int | None
    reason: str
    index: int
    everywhere: bool


@dataclass(frozen=True, slots=True)
class NamespaceFacts:
    """How a namespace stands. Orders about it follow `claim`, those about a package in it `changed`: log indexes."""

    origin: str
    namespace: str
    claim: int
    by: str
    owners: tuple[OwnerFacts, ...]
    revocations: tuple[RevocationFacts, ...]
    changed: int | None


@dataclass(frozen=True, slots=True)
class Token:
    """One of one's own tokens, without its secret; `used` is null before the first use."""

    id: str
    name: str
    scopes: tuple[str, ...]
    created: int
    expires: int
    used: int | None


@dataclass(frozen=True, slots=True)
class TokenList:
    """One's own tokens that are valid, the newest first."""

    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class TokenMade:
    """A new token; `token` is its secret, told this once."""

    token: str = field(repr=False)
    facts: Token


@dataclass(frozen=True, slots=True)
class LoggedOrder:
    """An owner's order that the log has taken."""

    kind: str
    subject: str
    identity: str
    log_index: int
