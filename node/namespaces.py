"""The operator's operations on namespaces: the first claim of one, and what the hub does in an owner's place."""

from __future__ import annotations

from typing import Any

from ..schemas.errors import BadInput
from ..schemas.fields import Fields
from ..schemas.identity import MAX_OWNERS, Identity, Owner
from ..schemas.mandate import FORCED
from ..schemas.ownership import MAX_REASON_CHARS, Claim, Revoke, Yank
from ..schemas.reference import check_name, check_namespace
from .authority.audit import What
from .opened import OpenedHub
from .recorded import record


async def claim_namespace(hub: OpenedHub, fields: Fields) -> dict[str, Any]:
    """Give a namespace to its owners: one that nobody has, or by force another."""
    namespace = check_namespace(fields.text("namespace", limit=128))
    owners = tuple(Owner.read(item) for item in fields.maps("owners", limit=MAX_OWNERS))
    if not owners:
        raise BadInput("names no owner", where=namespace)
    if force := fields.boolean("force", default=False):
        held = hub.ledger.replay.claims.get(namespace)
        index = (await hub.orders.force(Claim(0, hub.note.origin, namespace, owners, held and held[0]))).index
    else:
        index = await hub.orders.claim(namespace, owners)
    forced = {"forced": "yes"} if force else {}
    await record(hub, What.CLAIM, namespace=namespace, entry=str(index), **forced)
    return {"namespace": namespace, "owners": [str(owner) for owner in owners], "entry": index}


async def yank_version(hub: OpenedHub, fields: Fields) -> dict[str, Any]:
    """Withdraw a version in its owner's place."""
    namespace, name = check_namespace(fields.text("namespace", limit=128)), check_name(fields.text("name", limit=128))
    version, reason = fields.text("version", limit=64), fields.text("reason", limit=MAX_REASON_CHARS)
    held = hub.ledger.replay.packages.get(f"{namespace}/{name}")
    after = held.changed if held else 0
    made = await hub.orders.force(Yank(0, hub.note.origin, namespace, name, version, reason, after, FORCED))
    await record(hub, What.YANK, package=f"{made.order.subject}:{version}", entry=str(made.index), forced="yes")
    return {"package": made.order.subject, "version": version, "entry": made.index}


async def revoke_identity(hub: OpenedHub, fields: Fields) -> dict[str, Any]:
    """Revoke an identity's releases from a log index on, in one namespace or in all of them."""
    namespace = check_namespace(fields.text("namespace", limit=128)) if fields.has("namespace") else None
    signer = Identity.read(fields.map("signer"))
    held = hub.ledger.replay.revocations.get((namespace, signer))
    since = fields.integer("since")
    until = fields.integer("until", low=since) if fields.has("until") else None
    reason, after = fields.text("reason", limit=MAX_REASON_CHARS), held[0] if held else None
    made = await hub.orders.force(Revoke(0, hub.note.origin, namespace, signer, since, until, reason, after, FORCED))
    about = {"namespace": namespace} if namespace else {}
    await record(hub, What.REVOCATION, whom=signer.subject, entry=str(made.index), forced="yes", **about)
    return {"namespace": namespace, "signer": str(signer), "since": since, "until": until, "entry": made.index}
