"""What admins see of people and do to them: roles, sessions, tokens. Acts are recorded; who may is not judged here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from ...schemas.errors import Conflict, NotFound
from ..accounts.guard import caller_of
from ..accounts.people import Person
from ..accounts.roles import Role
from ..accounts.service import ACCOUNTS
from ..accounts.sessions import Session
from ..accounts.tokens import TokenFacts
from ..authority.audit import What
from ..storage.quotas import Kind
from .quotas import Use, use_of


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Somebody with what is theirs: tokens and sessions that are not over, namespaces, and what they have pushed."""

    person: Person
    tokens: Sequence[TokenFacts]
    sessions: Sequence[Session]
    namespaces: Sequence[str]
    use: Use


def find_person(request: web.Request, identity: str) -> Person:
    """Somebody whom the hub knows. Raises: NotFound."""
    found = request.app[ACCOUNTS].people.find(identity)
    if found is None:
        raise NotFound("nobody here has this identity")
    return found


async def look_at(request: web.Request, identity: str) -> KnownPerson:
    """Somebody with what is theirs. Raises: NotFound, StorageFailed."""
    service, person = request.app[ACCOUNTS], find_person(request, identity)
    now = service.clock()
    return KnownPerson(
        person,
        [item for item in service.tokens.of(identity) if item.valid(now)],
        service.sessions.of(identity, now=now),
        service.namespaces(identity),
        await use_of(request, Kind.PERSON, identity),
    )


async def change_role(request: web.Request, identity: str, role: Role) -> Person:
    """Give somebody another role; with none the account is closed: every session and token is over, for good.

    Nobody changes their own, lest no admin is left. Raises: NotFound, Conflict, StorageFailed.
    """
    service, caller, person = request.app[ACCOUNTS], await caller_of(request), find_person(request, identity)
    if identity == caller.identity:
        raise Conflict(
            "nobody changes their own role", todo="Ask another admin, or use `ebpfhub user role` on the hub's machine."
        )
    service.people.set_role(identity, role)
    if role is Role.NONE:
        service.sessions.end_others(identity, but="")
        service.tokens.revoke_all(identity, now=service.clock())
    about = {"whom": identity, "role": role.word, "before": person.role.word}
    await service.record(request, What.ROLE, caller.identity or "", **about)
    return find_person(request, identity)


async def end_sessions(request: web.Request, identity: str) -> int:
    """End all of somebody's sessions but the one that asks; tells how many. Raises: NotFound, StorageFailed."""
    service, caller, person = request.app[ACCOUNTS], await caller_of(request), find_person(request, identity)
    ended = service.sessions.end_others(person.identity, but=caller.key)
    await service.record(request, What.SESSIONS_ENDED, caller.identity or "", whom=identity, sessions=str(ended))
    return ended


async def revoke_token(request: web.Request, identity: str, id: str) -> TokenFacts:
    """Revoke one of somebody's tokens. Raises: NotFound, StorageFailed."""
    service, person = request.app[ACCOUNTS], find_person(request, identity)
    revoked = service.tokens.revoke(id, now=service.clock(), identity=person.identity)
    await _record_revoked(request, identity, id)
    return revoked


async def revoke_tokens(request: web.Request, identity: str) -> int:
    """Revoke all of somebody's tokens; tells how many. Raises: NotFound, StorageFailed."""
    service, person = request.app[ACCOUNTS], find_person(request, identity)
    revoked = service.tokens.revoke_all(person.identity, now=service.clock())
    await _record_revoked(request, identity, "all")
    return revoked


async def _record_revoked(request: web.Request, identity: str, token: str) -> None:
    who = (await caller_of(request)).identity or ""
    await request.app[ACCOUNTS].record(request, What.TOKEN_REVOKED, who, whom=identity, token=token)
