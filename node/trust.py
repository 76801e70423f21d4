"""Operations on a hub's trust domains: whose signatures it takes.

A new origin note is drafted, signed with the offline key by whoever has it, and installed when every release that was
logged still verifies by it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from ..schemas.digest import Digest
from ..schemas.entry import Release
from ..schemas.errors import BadInput, Conflict, HubError, NotTrusted
from ..schemas.fields import Fields
from ..schemas.identity import check_domain
from ..schemas.oci import Manifest
from ..signing.material import MAX_BUNDLE_BYTES
from ..signing.notes import MAX_NOTE_BYTES
from ..signing.public_good import PUBLIC, public_root
from ..signing.rekor_keys import HUB_DOMAIN
from ..signing.roots import MAX_ROOT_BYTES, TrustDomain
from ..signing.verify import verify_signature
from .authority.audit import Record, What
from .opened import OpenedHub
from .origin_operations import change_note, check_reach


async def draft_note(hub: OpenedHub, fields: Fields) -> dict[str, Any]:
    """Write the body of the next origin note, with one trust domain added, changed or removed."""
    name = check_domain(fields.text("name", limit=32))
    if name == HUB_DOMAIN:
        raise BadInput("is the hub's own authority", where=name, todo="It is there as long as the hub is.")
    root = fields.text("root", limit=MAX_ROOT_BYTES, default="").encode()
    if name == PUBLIC and root and root != public_root():
        raise BadInput(
            "`public` is the public-good Sigstore and nothing else",
            where=name,
            todo="Its root comes with the installed sigstore library; give another Sigstore another name.",
        )
    body = await asyncio.to_thread(hub.own.draft, changes={name: root or None})
    return {"body": body, "serial": hub.own.note.serial + 1}


async def install_note(hub: OpenedHub, fields: Fields) -> dict[str, Any]:
    """Serve a newer origin note, if everything that was released verifies by it too."""
    text = fields.text("note", limit=MAX_NOTE_BYTES)
    note, domains = hub.own.read_next(text, hub.log_keys.waiting())
    check_reach(hub, note)
    if hub.authority is not None and HUB_DOMAIN not in domains:
        raise Conflict("it does not name the hub's own authority", where="origin note")
    _check_own_root(hub, domains)
    checked = hub.ledger.size
    await asyncio.to_thread(_check_releases, hub, domains)
    async with hub.ledger.paused():  # and what was released meanwhile
        await asyncio.to_thread(_check_releases, hub, domains, since=checked)
        await change_note(hub, text, note)
    await _rotate(hub)
    return {"serial": note.serial, "domains": {name: str(digest) for name, digest in note.domains}}


async def list_domains(hub: OpenedHub, _fields: Fields) -> dict[str, Any]:
    """Every trust domain of the origin note, with its root's digest and how many releases stand on it."""
    counts: dict[str, int] = {}
    for _, entry in hub.ledger.entries():
        if isinstance(entry, Release):
            counts[entry.identity.domain] = counts.get(entry.identity.domain, 0) + 1
    domains = [
        {"name": name, "root": str(digest), "releases": counts.get(name, 0)} for name, digest in hub.own.note.domains
    ]
    return {"serial": hub.own.note.serial, "domains": domains}


def _check_own_root(hub: OpenedHub, domains: dict[str, TrustDomain]) -> None:
    """Demand that the keys of the root that a new note names for this hub's authority are here. Raises: Conflict."""
    named = domains[HUB_DOMAIN].digest if hub.authority else None
    if hub.authority is None or named is None or named == hub.own.root_of(HUB_DOMAIN):
        return
    found = hub.authority.waiting()
    if found is None or found[0] != named:
        raise Conflict(
            f"it names the root {named} for the hub's own authority, whose keys do not wait here",
            where="origin note",
            todo="Was `ebpfhub authority rotate` called again since? Then sign and install its newest draft.",
        )


async def _rotate(hub: OpenedHub) -> None:
    """Let the keys serve whose root the note names now."""
    if hub.authority is None or hub.rekor is None:
        return
    before, named = hub.authority.keys, hub.own.root_of(HUB_DOMAIN)
    keys = await asyncio.to_thread(hub.authority.adopt, named)
    if keys.log.verifier != before.log.verifier:
        await hub.rekor.use(keys.log)
    if keys.starts != before.starts:
        await hub.audit.given(Record(What.ROTATION, "", about={"root": str(named)}))


def _check_releases(hub: OpenedHub, domains: dict[str, TrustDomain], *, since: int = 0) -> None:
    """Demand that every logged release verifies in the domains that a new note names. Raises: Conflict."""
    held = hub.own.domains
    for _, entry in hub.ledger.entries(since):
        if not isinstance(entry, Release):
            continue
        name, what = entry.identity.domain, f"{entry.package}:{entry.version}"
        if name not in domains:
            raise Conflict(
                f"{what} was signed in the trust domain {name}, which the new note does not name", where="origin note"
            )
        if name in held and domains[name].digest == held[name].digest:
            continue
        try:
            verify_signature(entry, [_bundle(hub, digest) for digest in entry.referrers], domains[name])
        except NotTrusted as error:
            raise Conflict(
                f"{what} does not verify by the new root of {name}: {error.what}",
                where="origin note",
                todo="A root must keep the keys that signed before, with their windows of validity.",
            ) from error
        except HubError:
            continue  # its bundle was taken down or is damaged: `ebpfhub fsck` tells


def _bundle(hub: OpenedHub, referrer: Digest) -> bytes:
    manifest = Manifest.parse(hub.store.read(referrer, limit=MAX_BUNDLE_BYTES))
    return hub.store.read(manifest.layers[0].digest, limit=MAX_BUNDLE_BYTES)
