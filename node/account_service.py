"""How a hub's parts become its accounts: who may sign in where, and what they own."""

from __future__ import annotations

from ..schemas.identity import Identity, Owner
from .accounts.browsers import Browsers
from .accounts.roles import Role
from .accounts.service import AccountService
from .accounts.ways import OutsideWay, Way
from .authority.own_way import OwnWay
from .authority.service import AuthorityService
from .opened import OpenedHub, clock


def account_service(opened: OpenedHub, browsers: Browsers, authority: AuthorityService | None) -> AccountService:
    """The accounts of an opened hub; its own users sign in where it has an authority."""
    settings = opened.settings
    callback = f"{settings.public_url}/login/callback"
    outside: list[Way] = [OutsideWay(item, callback) for item in settings.login_providers]
    own: list[Way] = [OwnWay(authority)] if authority is not None else []
    usual = Role.NONE if settings.closed else Role.READER
    return AccountService(
        *(settings.public_url, opened.people, opened.tokens, opened.sessions, browsers, (*own, *outside)),
        Role.read(settings.newcomers) if settings.newcomers else usual,
        lambda identity: _namespaces(opened, identity),
        lambda namespace: _owners(opened, namespace),
        clock,
        opened.audit,
    )


def _namespaces(opened: OpenedHub, identity: str) -> list[str]:
    """The namespaces that somebody owns, by the word of the provider that vouches for them."""
    person = opened.people.find(identity)
    own = opened.authority.keys.issuer if opened.authority is not None else ""
    issuer = (person.issuer if person else "") or own
    if not issuer:
        return []
    claims = opened.ledger.replay.claims
    return sorted(
        name
        for name, (_, claim) in claims.items()
        if any(owner.matches(Identity(owner.domain, issuer, identity)) for owner in claim.owners)
    )


def _owners(opened: OpenedHub, namespace: str) -> tuple[Owner, ...]:
    held = opened.ledger.replay.claims.get(namespace)
    return held[1].owners if held else ()
