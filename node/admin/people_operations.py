"""The API's operations about people, for admins. Their types are the messages', what they do is in `people.py`."""

from __future__ import annotations

from http import HTTPMethod, HTTPStatus

from aiohttp import web

from ..accounts.rights import ADMINISTERING
from ..accounts.roles import Role
from ..accounts.service import ACCOUNTS
from ..accounts.token_api import Token, shown
from ..api.operation import Operation
from . import people as acts
from .people_messages import (
    Ended,
    PeopleAnswer,
    PeopleQuery,
    PersonAnswer,
    PersonFacts,
    PersonNamed,
    PersonToken,
    RoleWanted,
)

_ONE = "/api/v1/admin/person"
_REFUSALS = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND)
_ROLE_REFUSALS = (*_REFUSALS, HTTPStatus.CONFLICT)


async def people(request: web.Request, query: PeopleQuery) -> PeopleAnswer:
    """List everybody whom the hub knows.

    Or those whose identity holds some text; accounts that were closed too.
    """
    found = request.app[ACCOUNTS].people.page(query.q.strip(), after=query.after, limit=query.limit + 1)
    told = tuple(PersonFacts.of(person) for person in found[: query.limit])
    return PeopleAnswer(told, told[-1].identity if len(found) > query.limit else None)


async def person(request: web.Request, named: PersonNamed) -> PersonAnswer:
    """Tell about somebody.

    Their role, valid tokens without secrets, sessions, namespaces, and how much of their quota is used.
    """
    return PersonAnswer.of(await acts.look_at(request, named.identity))


async def set_role(request: web.Request, wanted: RoleWanted) -> PersonFacts:
    """Give somebody another role.

    It holds at once, for their tokens and sessions too. Nobody changes their own.
    """
    return PersonFacts.of(await acts.change_role(request, wanted.identity, Role.read(wanted.role)))


async def close_account(request: web.Request, named: PersonNamed) -> PersonFacts:
    """Close somebody's account.

    They have no role any more, and all their sessions and tokens are over for good; what they have released stays in
    the log. Giving them a role opens the account again. Nobody closes their own.
    """
    return PersonFacts.of(await acts.change_role(request, named.identity, Role.NONE))


async def end_sessions(request: web.Request, named: PersonNamed) -> Ended:
    """End all sessions of somebody.

    But for the one that asks, if it is one's own.
    """
    return Ended(named.identity, await acts.end_sessions(request, named.identity))


async def revoke_person_token(request: web.Request, named: PersonToken) -> Token:
    """Revoke one of somebody's tokens.

    It is over at once.
    """
    return shown(await acts.revoke_token(request, named.identity, named.id))


async def revoke_person_tokens(request: web.Request, named: PersonNamed) -> Ended:
    """Revoke all tokens of somebody.

    They are over at once: that too with which this is asked, if it is one's own.
    """
    return Ended(named.identity, await acts.revoke_tokens(request, named.identity))


PEOPLE_OPERATIONS = (
    Operation(
        method=HTTPMethod.GET,
        path="/api/v1/admin/people",
        needs=ADMINISTERING,
        handler=people,
        query=PeopleQuery,
        result=PeopleAnswer,
        refusals=(HTTPStatus.BAD_REQUEST,),
        private=True,
    ),
    Operation(
        method=HTTPMethod.GET,
        path=_ONE,
        needs=ADMINISTERING,
        handler=person,
        query=PersonNamed,
        result=PersonAnswer,
        refusals=_REFUSALS,
        private=True,
    ),
    Operation(
        method=HTTPMethod.PUT,
        path=f"{_ONE}/role",
        needs=ADMINISTERING,
        handler=set_role,
        body=RoleWanted,
        result=PersonFacts,
        refusals=_ROLE_REFUSALS,
    ),
    Operation(
        method=HTTPMethod.POST,
        path=f"{_ONE}/close",
        needs=ADMINISTERING,
        handler=close_account,
        body=PersonNamed,
        result=PersonFacts,
        refusals=_ROLE_REFUSALS,
    ),
    Operation(
        method=HTTPMethod.DELETE,
        path=f"{_ONE}/sessions",
        needs=ADMINISTERING,
        handler=end_sessions,
        query=PersonNamed,
        result=Ended,
        refusals=_REFUSALS,
    ),
    Operation(
        method=HTTPMethod.DELETE,
        path=f"{_ONE}/tokens",
        needs=ADMINISTERING,
        handler=revoke_person_tokens,
        query=PersonNamed,
        result=Ended,
        refusals=_REFUSALS,
    ),
    Operation(
        method=HTTPMethod.DELETE,
        path=f"{_ONE}/tokens/{{id}}",
        needs=ADMINISTERING,
        handler=revoke_person_token,
        query=PersonToken,
        result=Token,
        refusals=_REFUSALS,
    ),
)
