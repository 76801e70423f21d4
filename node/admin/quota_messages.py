"""What admins ask about namespaces and quotas over HTTP, and what the API answers: types of operations, no rules."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ...schemas.identity import MAX_IDENTITY_CHARS
from ...schemas.reference import NAMESPACE_PATTERN
from ..hub.order_operations import OwnerFacts
from .quotas import MAX_BYTES, MAX_PACKAGES, Use
from .service import OwnedNamespace

MAX_ANSWERED = 100  # namespaces of one answer
_Kind = Annotated[Literal["namespace", "person"], Meta(description="Whose quota.")]
_Name = Annotated[
    str, Meta(min_length=1, max_length=MAX_IDENTITY_CHARS, description="The namespace's name, or the identity.")
]


class NamespacesQuery(Struct, frozen=True):
    """Which part of the namespaces is asked for."""

    after: Annotated[str, Meta(max_length=128, description="Where to go on: `next` of the answer before.")] = ""
    limit: Annotated[int, Meta(ge=1, le=MAX_ANSWERED, description="How many namespaces to answer.")] = 50


class NamespaceNamed(Struct, frozen=True):
    """Which namespace is meant."""

    name: Annotated[str, Meta(max_length=128, pattern=f"^{NAMESPACE_PATTERN}$", description="Its name.")]


class QuotaOf(Struct, frozen=True):
    """Whose quota is meant."""

    kind: _Kind
    name: _Name


class QuotaWanted(Struct, frozen=True):
    """What a namespace or a person may have from now on."""

    kind: _Kind
    name: _Name
    bytes: Annotated[int, Meta(ge=0, le=MAX_BYTES, description="At most so many bytes; 0 is no limit.")] = 0
    packages: Annotated[
        int, Meta(ge=0, le=MAX_PACKAGES, description="At most so many packages, of a namespace; 0 is no limit.")
    ] = 0


class QuotaFacts(Struct, frozen=True):
    """What may be there at most; 0 is no limit."""

    bytes: Annotated[int, Meta(description="Bytes.")]
    packages: Annotated[int, Meta(description="Packages, of a namespace.")]
    own: Annotated[bool, Meta(description="Whether it was set for this one; else it is the default of the settings.")]

    @classmethod
    def of(cls, use: Use) -> QuotaFacts:
        """The message about the quota in force."""
        return cls(use.quota.bytes, use.quota.packages, use.own is not None)


class QuotaAnswer(Struct, frozen=True):
    """How much of a quota is used."""

    kind: Annotated[str, Meta(description="namespace or person.")]
    name: Annotated[str, Meta(description="Whose.")]
    used: Annotated[int, Meta(description="Bytes that are there.")]
    quota: Annotated[QuotaFacts, Meta(description="What may be there at most.")]


class OwnedNamespaceFacts(Struct, frozen=True):
    """A namespace that somebody has claimed."""

    name: Annotated[str, Meta(description="Its name.")]
    claim: Annotated[int, Meta(description="Log index of the claim in force.")]
    owners: Annotated[tuple[OwnerFacts, ...], Meta(description="Who owns it.")]
    packages: Annotated[int, Meta(description="How many packages it has.")]

    @classmethod
    def of(cls, found: OwnedNamespace) -> OwnedNamespaceFacts:
        """The message about a namespace."""
        owners = tuple(OwnerFacts(owner.domain, owner.issuer, owner.pattern) for owner in found.owners)
        return cls(found.name, found.entry, owners, found.packages)


class NamespacesAnswer(Struct, frozen=True):
    """A page of namespaces."""

    results: Annotated[tuple[OwnedNamespaceFacts, ...], Meta(description="By name.")]
    next: Annotated[str | None, Meta(description="What the next page comes `after`; null on the last.")]


class NamespaceUse(Struct, frozen=True):
    """A namespace, and how much of its quota is used."""

    namespace: Annotated[OwnedNamespaceFacts, Meta(description="Which.")]
    used: Annotated[int, Meta(description="Bytes that everybody sees there.")]
    quota: Annotated[QuotaFacts, Meta(description="What may be there at most.")]
