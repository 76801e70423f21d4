"""The API's operations about namespaces and quotas, for admins. What they do is in `quotas.py`."""

from __future__ import annotations

from http import HTTPMethod, HTTPStatus

from aiohttp import web

from ..accounts.rights import ADMINISTERING
from ..api.operation import Operation
from ..storage.quotas import Kind, Quota
from .quota_messages import (
    NamespaceNamed,
    NamespacesAnswer,
    NamespacesQuery,
    NamespaceUse,
    OwnedNamespaceFacts,
    QuotaAnswer,
    QuotaFacts,
    QuotaOf,
    QuotaWanted,
)
from .quotas import change_quota, find_namespace, list_namespaces, use_of

_QUOTA = "/api/v1/admin/quota"
_REFUSALS = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND)


async def namespaces(request: web.Request, query: NamespacesQuery) -> NamespacesAnswer:
    """List the namespaces that somebody has claimed.

    With their owners, and how many packages each has.
    """
    found = list_namespaces(request, after=query.after, limit=query.limit + 1)
    told = tuple(OwnedNamespaceFacts.of(item) for item in found[: query.limit])
    return NamespacesAnswer(told, told[-1].name if len(found) > query.limit else None)


async def namespace_use(request: web.Request, named: NamespaceNamed) -> NamespaceUse:
    """Tell what a namespace has, and what it may have.

    A blob counts once, however many packages share it; what is staged and not released yet does not count.
    """
    found = find_namespace(request, named.name)
    use = await use_of(request, Kind.NAMESPACE, found.name)
    return NamespaceUse(OwnedNamespaceFacts.of(found), use.bytes, QuotaFacts.of(use))


async def set_quota(request: web.Request, wanted: QuotaWanted) -> QuotaAnswer:
    """Set the quota of a namespace or a person.

    It replaces the default of the hub's settings for this one. What is there already stays, even beyond it.
    """
    await change_quota(request, Kind(wanted.kind), wanted.name, Quota(wanted.bytes, wanted.packages))
    return await _answer(request, wanted.kind, wanted.name)


async def clear_quota(request: web.Request, whose: QuotaOf) -> QuotaAnswer:
    """Let the default hold again for a namespace or a person.

    The quota that was set for it alone is gone; without one nothing changes.
    """
    await change_quota(request, Kind(whose.kind), whose.name, None)
    return await _answer(request, whose.kind, whose.name)


async def _answer(request: web.Request, kind: str, name: str) -> QuotaAnswer:
    use = await use_of(request, Kind(kind), name)
    return QuotaAnswer(kind, name, use.bytes, QuotaFacts.of(use))


QUOTA_OPERATIONS = (
    Operation(
        method=HTTPMethod.GET,
        path="/api/v1/admin/namespaces",
        needs=ADMINISTERING,
        handler=namespaces,
        query=NamespacesQuery,
        result=NamespacesAnswer,
        refusals=(HTTPStatus.BAD_REQUEST,),
        private=True,
    ),
    Operation(
        method=HTTPMethod.GET,
        path="/api/v1/admin/namespaces/{name}",
        needs=ADMINISTERING,
        handler=namespace_use,
        query=NamespaceNamed,
        result=NamespaceUse,
        refusals=_REFUSALS,
        private=True,
    ),
    Operation(
        method=HTTPMethod.PUT,
        path=_QUOTA,
        needs=ADMINISTERING,
        handler=set_quota,
        body=QuotaWanted,
        result=QuotaAnswer,
        refusals=_REFUSALS,
    ),
    Operation(
        method=HTTPMethod.DELETE,
        path=_QUOTA,
        needs=ADMINISTERING,
        handler=clear_quota,
        query=QuotaOf,
        result=QuotaAnswer,
        refusals=_REFUSALS,
    ),
)
