"""What `ebpfhub` commands do to an opened hub: the same functions whether the hub is serving or not.

Arguments and results are JSON maps, because they may come over the control socket.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from ..schemas.errors import BadInput, Conflict, HubError, NotFound
from ..schemas.fields import Fields
from ..schemas.identity import Identity
from ..schemas.reference import DEFAULT_NAMESPACE, check_origin
from ..signing.origin import read_fingerprint
from .accounts.roles import Role
from .accounts.tokens import DEFAULT_LIFE, check_identity
from .archives import export_archive, import_archive
from .namespaces import claim_namespace, revoke_identity, yank_version
from .opened import HUB_DOMAIN, OpenedHub, clock
from .rotation import rotate_authority, show_authority
from .trust import draft_note, install_note, list_domains

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
        return await hub.releases.claim(DEFAULT_NAMESPACE, Identity(HUB_DOMAIN, hub.authority.keys.issuer, identity))
    except Conflict:
        return None  # another admin was quicker


async def add_mirror(hub: OpenedHub, fields: Fields) -> dict[str, Any]:
    """Pin an origin and pull it for the first time."""
    origin = check_origin(fields.text("origin", limit=253))
    if origin == hub.note.origin:
        raise BadInput("a hub does not mirror itself", where="origin")
    held = hub.mirrors.origins.get(origin)
    hub.mirrors.add(
        origin,
        url=fields.text("url", limit=1024),
        mirror=fields.boolean("mirror"),
        fingerprint=read_fingerprint(fields.text("fingerprint", limit=128)),
    )
    try:
        return await _sync(hub, origin)
    except HubError:
        if held is not None and held.url:  # an address that failed does not replace one that worked
            hub.mirrors.add(origin, url=held.url, mirror=held.mirror, fingerprint=held.fingerprint)
        raise
    finally:
        hub.mirrors.follow(origin)


async def sync_mirrors(hub: OpenedHub, fields: Fields) -> dict[str, Any]:
    """Pull every origin (or one) now; those that failed are in the answer with their reasons."""
    wanted = fields.text("origin", limit=253, default="")
    rows = [row for row in hub.mirrors.origins.all() if row.url and (not wanted or row.origin == wanted)]
    if wanted and not rows:
        raise NotFound(f"{wanted} is not pulled from anywhere", where="mirror")
    done, failed = [], []
    for row in rows:
        try:
            done.append(await _sync(hub, row.origin))
        except HubError as error:
            failed.append({"origin": row.origin, "kind": error.kind, "reason": str(error)})
    return {"synced": done, "failed": failed}


async def mirror_status(hub: OpenedHub, _fields: Fields) -> dict[str, Any]:
    """How every mirrored origin stands."""
    return hub.mirrors.status()


async def write_archive(hub: OpenedHub, fields: Fields) -> dict[str, Any]:
    """Export an archive."""
    return await export_archive(
        hub,
        Path(fields.text("path", limit=4096)),
        origin=fields.text("origin", limit=253, default=""),
        since=fields.integer("since", default=0),
    )


async def read_archive(hub: OpenedHub, fields: Fields) -> dict[str, Any]:
    """Import an archive."""
    agreed = fields.text_map("agreed", count=64, limit=253)
    return await import_archive(
        hub, Path(fields.text("path", limit=4096)), agreed=agreed, dry=fields.boolean("dry", default=False)
    )


async def _sync(hub: OpenedHub, origin: str) -> dict[str, Any]:
    pulled = await hub.mirrors.pull(origin)
    return {
        "origin": origin,
        "size": pulled.size,
        "entries": pulled.entries,
        "releases": len(pulled.releases),
        "bytes": pulled.fetched,
    }


OPERATIONS: Mapping[str, Operation] = {
    "token.create": create_token,
    "user.set-password": set_password,
    "mirror.add": add_mirror,
    "mirror.sync": sync_mirrors,
    "mirror.status": mirror_status,
    "archive.export": write_archive,
    "archive.import": read_archive,
    "trust.list": list_domains,
    "origin.draft": draft_note,
    "origin.install": install_note,
    "namespace.claim": claim_namespace,
    "namespace.yank": yank_version,
    "namespace.revoke": revoke_identity,
    "authority.rotate": rotate_authority,
    "authority.show": show_authority,
}


async def operate(hub: OpenedHub, name: str, arguments: Any) -> dict[str, Any]:
    """Carry out an operation by name. Raises: HubError."""
    operation = OPERATIONS.get(name)
    if operation is None:
        raise BadInput(f"{name[:40]!r} is not an operation of this hub's version", where="control")
    return await operation(hub, Fields(arguments, name))
