"""What is asked about one package over HTTP, and what the API answers: types of operations, no facts of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

from msgspec import Meta, Struct

from ...schemas.example import Example
from .catalogue import Facet, Found
from .changes import Change
from .packages import LoggedPackage, LoggedVersion
from .traits import Aspect, Traits

MAX_ANSWERED_VERSIONS = 100  # of one answer
_Namespace = Annotated[
    str, Meta(min_length=1, max_length=128, pattern="^[a-z0-9_-]+$", description="The package's namespace.")
]
_Name = Annotated[str, Meta(min_length=1, max_length=128, pattern="^[a-z0-9._-]+$", description="The package's name.")]
_Origin = Annotated[
    str, Meta(max_length=253, pattern=r"^[a-z0-9.-]*$", description="The hub whose log has it; this one without this.")
]
_SPELLED = r"^[0-9A-Za-z.-]*$"
_OWNERS = "Who may release in the namespace: identities or patterns, each with its issuer."


class PackageQuery(Struct, frozen=True):
    """Which package is meant, and which version of it."""

    namespace: _Namespace
    name: _Name
    origin: _Origin = ""
    version: Annotated[
        str, Meta(max_length=64, pattern=_SPELLED, description="The version; the latest without this.")
    ] = ""


class VersionsQuery(Struct, frozen=True):
    """Which package's versions are asked for, and which part of them."""

    namespace: _Namespace
    name: _Name
    origin: _Origin = ""
    limit: Annotated[int, Meta(ge=1, le=MAX_ANSWERED_VERSIONS, description="How many versions to answer.")] = 30
    cursor: Annotated[int, Meta(ge=0, le=10**6, description="Where to go on: `next` of the answer before.")] = 0


class ChangesQuery(Struct, frozen=True):
    """Which two versions of a package are compared."""

    namespace: _Namespace
    name: _Name
    origin: _Origin = ""
    old: Annotated[
        str, Meta(max_length=64, pattern=_SPELLED, description="From which version; the one before `new` without this.")
    ] = ""
    new: Annotated[
        str, Meta(max_length=64, pattern=_SPELLED, description="To which version; the latest without this.")
    ] = ""


class PackageVersion(Struct, frozen=True):
    """One version of a package, as the origin's log has it."""

    version: Annotated[str, Meta(description="Its number.")]
    released: Annotated[int, Meta(description="When, in Unix seconds.")]
    publisher: Annotated[str, Meta(description="The identity that released it.")]
    issuer: Annotated[str, Meta(description="Who confirmed that identity.")]
    digest: Annotated[str, Meta(description="The manifest's digest.")]
    log_index: Annotated[int, Meta(description="The release's entry in the log.")]
    state: Annotated[str, Meta(description="released, yanked or revoked.")]

    @classmethod
    def of(cls, item: LoggedVersion) -> PackageVersion:
        """The message about a version."""
        who = item.publisher
        return cls(
            *(item.version, item.released, who.subject, who.issuer, str(item.manifest), item.entry, str(item.state))
        )


class Trait(Struct, frozen=True):
    """Something by which a release differs from others; `name` and `text` are in no language."""

    aspect: Annotated[Aspect, Meta(description="What it is about.")]
    name: Annotated[str, Meta(description="The permission, section, option, column, map, file …")]
    text: Annotated[str, Meta(description="Its evidence, type or size.")]


class RecordedOutput(Struct, frozen=True):
    """What the publisher recorded from a run of the package's own test."""

    command: Annotated[str, Meta(description="What was run.")]
    trigger: Annotated[str, Meta(description="The shell script that ran meanwhile; empty for none.")]
    output: Annotated[str, Meta(description="The first lines that it printed.")]
    kernel: Annotated[str, Meta(description="On which kernel.")]
    architecture: Annotated[str, Meta(description="On which processor, by OCI's name.")]
    recorded: Annotated[int, Meta(description="When, in Unix seconds.")]
    same_code: Annotated[bool, Meta(description="Whether that was exactly this version's code.")]

    @classmethod
    def of(cls, example: Example, *, same_code: bool) -> RecordedOutput:
        """The message about recorded output."""
        return cls(*example[:-1], same_code)


class PackageAnswer(Struct, frozen=True):
    """A package with one of its versions."""

    origin: Annotated[str, Meta(description="The hub whose log has it.")]
    namespace: Annotated[str, Meta(description="The first part of its name.")]
    name: Annotated[str, Meta(description="The second part.")]
    latest: Annotated[str, Meta(description="The version that is run without a number; empty for pre-releases alone.")]
    versions: Annotated[int, Meta(description="How many versions there are.")]
    chosen: Annotated[PackageVersion, Meta(description="The version that was asked for.")]
    previous: Annotated[str, Meta(description="The version before it; empty for the first.")]
    owners: Annotated[list[str], Meta(description=_OWNERS)]
    downloads: Annotated[int, Meta(description="How often this hub sent the package, all versions together.")]
    categories: Annotated[list[str], Meta(description="What it is about.")]
    traits: Annotated[list[Trait], Meta(description="What the version's files tell, the weightiest first.")]
    example: Annotated[RecordedOutput | None, Meta(description="Recorded output; null where it has none.")]

    @classmethod
    def of(
        cls, logged: LoggedPackage, found: Found | None, traits: Traits, example: RecordedOutput | None
    ) -> PackageAnswer:
        """The message about a package."""
        owners = [f"{owner.pattern} ({owner.issuer})" for owner in logged.owners]
        return cls(
            *(logged.origin, logged.namespace, logged.name, logged.latest, logged.version_count),
            *(PackageVersion.of(logged.chosen), logged.previous, owners, found.downloads if found else 0),
            list(found.values(Facet.CATEGORY)) if found else [],
            [Trait(aspect, name, text) for aspect, named in traits.items() for name, text in sorted(named.items())],
            example,
        )


class VersionsAnswer(Struct, frozen=True):
    """Versions of a package, the highest first."""

    results: Annotated[list[PackageVersion], Meta(description="The versions.")]
    next: Annotated[int | None, Meta(description="The `cursor` of the next page; null on the last.")]

    @classmethod
    def of(cls, found: Sequence[LoggedVersion], query: VersionsQuery) -> VersionsAnswer:
        """The message about `limit` versions, and one more if there is one."""
        more = query.cursor + query.limit if len(found) > query.limit else None
        return cls([PackageVersion.of(item) for item in found[: query.limit]], more)


class TraitChange(Struct, frozen=True):
    """A trait that differs between two versions."""

    aspect: Annotated[Aspect, Meta(description="What it is about.")]
    name: Annotated[str, Meta(description="The permission, section, option, column, map, file …")]
    before: Annotated[str | None, Meta(description="What the old version has; null where it came with the new one.")]
    after: Annotated[str | None, Meta(description="What the new version has; null where it went with the old one.")]


class ChangesAnswer(Struct, frozen=True):
    """What changed from one version of a package to another."""

    old: Annotated[PackageVersion, Meta(description="The version that is compared with.")]
    new: Annotated[PackageVersion, Meta(description="The version that is looked at.")]
    changes: Annotated[list[TraitChange], Meta(description="All that differs, the weightiest first.")]

    @classmethod
    def of(cls, old: LoggedVersion, new: LoggedVersion, changes: Iterable[Change]) -> ChangesAnswer:
        """The message about changes."""
        told = [TraitChange(item.aspect, item.name, item.before, item.after) for item in changes]
        return cls(PackageVersion.of(old), PackageVersion.of(new), told)
