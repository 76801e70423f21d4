"""The one door of the hub: every route states what it needs where it is registered, and is asked for it here.

A route that states nothing is never served: the application does not start. Who calls is asked once for each request.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Protocol

from aiohttp import hdrs, web

from .forms import SAFE, check_sender
from .rights import ANYBODY, READING, Caller, Needs, judge


class Gatekeeper(Protocol):
    """Knows callers by their credentials: Basic (any user name, a token as password) or Bearer."""

    async def caller(self, request: web.Request) -> Caller:
        """Tell who sends this. Somebody without credentials is a reader on an open hub and nobody on a closed one.

        Raises: Denied for credentials that are wrong or expired.
        """
        ...

    def again(self, key: str) -> Caller:
        """Tell what the credential of this key allows now; the empty key is that of nobody. Raises: Denied."""
        ...


NEEDS = web.AppKey("needs", dict[tuple[web.AbstractResource | None, str], Needs])
GATEKEEPER = web.AppKey("gatekeeper", Gatekeeper)
HOST = web.AppKey("host", str)  # the hub's own, as browsers see it
CALLER = web.RequestKey("caller", Caller)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def add_guarded(app: web.Application, routes: Mapping[Needs, Iterable[web.AbstractRouteDef]]) -> None:
    """Register routes under what they need."""
    if NEEDS not in app:
        app[NEEDS] = {}
    for needs, group in routes.items():
        for item in group:
            for route in item.register(app.router):
                app[NEEDS][route.resource, route.method] = needs


def needs_of(app: web.Application, route: web.AbstractRoute) -> Needs | None:
    """What a route has stated; HEAD goes with GET."""
    method = hdrs.METH_GET if route.method == hdrs.METH_HEAD else route.method
    return app[NEEDS].get((route.resource, method))


def check_stated(app: web.Application) -> None:
    """Refuse an application with a route that states nothing. Raises: RuntimeError."""
    for route in app.router.routes():
        if needs_of(app, route) is None:
            place = route.resource.canonical if route.resource else route
            raise RuntimeError(f"{route.method} {place} does not state what it needs: register it with add_guarded()")


async def caller_of(request: web.Request) -> Caller:
    """Who sends a request; asked once. Raises: Denied."""
    found = request.get(CALLER)
    if found is None:
        found = request[CALLER] = await request.app[GATEKEEPER].caller(request)
    return found


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let nobody through who may not. What has no route needs a reader: a closed hub tells nothing of itself."""
    route = request.match_info.route
    needs = READING if route.resource is None else needs_of(request.app, route)
    if needs is None:  # cannot be: check_stated() has looked
        raise web.HTTPForbidden
    if needs is not ANYBODY:
        caller = await caller_of(request)
        judge(caller, needs)
        if caller.form and request.method not in SAFE:
            await check_sender(request, caller.form, host=request.app.get(HOST, ""))
    return await handler(request)
