"""The API's operations about ownership: how a namespace stands, and an owner's signed order. Not what is allowed."""

from __future__ import annotations

import asyncio
import base64
from http import HTTPMethod, HTTPStatus
from typing import Annotated

from aiohttp import web
from msgspec import Meta, Struct

from ...federation.index.rules import Replay
from ...schemas.entry import MAX_ENTRY_BYTES, parse_signed_part
from ...schemas.errors import BadInput, NotFound
from ...schemas.reference import NAME_PATTERN, NAMESPACE_PATTERN, check_name, check_namespace
from ...signing.material import MAX_BUNDLE_BYTES
from ..accounts.guard import caller_of
from ..accounts.rights import PUBLISHING, READING, judge
from ..api.operation import Operation
from .services import HUB

_MAX_ORDER_CHARS = -(-MAX_ENTRY_BYTES // 3) * 4
_MAX_BUNDLE_CHARS = -(-MAX_BUNDLE_BYTES // 3) * 4


class NamespaceQuery(Struct, frozen=True):
    """Which namespace, and perhaps which package in it."""

    namespace: Annotated[str, Meta(max_length=128, pattern=f"^{NAMESPACE_PATTERN}$", description="The namespace.")]
    package: Annotated[
        str, Meta(max_length=128, pattern=f"^({NAME_PATTERN})?$", description="A package in it; may be left out.")
    ] = ""


class OwnerFacts(Struct, frozen=True):
    """Identities that own a namespace."""

    domain: Annotated[str, Meta(description="The trust domain whose signatures count.")]
    issuer: Annotated[str, Meta(description="Who vouches for the identity: the certificate's issuer.")]
    pattern: Annotated[str, Meta(description="An identity, in which * stands for anything but a slash.")]


class RevocationFacts(Struct, frozen=True):
    """A revocation that is in force in a namespace."""

    domain: Annotated[str, Meta(description="The signer's trust domain.")]
    issuer: Annotated[str, Meta(description="The signer's issuer.")]
    subject: Annotated[str, Meta(description="The signer.")]
    since: Annotated[int, Meta(description="Releases from this log index on are revoked.")]
    until: Annotated[int | None, Meta(description="And before this one, if it is not null.")]
    reason: Annotated[str, Meta(description="Why.")]
    index: Annotated[int, Meta(description="Its own log index.")]
    everywhere: Annotated[bool, Meta(description="Whether the hub revoked the signer in all namespaces.")]


class NamespaceFacts(Struct, frozen=True):
    """How a namespace stands. An order about it names the log index of the entry that it follows."""

    origin: Annotated[str, Meta(description="The log's origin.")]
    namespace: Annotated[str, Meta(description="The namespace.")]
    claim: Annotated[int, Meta(description="Log index of the claim in force: what a new claim follows.")]
    by: Annotated[str, Meta(description="Who made it: hub, owner, or forced.")]
    owners: Annotated[tuple[OwnerFacts, ...], Meta(description="Who owns it.")]
    revocations: Annotated[tuple[RevocationFacts, ...], Meta(description="Revocations in force there.")]
    changed: Annotated[int | None, Meta(description="What a tag or yank of the package follows; null without one.")]


class SignedOrder(Struct, frozen=True):
    """An owner's order, and the signature over it (docs/protocol.md section 4)."""

    order: Annotated[str, Meta(max_length=_MAX_ORDER_CHARS, description="The signed part, in base64.")]
    bundle: Annotated[str, Meta(max_length=_MAX_BUNDLE_CHARS, description="The Sigstore bundle's JSON, in base64.")]


class LoggedOrder(Struct, frozen=True):
    """An order that the log has taken."""

    kind: Annotated[str, Meta(description="claim, tag, yank or revoke.")]
    subject: Annotated[str, Meta(description="The namespace or package.")]
    identity: Annotated[str, Meta(description="Who has signed it.")]
    log_index: Annotated[int, Meta(description="Where it stands in the log.")]


async def namespace(request: web.Request, query: NamespaceQuery) -> NamespaceFacts:
    """Tell how a namespace stands.

    Its owners, what was revoked in it, and which entries an order about it follows. It is not evidence: what an index
    answer proves is.
    """
    replay = request.app[HUB].own.replay
    place = check_namespace(query.namespace)
    held = replay.claims.get(place)
    if held is None:
        raise NotFound(f"nobody has claimed the namespace {place}", where="namespace")
    package = replay.packages.get(f"{place}/{check_name(query.package)}") if query.package else None
    return NamespaceFacts(
        replay.origin,
        place,
        held[0],
        str(held[1].mandate.by),
        tuple(OwnerFacts(owner.domain, owner.issuer, owner.pattern) for owner in held[1].owners),
        tuple(_revocations(replay, place)),
        package.changed if package else None,
    )


async def order(request: web.Request, given: SignedOrder) -> LoggedOrder:
    """Carry out what an owner has signed.

    Hands a namespace over, sets a tag, withdraws a version, or revokes a signer's releases. Answered when the entry is
    in a durable signed checkpoint. Needs the role publisher, and an owner's Sigstore bundle over the order.
    """
    hub = request.app[HUB]
    asked = parse_signed_part(_bytes(given.order, "order"))
    judge(await caller_of(request), PUBLISHING, namespace=asked.namespace)
    made = await hub.orders.take(asked, await asyncio.to_thread(_bytes, given.bundle, "bundle"))
    identity = made.identity.subject if made.identity else ""
    return LoggedOrder(made.order.kind, made.order.subject, identity, made.index)


def _revocations(replay: Replay, place: str) -> list[RevocationFacts]:
    return [
        RevocationFacts(
            *(signer.domain, signer.issuer, signer.subject, revoke.since, revoke.until, revoke.reason, index),
            everywhere=where is None,
        )
        for (where, signer), (index, revoke) in replay.revocations.items()
        if where in (None, place)
    ]


def _bytes(text: str, where: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise BadInput("is not base64", where=where) from error


ORDER_OPERATIONS = (
    Operation(
        method=HTTPMethod.GET,
        path="/api/v1/namespace",
        handler=namespace,
        needs=READING,
        query=NamespaceQuery,
        result=NamespaceFacts,
        refusals=(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
    ),
    Operation(
        method=HTTPMethod.POST,
        path="/api/v1/orders",
        handler=order,
        needs=PUBLISHING,
        body=SignedOrder,
        body_limit=_MAX_ORDER_CHARS + _MAX_BUNDLE_CHARS + 1024,
        result=LoggedOrder,
        status=HTTPStatus.CREATED,
        refusals=(
            HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT,
            HTTPStatus.NOT_IMPLEMENTED, HTTPStatus.SERVICE_UNAVAILABLE,
        ),
        private=True,
    ),
)  # fmt: skip
