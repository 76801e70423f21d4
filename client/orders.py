"""An owner's order to a hub's log: made for a pinned origin, signed, and sent (protocol.md section 4).

The origin is the one that the user has pinned, never what the hub says: an order signed for one log means nothing in
another.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from ..federation.transport import expect
from ..schemas.codec import canonical_json, decode_json
from ..schemas.entry import signed_part
from ..schemas.errors import NotFound
from ..schemas.fields import Fields
from ..schemas.identity import MAX_OWNERS, Identity, Owner
from ..schemas.ownership import Order
from ..signing.sign import sign_order
from .publish import MAX_DOCUMENT_BYTES, HubSession
from .sign_package import SignWith, within

MAX_REVOCATIONS = 4096  # of one namespace, as a hub tells them


@dataclass(frozen=True, slots=True)
class Namespace:
    """How a hub says that a namespace stands. No evidence: an order that follows another entry has no effect.

    `claim` and `changed` are log indexes that a claim, and a tag or yank of the package, must follow; `revocations`
    those that a revocation of the same signer must follow.
    """

    claim: int
    by: str
    owners: tuple[Owner, ...]
    changed: int | None
    revocations: dict[Identity, int]


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order that the log has taken."""

    order: Order
    identity: str
    log_index: int


async def ask_namespace(session: HubSession, namespace: str, name: str = "") -> Namespace:
    """Ask a hub how a namespace stands, and a package in it. Raises: NotFound, HubError."""
    words = {"namespace": namespace} | ({"name": name} if name else {})
    url = f"{session.url}/api/v1/namespace?{urlencode(words)}"
    data = await session.transport.get(url, limit=MAX_DOCUMENT_BYTES)
    fields = Fields(decode_json(data, limit=MAX_DOCUMENT_BYTES, where=url), url)
    if name and not fields.has("changed"):
        raise NotFound(f"there is no package {namespace}/{name}", where=session.url)
    revoked = fields.maps("revocations", limit=MAX_REVOCATIONS)
    return Namespace(
        fields.integer("claim"),
        fields.text("by", limit=16),
        tuple(Owner.read(item) for item in fields.maps("owners", limit=MAX_OWNERS)),
        fields.integer("changed") if fields.has("changed") else None,
        {Identity.read(item): item.integer("index") for item in revoked if not item.boolean("everywhere")},
    )


async def send_order(
    session: HubSession, make: Callable[[Namespace], Order], namespace: Namespace, signing: SignWith
) -> Ordered:
    """Sign an order and have it logged; answered when it is durable. Raises: HubError."""
    order = make(namespace)
    config = await signing.config()
    token = await signing.token(config)
    bundle, identity = await within(
        lambda: sign_order(order, trust_config=config, identity_token=token), where=signing.name
    )
    body = {"order": _base64(signed_part(order)), "bundle": _base64(bundle)}
    url = f"{session.url}/api/v1/orders"
    answer = await session.transport.send(
        "POST", url, body=canonical_json(body), headers={"Content-Type": "application/json"}, token=session.token
    )
    fields = Fields(decode_json(expect(answer, 201, where=session.url).body, limit=MAX_DOCUMENT_BYTES, where=url), url)
    return Ordered(order, identity.subject, fields.integer("log_index"))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
