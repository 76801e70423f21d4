"""The API's operations about mirrored origins, for maintainers: how each stands, and a pull that begins now."""

from __future__ import annotations

from http import HTTPMethod, HTTPStatus
from pathlib import PurePath
from typing import Annotated, Any

from aiohttp import web
from msgspec import Meta, Struct

from ..accounts.rights import MODERATING
from ..api.operation import Operation
from .pulls import begin_pull
from .service import ADMIN


class RekorFacts(Struct, frozen=True):
    """The log of an origin's authority, which is mirrored too."""

    size: Annotated[int, Meta(description="Entries that were verified.")]
    reason: Annotated[str | None, Meta(description="Why it is not up to date; null where it is.")]


class MirroredOrigin(Struct, frozen=True):
    """An origin that this hub mirrors, as its admins see it."""

    origin: Annotated[str, Meta(description="Its name.")]
    state: Annotated[str, Meta(description="ok, behind, paused or stopped.")]
    reason: Annotated[str | None, Meta(description="Why, where it is not ok.")]
    size: Annotated[int, Meta(description="Entries of its log that were verified.")]
    evidence: Annotated[
        str | None, Meta(description="The name of the proof against it, which is at /federation/evidence/{name}.")
    ]
    rekor: Annotated[RekorFacts | None, Meta(description="Its authority's log; null where it has none.")]
    url: Annotated[str | None, Meta(description="Where it is pulled from; null where it comes by archives.")]
    fingerprint: Annotated[str, Meta(description="That of its pinned origin key.")]
    pulled: Annotated[int | None, Meta(description="When it was pulled last, in Unix seconds; null for never.")]

    @classmethod
    def of(cls, item: dict[str, Any]) -> MirroredOrigin:
        """The message about an origin, of what `ebpfhub mirror status --json` tells: without folders of the machine."""
        evidence = PurePath(item["evidence"]).name if item["evidence"] else None
        rekor = RekorFacts(item["rekor"]["size"], item["rekor"]["reason"]) if item["rekor"] else None
        return cls(**item | {"evidence": evidence, "rekor": rekor})


class MirroringAnswer(Struct, frozen=True):
    """How mirroring stands."""

    origins: Annotated[tuple[MirroredOrigin, ...], Meta(description="The first added first.")]
    cosigner: Annotated[str, Meta(description="The key with which this hub cosigns what it has verified.")]


class PullWanted(Struct, frozen=True):
    """Which origin is to be pulled."""

    origin: Annotated[str, Meta(min_length=1, max_length=253, description="Its name.")]


async def mirroring(request: web.Request, _given: None) -> MirroringAnswer:
    """Tell how every mirrored origin stands.

    And why one is behind or stopped. What proves that an origin showed two logs is public: the operation `federation`
    tells of it.
    """
    return _status(request)


async def pull(request: web.Request, wanted: PullWanted) -> MirroredOrigin:
    """Begin to pull a mirrored origin now.

    The answer tells how the origin stands as the pull begins; later the operation `mirroring` tells how it went. A pull
    that is on its way already goes on.
    """
    await begin_pull(request, wanted.origin)
    return next(item for item in _status(request).origins if item.origin == wanted.origin)


def _status(request: web.Request) -> MirroringAnswer:
    found = request.app[ADMIN].mirrors.status()
    return MirroringAnswer(tuple(MirroredOrigin.of(item) for item in found["origins"]), found["cosigner"])


MIRROR_OPERATIONS = (
    Operation(
        method=HTTPMethod.GET,
        path="/api/v1/admin/mirrors",
        needs=MODERATING,
        handler=mirroring,
        result=MirroringAnswer,
        private=True,
    ),
    Operation(
        method=HTTPMethod.POST,
        path="/api/v1/admin/mirrors/pull",
        needs=MODERATING,
        handler=pull,
        body=PullWanted,
        result=MirroredOrigin,
        status=HTTPStatus.ACCEPTED,
        refusals=(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
    ),
)
