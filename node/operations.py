"""What `ebpfhub` commands do to an opened hub: the same functions whether the hub is serving or not.

Arguments and results are JSON maps, because they may come over the control socket.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ..schemas.errors import BadInput, Conflict
from ..schemas.fields import Fields
from ..schemas.identity import Identity
from ..schemas.reference import DEFAULT_NAMESPACE
from .accounts.roles import Role
from .accounts.tokens import DEFAULT_LIFE, check_identity
from .opened import HUB_DOMAIN, OpenedHub, clock

MAX_LIFE = 5 * 365 * 24 * 3600  # seconds
Operation = Callable[[OpenedHub, Fields], Awaitable[dict[str, Any]]]


async def create_token(hub: OpenedHub, fields: Fields) -> dict[str, Any]:
    """Make a token; the first admin's also claims `library`."""
    identity = check_identity(fields.text("identity", limit=512))
    role = Role.read(fields.text("role", limit=16))
    life = fields.integer("life", low=60, high=MAX_LIFE, default=DEFAULT_LIFE)
    token = hub.tokens.create(identity, role, now=clock(), life=life)
    claim = await _claim_library(hub, identity) if role is Role.ADMIN else None
    return {"token": token, "identity": identity, "role": role.word, "expires": clock() + life, "claim": claim}


async def set_password(hub: OpenedHub, fields: Fields) -> dict[str, Any]:
    """Make a local user of the embedded authority, or give one a new password."""
    identity = check_identity(fields.text("identity", limit=512))
    hub.users.set_password(identity, fields.text("password", limit=1024))
    return {"identity": identity}


async def _claim_library(hub: OpenedHub, identity: str) -> int | None:
    if hub.authority is None or DEFAULT_NAMESPACE in hub.ledger.replay.claims:
        return None
    try:
        return await hub.releases.claim(DEFAULT_NAMESPACE, Identity(HUB_DOMAIN, hub.authority.issuer, identity))
    except Conflict:
        return None  # another admin was quicker


OPERATIONS: Mapping[str, Operation] = {"token.create": create_token, "user.set-password": set_password}


async def operate(hub: OpenedHub, name: str, arguments: Any) -> dict[str, Any]:
    """Carry out an operation by name. Raises: HubError."""
    operation = OPERATIONS.get(name)
    if operation is None:
        raise BadInput(f"{name[:40]!r} is not an operation of this hub's version", where="control")
    return await operation(hub, Fields(arguments, name))
