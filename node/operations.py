"""What `ebpfhub` commands do to an opened hub: the same functions whether the hub is serving or not.

Arguments and results are JSON maps, because they may come over the control socket.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from ..schemas.errors import BadInput, Conflict, HubError, NotFound
from ..schemas.fields import Fields
from ..schemas.reference import check_origin
from ..signing.origin import read_fingerprint
from .account_operations import create_token, list_people, list_tokens, revoke_token, set_password, set_role
from .archives import export_archive, import_archive
from .authority.audit import What
from .namespaces import claim_namespace, revoke_identity, yank_version
from .opened import OpenedHub
from .origin_operations import move_origin, rotate_log_keys
from .peering.logins import MAX_TOKEN_CHARS, PeerLogins
from .recorded import record
from .recovery import recover_log
from .rotation import rotate_authority, show_authority
from .trust import draft_note, install_note, list_domains

Operation = Callable[[OpenedHub, Fields], Awaitable[dict[str, Any]]]


async def add_mirror(hub: OpenedHub, fields: Fields) -> dict[str, Any]:
    """Pin an origin and pull it for the first time."""
    origin = check_origin(fields.text("origin", limit=253))
    if origin == hub.note.origin:
        raise BadInput("a hub does not mirror itself", where="origin")
    held, logins = hub.mirrors.origins.get(origin), PeerLogins(hub.folder.peers)
    token = fields.text("token", limit=MAX_TOKEN_CHARS, default="")
    if (token or logins.has(origin)) and not hub.settings.closed:
        raise Conflict(
            "this hub is open: everybody could read here what its origin shows to readers only",
            where=origin,
            todo="Set closed = true in its settings, restart it, and try again.",
        )
    if token:
        logins.put(origin, token)
    hub.mirrors.add(
        origin,
        url=fields.text("url", limit=1024),
        mirror=fields.boolean("mirror"),
        fingerprint=read_fingerprint(fields.text("fingerprint", limit=128)),
    )
    await record(hub, What.MIRROR, origin=origin)
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
        await record(hub, What.PULL, origin=row.origin)
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
    "token.list": list_tokens,
    "token.revoke": revoke_token,
    "user.set-password": set_password,
    "user.set-role": set_role,
    "user.list": list_people,
    "mirror.add": add_mirror,
    "mirror.sync": sync_mirrors,
    "mirror.status": mirror_status,
    "archive.export": write_archive,
    "archive.import": read_archive,
    "trust.list": list_domains,
    "origin.draft": draft_note,
    "origin.install": install_note,
    "origin.rotate": rotate_log_keys,
    "origin.move": move_origin,
    "origin.recover": recover_log,
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
