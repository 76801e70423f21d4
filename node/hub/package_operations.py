"""The API's operations about one package: what it is, its versions, what changed between two of them."""

from __future__ import annotations

from http import HTTPMethod, HTTPStatus

from aiohttp import web

from ...schemas.errors import NotFound
from ..accounts.rights import READING
from ..api.operation import Operation
from .catalogue import PackageKey
from .package_messages import (
    ChangesAnswer,
    ChangesQuery,
    PackageAnswer,
    PackageQuery,
    RecordedOutput,
    VersionsAnswer,
    VersionsQuery,
)
from .packages import LoggedPackage
from .services import HUB, Hub

_PATH = "/api/v1/packages/{namespace}/{name}"
_REFUSALS = (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)


async def package(request: web.Request, query: PackageQuery) -> PackageAnswer:
    """Tell about one package.

    As the origin's log has it, and what the chosen version's files tell: permissions with what shows them, attach
    points, options, columns of its output, maps, files and sizes, what it needs of a kernel.
    """
    hub = request.app[HUB]
    logged = await _find(hub, query.origin, query.namespace, query.name, query.version)
    found = await hub.packages.listed(PackageKey(logged.origin, logged.namespace, logged.name))
    told = await hub.changes.told(logged.release)
    example = RecordedOutput.of(told.example, same_code=told.is_example_own) if told.example else None
    return PackageAnswer.of(logged, found, told.traits, example)


async def versions(request: web.Request, query: VersionsQuery) -> VersionsAnswer:
    """List the versions of a package.

    The highest first, with who released each, and whether it was withdrawn.
    """
    found = await request.app[HUB].packages.versions(
        query.origin, query.namespace, query.name, offset=query.cursor, limit=query.limit + 1
    )
    if found is None:
        raise NotFound("there is no such package")
    return VersionsAnswer.of(found, query)


async def changes(request: web.Request, query: ChangesQuery) -> ChangesAnswer:
    """Tell what changed between two versions of a package.

    Permissions gained and lost come first. Everything is read out of both versions' files and log entries; nothing is
    the publisher's word.
    """
    hub = request.app[HUB]
    new = await _find(hub, query.origin, query.namespace, query.name, query.new)
    if not (query.old or new.previous):
        raise NotFound(f"{new.chosen.version} is the first version: nothing is before it")
    old = await _find(hub, query.origin, query.namespace, query.name, query.old or new.previous)
    return ChangesAnswer.of(old.chosen, new.chosen, await hub.changes.between(old.release, new.release))


async def _find(hub: Hub, origin: str, namespace: str, name: str, version: str) -> LoggedPackage:
    found = await hub.packages.find(origin, namespace, name, version)
    if found is None:
        raise NotFound("there is no such package or version")
    return found


PACKAGE_OPERATIONS = (
    Operation(
        method=HTTPMethod.GET,
        path=_PATH,
        handler=package,
        needs=READING,
        query=PackageQuery,
        result=PackageAnswer,
        refusals=_REFUSALS,
    ),
    Operation(
        method=HTTPMethod.GET,
        path=f"{_PATH}/versions",
        handler=versions,
        needs=READING,
        query=VersionsQuery,
        result=VersionsAnswer,
        refusals=(HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
    ),
    Operation(
        method=HTTPMethod.GET,
        path=f"{_PATH}/changes",
        handler=changes,
        needs=READING,
        query=ChangesQuery,
        result=ChangesAnswer,
        refusals=_REFUSALS,
    ),
)
