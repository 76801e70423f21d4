"""The hub's operations of the API: search, who is calling, announcements of mirrors. Their types are the messages'."""

from __future__ import annotations

import asyncio
from http import HTTPMethod, HTTPStatus
from typing import Annotated

from aiohttp import web
from msgspec import Meta, Struct

from ..accounts.guard import caller_of
from ..accounts.rights import READING
from ..accounts.token_api import TOKEN_OPERATIONS
from ..admin.event_operations import EVENT_OPERATIONS
from ..admin.mirror_operations import MIRROR_OPERATIONS
from ..admin.people_operations import PEOPLE_OPERATIONS
from ..admin.quota_operations import QUOTA_OPERATIONS
from ..api.operation import Operation
from .comment_operations import COMMENT_OPERATIONS
from .federation import gather
from .federation_messages import FederationAnswer
from .order_operations import ORDER_OPERATIONS
from .package_operations import PACKAGE_OPERATIONS
from .search_messages import SearchAnswer, SearchQuery
from .services import HUB


class Caller(Struct, frozen=True):
    """Whom the credentials of a request stand for."""

    identity: Annotated[str | None, Meta(description="An e-mail address or URI; null without credentials.")]
    role: Annotated[str, Meta(description="What its holder may do: none, reader, publisher, maintainer or admin.")]
    scopes: Annotated[
        tuple[str, ...], Meta(description="What the credentials may be used for, of what the role allows.")
    ]


class Announcement(Struct, frozen=True):
    """What a mirror says of itself."""

    url: Annotated[str, Meta(min_length=1, max_length=1024, description="Where it is: https, without a query.")]


class AnnouncedMirror(Struct, frozen=True):
    """A mirror that is listed now."""

    url: Annotated[str, Meta(description="Where it is.")]
    size: Annotated[int, Meta(description="The size of the log that it showed.")]


async def search(request: web.Request, query: SearchQuery) -> SearchAnswer:
    """Find packages by words and facts.

    Of this hub's log and of those that it mirrors. Words are found in names, descriptions and keywords, English ones by
    their beginnings and Chinese ones by any part. Facets count what was found on all pages.
    """
    return SearchAnswer.of(await asyncio.to_thread(request.app[HUB].catalogue.search, query.question()))


async def whoami(request: web.Request, _given: None) -> Caller:
    """Tell whom the credentials stand for.

    Without credentials: nobody, who may read.
    """
    caller = await caller_of(request)
    return Caller(caller.identity, caller.role.word, caller.scopes.words)


async def federation(request: web.Request, _given: None) -> FederationAnswer:
    """Tell how this hub stands among others.

    Its newest checkpoint and who signed it, its mirrors and how far they are behind, the origins that it mirrors, and
    the evidence that it keeps.
    """
    return FederationAnswer.of(await gather(request.app[HUB]))


async def announce(request: web.Request, announcement: Announcement) -> AnnouncedMirror:
    """Make a mirror of this hub known.

    The hub reads the mirror's checkpoint before it lists the mirror, in `/.well-known/ebpfhub.json`, for clients. It
    forgets mirrors that do not announce themselves again.
    """
    hub = request.app[HUB]
    made = await hub.announced.announce(announcement.url, remote=request.remote or "", now=hub.clock())
    return AnnouncedMirror(made.url, made.size)


OPERATIONS = (
    *TOKEN_OPERATIONS,
    Operation(
        method=HTTPMethod.GET,
        path="/api/v1/search",
        needs=READING,
        handler=search,
        query=SearchQuery,
        result=SearchAnswer,
        refusals=(HTTPStatus.BAD_REQUEST,),
    ),
    *PACKAGE_OPERATIONS,
    *COMMENT_OPERATIONS,
    *ORDER_OPERATIONS,
    Operation(
        method=HTTPMethod.GET,
        path="/api/v1/whoami",
        needs=READING,
        handler=whoami,
        result=Caller,
        private=True,
    ),
    Operation(
        method=HTTPMethod.GET,
        path="/api/v1/federation",
        handler=federation,
        needs=READING,
        result=FederationAnswer,
    ),
    Operation(
        method=HTTPMethod.POST,
        path="/api/v1/mirrors",
        needs=READING,
        handler=announce,
        body=Announcement,
        result=AnnouncedMirror,
        status=HTTPStatus.CREATED,
        refusals=(HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.BAD_GATEWAY),
    ),
    *EVENT_OPERATIONS,
    *PEOPLE_OPERATIONS,
    *QUOTA_OPERATIONS,
    *MIRROR_OPERATIONS,
)
