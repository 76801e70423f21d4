"""The API's operations that tell what happened on a hub and how it stands: the audit log, and a few counts."""

from __future__ import annotations

import asyncio
from http import HTTPMethod, HTTPStatus
from typing import Annotated, Any

from aiohttp import web
from msgspec import Meta, Struct

from ...schemas.identity import MAX_IDENTITY_CHARS
from ..accounts.rights import MODERATING
from ..api.operation import Operation
from ..authority.audit import What
from ..authority.audit_reader import Filter, newest_events
from .overview import Overview, look_over
from .service import ADMIN

MAX_ANSWERED = 100  # events of one answer, besides those of the last one's time
_OWN = ("time", "what", "result", "who", "issuer", "address", "request", "reason")


class RoleCount(Struct, frozen=True):
    """How many people have a role."""

    role: Annotated[str, Meta(description="none, reader, publisher, maintainer or admin.")]
    people: Annotated[int, Meta(description="How many.")]


class OverviewAnswer(Struct, frozen=True):
    """How the hub stands, in counts."""

    people: Annotated[tuple[RoleCount, ...], Meta(description="Everybody whom the hub knows, by role.")]
    packages: Annotated[int, Meta(description="Packages of all origins that it lists.")]
    size: Annotated[int, Meta(description="Entries in its own log.")]
    mirrored: Annotated[int, Meta(description="Origins that it mirrors.")]
    troubled: Annotated[int, Meta(description="Those of them that are not up to date.")]
    evidence: Annotated[int, Meta(description="Proofs that it keeps against origins.")]
    reported: Annotated[int, Meta(description="Comments with reports that wait for a maintainer.")]

    @classmethod
    def of(cls, found: Overview) -> OverviewAnswer:
        """The message about the counts."""
        people = tuple(RoleCount(role.word, count) for role, count in sorted(found.people.items()))
        return cls(
            *(people, found.packages, found.size, found.mirrored, found.troubled, found.evidence, found.reported)
        )


class EventsQuery(Struct, frozen=True):
    """Which events are asked for, and which part of them."""

    who: Annotated[
        str, Meta(max_length=MAX_IDENTITY_CHARS, description="Only of this identity: what it did, or what befell it.")
    ] = ""
    what: Annotated[What | None, Meta(description="Only of this kind.")] = None
    refused: Annotated[bool, Meta(description="Only what was refused.")] = False
    before: Annotated[str, Meta(max_length=40, description="Where to go on: `next` of the answer before.")] = ""
    limit: Annotated[int, Meta(ge=1, le=MAX_ANSWERED, description="How many events, and more of the last's time.")] = 50


class Event(Struct, frozen=True):
    """What was given, done or refused."""

    time: Annotated[str, Meta(description="When, to a millisecond (RFC 3339, UTC).")]
    what: Annotated[str, Meta(description="Of which kind: sign-in, certificate, token, role …")]
    result: Annotated[str, Meta(description="given or refused.")]
    who: Annotated[str, Meta(description="Who did it, as far as that was proven.")]
    issuer: Annotated[str, Meta(description="Who vouched for them.")]
    address: Annotated[str, Meta(description="Where it came from.")]
    request: Annotated[str, Meta(description="The request's number.")]
    reason: Annotated[str, Meta(description="Why it was refused.")]
    about: Annotated[
        dict[str, str],
        Meta(description="What depends on the kind; `whom`: whose account it was, `by`: a command of the operator."),
    ]

    @classmethod
    def of(cls, event: dict[str, Any]) -> Event:
        """The message about a line of the audit log."""
        told = {name: str(value) for name, value in event.items()}
        about = {name: text for name, text in told.items() if name not in _OWN}
        return cls(**{name: told.get(name, "") for name in _OWN}, about=about)


class EventsAnswer(Struct, frozen=True):
    """A page of the audit log."""

    results: Annotated[tuple[Event, ...], Meta(description="The newest first.")]
    next: Annotated[str | None, Meta(description="What the next page comes `before`; null on the last.")]


async def overview(request: web.Request, _given: None) -> OverviewAnswer:
    """Tell how the hub stands, in a few counts.

    People, packages, mirrored origins, evidence against them, and comments that wait for a maintainer.
    """
    return OverviewAnswer.of(await look_over(request))


async def events(request: web.Request, query: EventsQuery) -> EventsAnswer:
    """List what happened, of the audit log.

    What the hub gave out and refused, and who changed what: on its pages, over the API, or by a command on its machine.
    """
    wanted = Filter("", query.who, query.refused, query.what.value if query.what else "")
    found = await asyncio.to_thread(
        newest_events, request.app[ADMIN].audit, wanted, before=query.before, limit=query.limit
    )
    told = tuple(Event.of(item) for item in found)
    return EventsAnswer(told, told[-1].time if len(told) >= query.limit else None)


EVENT_OPERATIONS = (
    Operation(
        method=HTTPMethod.GET,
        path="/api/v1/admin/overview",
        needs=MODERATING,
        handler=overview,
        result=OverviewAnswer,
        private=True,
    ),
    Operation(
        method=HTTPMethod.GET,
        path="/api/v1/admin/events",
        needs=MODERATING,
        handler=events,
        query=EventsQuery,
        result=EventsAnswer,
        refusals=(HTTPStatus.BAD_REQUEST,),
        private=True,
    ),
)
