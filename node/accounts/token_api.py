"""One's own tokens over the API: list, create, revoke. Their types are the messages'."""

from __future__ import annotations

from http import HTTPMethod, HTTPStatus
from typing import Annotated

from aiohttp import web
from msgspec import Meta, Struct

from ...schemas.errors import Denied
from ..api.operation import Operation
from ..authority.audit import What
from .guard import caller_of
from .program_login import DAY
from .rights import OWN_ACCOUNT, Caller
from .scopes import MAX_SCOPES, Scopes
from .service import ACCOUNTS, AccountService
from .tokens import MAX_NAME_CHARS, TokenFacts


class Token(Struct, frozen=True):
    """A token, without its secret. Times are Unix seconds."""

    id: Annotated[str, Meta(description="Its name in this API; no secret.")]
    name: Annotated[str, Meta(description="What it is for.")]
    scopes: Annotated[tuple[str, ...], Meta(description="What it may be used for, of what its holder may do.")]
    created: Annotated[int, Meta(description="When it was made.")]
    expires: Annotated[int, Meta(description="Until when it is valid.")]
    used: Annotated[int | None, Meta(description="When it was used last, to ten minutes; null before the first use.")]


class TokenList(Struct, frozen=True):
    """One's own tokens that are valid."""

    tokens: Annotated[tuple[Token, ...], Meta(description="The newest first.")]


class TokenWanted(Struct, frozen=True):
    """A token to be made."""

    scopes: Annotated[
        tuple[Annotated[str, Meta(max_length=128)], ...],
        Meta(
            min_length=1,
            max_length=MAX_SCOPES,
            description="read, publish, publish:NAMESPACE, moderate, admin, account, comment.",
        ),
    ]
    name: Annotated[str, Meta(max_length=MAX_NAME_CHARS, description="What it is for.")] = ""
    days: Annotated[int, Meta(ge=1, le=1825, description="How long it is valid.")] = 90


class TokenMade(Struct, frozen=True):
    """A new token; its secret is told this once."""

    token: Annotated[str, Meta(description="The secret.")]
    facts: Annotated[Token, Meta(description="The token as lists show it.")]


class TokenNamed(Struct, frozen=True):
    """Which token is meant."""

    id: Annotated[str, Meta(pattern="^[0-9a-f]{16}$", description="Its id.")]


async def tokens(request: web.Request, _given: None) -> TokenList:
    """List one's own tokens.

    Those that have expired or were revoked are left out. The scope `account` is needed, which sessions have.
    """
    service, caller = request.app[ACCOUNTS], await caller_of(request)
    held = service.tokens.of(caller.identity)
    return TokenList(tuple(shown(item) for item in held if item.valid(service.clock())))


async def create_token(request: web.Request, wanted: TokenWanted) -> TokenMade:
    """Make a token for oneself.

    It may do no more than the credentials that make it, and ends no later than they do.
    """
    service, caller = request.app[ACCOUNTS], await caller_of(request)
    made = make_token(service, caller, Scopes.read(wanted.scopes), name=wanted.name, days=wanted.days)
    await record_token(request, made[1])
    return TokenMade(made[0], shown(made[1]))


async def revoke_token(request: web.Request, named: TokenNamed) -> Token:
    """Revoke one of one's own tokens.

    It is over at once.
    """
    service, caller = request.app[ACCOUNTS], await caller_of(request)
    who = caller.identity or ""
    revoked = service.tokens.revoke(named.id, now=service.clock(), identity=who)
    await service.record(request, What.TOKEN_REVOKED, who, token=named.id)
    return shown(revoked)


def make_token(
    service: AccountService, caller: Caller, scopes: Scopes, *, name: str, days: int
) -> tuple[str, TokenFacts]:
    """Make a token of the caller's that does no more than they may. Raises: Denied, BadInput, Conflict."""
    if not caller.scopes.cover(scopes) or scopes.beyond(caller.role):
        raise Denied("a token may do no more than those who make it", todo=f"You may: {', '.join(caller.scopes.words)}")
    now, life = service.clock(), days * DAY
    parent = [item for item in service.tokens.of(caller.identity) if item.id == caller.key]
    if parent:
        life = min(life, parent[0].expires - now)
    made = service.tokens.create(caller.identity or "", scopes, name=name, now=now, life=life)
    return made.text, made.facts


async def record_token(request: web.Request, made: TokenFacts) -> None:
    """Record that somebody has got a token, before they are told its secret. Raises: StorageFailed."""
    about = {"token": made.id, "name": made.name, "scopes": " ".join(made.scopes.words)}
    await request.app[ACCOUNTS].record(request, What.TOKEN, made.identity, **about)


def shown(token: TokenFacts) -> Token:
    """A token as the API shows it."""
    return Token(token.id, token.name, token.scopes.words, token.created, token.expires, token.used or None)


TOKEN_OPERATIONS = (
    Operation(
        method=HTTPMethod.GET,
        path="/api/v1/tokens",
        needs=OWN_ACCOUNT,
        handler=tokens,
        result=TokenList,
        private=True,
    ),
    Operation(
        method=HTTPMethod.POST,
        path="/api/v1/tokens",
        needs=OWN_ACCOUNT,
        handler=create_token,
        body=TokenWanted,
        result=TokenMade,
        status=HTTPStatus.CREATED,
        refusals=(HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT),
    ),
    Operation(
        method=HTTPMethod.DELETE,
        path="/api/v1/tokens/{id}",
        needs=OWN_ACCOUNT,
        handler=revoke_token,
        query=TokenNamed,
        result=Token,
        refusals=(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
    ),
)
