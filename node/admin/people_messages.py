"""What admins ask about people over HTTP, and what the API answers: types of operations, no rules."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ...schemas.identity import MAX_IDENTITY_CHARS
from ..accounts.people import Person
from ..accounts.sessions import Session
from ..accounts.token_api import Token, shown
from .people import KnownPerson
from .quota_messages import QuotaFacts

MAX_ANSWERED = 100  # people of one answer
MAX_NAMESPACES = 1000  # of one person that are told
_Identity = Annotated[
    str, Meta(min_length=1, max_length=MAX_IDENTITY_CHARS, description="An e-mail address or URI, compared exactly.")
]


class PeopleQuery(Struct, frozen=True):
    """Which people are asked for, and which part of them."""

    q: Annotated[str, Meta(max_length=MAX_IDENTITY_CHARS, description="What the identity holds, in either case.")] = ""
    after: Annotated[
        str, Meta(max_length=MAX_IDENTITY_CHARS, description="Where to go on: `next` of the answer before.")
    ] = ""
    limit: Annotated[int, Meta(ge=1, le=MAX_ANSWERED, description="How many people to answer.")] = 50


class PersonNamed(Struct, frozen=True):
    """Who is meant."""

    identity: _Identity


class PersonToken(Struct, frozen=True):
    """Which token of whom is meant."""

    id: Annotated[str, Meta(pattern="^[0-9a-f]{16}$", description="The token's id.")]
    identity: _Identity


class RoleWanted(Struct, frozen=True):
    """Which role somebody is to have."""

    identity: _Identity
    role: Annotated[
        Literal["reader", "publisher", "maintainer", "admin"],
        Meta(description="What they may do from now on. It opens an account that was closed."),
    ]


class PersonFacts(Struct, frozen=True):
    """Somebody whom the hub knows."""

    identity: Annotated[str, Meta(description="An e-mail address or URI.")]
    issuer: Annotated[str, Meta(description="The provider that they sign in at; empty for the hub's own users.")]
    role: Annotated[str, Meta(description="none, reader, publisher, maintainer or admin; none: closed.")]
    created: Annotated[int, Meta(description="Since when the hub knows them, in Unix seconds.")]

    @classmethod
    def of(cls, person: Person) -> PersonFacts:
        """The message about somebody."""
        return cls(person.identity, person.issuer, person.role.word, person.created)


class PeopleAnswer(Struct, frozen=True):
    """A page of people."""

    results: Annotated[tuple[PersonFacts, ...], Meta(description="By identity.")]
    next: Annotated[str | None, Meta(description="What the next page comes `after`; null on the last.")]


class SessionFacts(Struct, frozen=True):
    """A browser in which somebody is signed in. Times are Unix seconds."""

    id: Annotated[str, Meta(description="Its name; no secret.")]
    created: Annotated[int, Meta(description="When they signed in.")]
    used: Annotated[int, Meta(description="When it sent something last, to a minute.")]
    agent: Annotated[str, Meta(description="What the browser called itself.")]
    address: Annotated[str, Meta(description="Where they signed in from.")]

    @classmethod
    def of(cls, session: Session) -> SessionFacts:
        """The message about a session."""
        return cls(session.id, session.created, session.used, session.agent, session.address)


class PersonAnswer(Struct, frozen=True):
    """Somebody with what is theirs."""

    person: Annotated[PersonFacts, Meta(description="Who.")]
    tokens: Annotated[tuple[Token, ...], Meta(description="Their valid tokens, the newest first.")]
    sessions: Annotated[tuple[SessionFacts, ...], Meta(description="Browsers in which they are signed in.")]
    namespaces: Annotated[
        tuple[str, ...], Meta(description=f"Namespaces that they own: the first {MAX_NAMESPACES}, by name.")
    ]
    used: Annotated[int, Meta(description="Bytes that they have pushed and that are there.")]
    quota: Annotated[QuotaFacts, Meta(description="What they may have at most.")]

    @classmethod
    def of(cls, known: KnownPerson) -> PersonAnswer:
        """The message about somebody with what is theirs."""
        return cls(
            PersonFacts.of(known.person),
            tuple(shown(token) for token in known.tokens),
            tuple(SessionFacts.of(session) for session in known.sessions),
            tuple(known.namespaces[:MAX_NAMESPACES]),
            known.use.bytes,
            QuotaFacts.of(known.use),
        )


class Ended(Struct, frozen=True):
    """What is over now."""

    identity: Annotated[str, Meta(description="Whose it was.")]
    count: Annotated[int, Meta(description="How many sessions or tokens were ended.")]
