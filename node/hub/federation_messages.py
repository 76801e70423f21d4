"""What the API answers about the federation: types of its operation, no facts of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from .checkpoint import Signer
from .federation import Federation


class FederationSigner(Struct, frozen=True):
    """Who signed a checkpoint."""

    name: Annotated[str, Meta(description="The key's name.")]
    key_id: Annotated[str, Meta(description="The key's id, in hex.")]
    cosigned: Annotated[int, Meta(description="When it says that it signed, in Unix seconds; 0 where unknown.")]

    @classmethod
    def all_of(cls, signers: Sequence[Signer]) -> list[FederationSigner]:
        """The messages about signers."""
        return [cls(item.name, item.key_id, item.cosigned) for item in signers]


class FederationMirror(Struct, frozen=True):
    """A mirror of this hub, as it showed itself last."""

    url: Annotated[str, Meta(description="Where it is.")]
    size: Annotated[int, Meta(description="Entries in the log that it showed.")]
    behind: Annotated[int, Meta(description="Entries that it lacked.")]
    seen: Annotated[int, Meta(description="When it announced itself last, in Unix seconds.")]
    looked: Annotated[int, Meta(description="When the hub looked at it last; 0 for not since it started.")]
    answers: Annotated[bool, Meta(description="Whether it answered then.")]
    cosigners: Annotated[list[str], Meta(description="Names and key ids of who cosigned there besides this hub.")]


class FederationOrigin(Struct, frozen=True):
    """An origin that this hub mirrors."""

    origin: Annotated[str, Meta(description="Its name.")]
    state: Annotated[str, Meta(description="ok, behind, paused or stopped.")]
    size: Annotated[int, Meta(description="Entries of its log that were verified.")]
    pulled: Annotated[int, Meta(description="When it was pulled last, in Unix seconds; 0 for never.")]
    signers: Annotated[list[FederationSigner], Meta(description="Who signed the checkpoint that is served of it.")]


class FederationEvidence(Struct, frozen=True):
    """A proof against an origin that showed two logs."""

    name: Annotated[str, Meta(description="The file's name; it is at /federation/evidence/{name}.")]
    origin: Annotated[str, Meta(description="Whom it is about.")]
    reason: Annotated[str, Meta(description="What it shows.")]
    time: Annotated[int, Meta(description="When it was kept, in Unix seconds.")]


class FederationAnswer(Struct, frozen=True):
    """How this hub stands among others. Hints, not evidence: clients check checkpoints by themselves."""

    origin: Annotated[str, Meta(description="This hub's name.")]
    fingerprint: Annotated[str, Meta(description="That of its origin key.")]
    packages: Annotated[int, Meta(description="Packages of all origins that it lists.")]
    size: Annotated[int, Meta(description="Entries in its log.")]
    root: Annotated[str, Meta(description="The log's root hash, in Base64.")]
    checkpoint: Annotated[str, Meta(description="The newest checkpoint, as it is signed.")]
    signers: Annotated[list[FederationSigner], Meta(description="Who signed that.")]
    mirrors: Annotated[list[FederationMirror], Meta(description="Its mirrors, as far as they announced themselves.")]
    mirrored: Annotated[list[FederationOrigin], Meta(description="The origins that it mirrors.")]
    evidence: Annotated[list[FederationEvidence], Meta(description="Proofs that it keeps against origins.")]

    @classmethod
    def of(cls, found: Federation) -> FederationAnswer:
        """The message about the federation."""
        shown = found.checkpoint
        return cls(
            *(found.origin, found.fingerprint, found.packages, shown.size, shown.root, shown.text),
            FederationSigner.all_of(shown.signers),
            [
                FederationMirror(
                    *(item.url, item.size, item.behind, item.seen, item.looked, item.answers), list(item.cosigners)
                )
                for item in found.mirrors
            ],
            [
                FederationOrigin(
                    *(item.origin, item.state, item.size, item.pulled),
                    FederationSigner.all_of(item.checkpoint.signers) if item.checkpoint else [],
                )
                for item in found.mirrored
            ],
            [FederationEvidence(item.name, item.origin, item.reason, item.time) for item in found.evidence],
        )
