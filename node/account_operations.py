"""What `ebpfhub token` and `ebpfhub user` do to an opened hub: tokens, people and their roles."""

from __future__ import annotations

from typing import Any

from ..schemas.errors import BadInput, Conflict
from ..schemas.fields import Fields
from ..schemas.identity import Identity
from ..schemas.reference import DEFAULT_NAMESPACE
from ..signing.rekor_keys import HUB_DOMAIN
from .accounts.roles import Role
from .accounts.scopes import MAX_SCOPES, Scopes
from .accounts.tokens import DEFAULT_LIFE, MAX_LIFE, MIN_LIFE, TokenFacts, check_identity
from .authority.audit import What
from .opened import OpenedHub, clock
from .recorded import record

MAX_SCOPE_CHARS = 128


async def create_token(hub: OpenedHub, fields: Fields) -> dict[str, Any]:
    """Make a token; its holder gets the role that is named, unless they have a higher one. Admins claim `library`."""
    identity = check_identity(fields.text("identity", limit=512))
    role = Role.read(fields.text("role", limit=16))
    if role is Role.NONE:
        raise BadInput("a token needs a role", where="role")
    words = fields.texts("scopes", count=MAX_SCOPES, limit=MAX_SCOPE_CHARS, default=[])
    scopes = Scopes.read(words) if words else Scopes.of_role(role)
    if beyond := scopes.beyond(role):
        raise BadInput(f"the role {role.word} does not give {beyond}", where="scope", todo="Name a higher --role.")
    life = fields.integer("life", low=MIN_LIFE, high=MAX_LIFE, default=DEFAULT_LIFE)
    held = hub.people.raise_to(identity, role)
    made = hub.tokens.create(identity, scopes, name=fields.text("name", limit=80, default=""), now=clock(), life=life)
    await record(hub, What.TOKEN, whom=identity, token=made.facts.id, scopes=" ".join(scopes.words), role=held.word)
    claim = await _claim_library(hub, identity) if held is Role.ADMIN else None
    return _shown(made.facts) | {"token": made.text, "role": held.word, "claim": claim}


async def list_tokens(hub: OpenedHub, fields: Fields) -> dict[str, Any]:
    """All tokens, or somebody's; those that are over too when `all` is set."""
    found = hub.tokens.of(fields.text("identity", limit=512, default="") or None)
    past, now = fields.boolean("all", default=False), clock()
    return {"tokens": [_shown(item) for item in found if past or item.valid(now)], "now": now}


async def revoke_token(hub: OpenedHub, fields: Fields) -> dict[str, Any]:
    """End a token at once."""
    revoked = hub.tokens.revoke(fields.text("id", limit=64), now=clock())
    await record(hub, What.TOKEN_REVOKED, whom=revoked.identity, token=revoked.id)
    return _shown(revoked)


async def set_password(hub: OpenedHub, fields: Fields) -> dict[str, Any]:
    """Make a local user of the embedded authority, or give one a new password, which ends their sessions."""
    identity = check_identity(fields.text("identity", limit=512))
    hub.users.set_password(identity, fields.text("password", limit=1024))
    hub.sessions.end_others(identity, but="")
    if fields.has("role"):
        hub.people.set_role(identity, Role.read(fields.text("role", limit=16)))
    await record(hub, What.PASSWORD, whom=identity)
    return {"identity": identity}


async def set_role(hub: OpenedHub, fields: Fields) -> dict[str, Any]:
    """Give somebody another role; with `none` all their tokens and sessions are over."""
    identity, role = fields.text("identity", limit=512), Role.read(fields.text("role", limit=16))
    hub.people.set_role(identity, role)
    await record(hub, What.ROLE, whom=identity, role=role.word)
    return {"identity": identity, "role": role.word}


async def list_people(hub: OpenedHub, _fields: Fields) -> dict[str, Any]:
    """Everybody whom the hub knows."""
    people = hub.people.all()
    return {
        "people": [
            {"identity": it.identity, "role": it.role.word, "issuer": it.issuer, "created": it.created} for it in people
        ]
    }


def _shown(token: TokenFacts) -> dict[str, Any]:
    """A token without its secret. Times are Unix seconds; null for what has not been."""
    return {
        "id": token.id,
        "identity": token.identity,
        "name": token.name,
        "scopes": list(token.scopes.words),
        "created": token.created,
        "expires": token.expires,
        "used": token.used or None,
        "revoked": token.revoked or None,
    }


async def _claim_library(hub: OpenedHub, identity: str) -> int | None:
    if hub.authority is None or DEFAULT_NAMESPACE in hub.ledger.replay.claims:
        return None
    try:
        made = await hub.releases.claim(DEFAULT_NAMESPACE, Identity(HUB_DOMAIN, hub.authority.keys.issuer, identity))
    except Conflict:
        return None  # another admin was quicker
    await record(hub, What.CLAIM, namespace=DEFAULT_NAMESPACE, entry=str(made))
    return made
