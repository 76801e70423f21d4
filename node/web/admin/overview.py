"""`/admin`: how the hub stands, and the newest of its audit log."""

from __future__ import annotations

import asyncio

from aiohttp import web

from ...accounts.guard import caller_of
from ...accounts.rights import ADMINISTERING
from ...accounts.service import ACCOUNTS
from ...authority.audit_reader import Filter, newest_events
from ...storage.origins import OriginState
from ..views import PAGES, answer_page
from .pages import OverviewPage
from .service import ADMIN

NEWEST = 10  # events


async def show_overview(request: web.Request) -> web.StreamResponse:
    """GET /admin."""
    service, pages = request.app[ADMIN], request.app[PAGES]
    caller, federation = await caller_of(request), await pages.federation()
    origins = service.mirrors.origins.all()
    events = await asyncio.to_thread(newest_events, service.audit, Filter(), limit=NEWEST)
    page = OverviewPage(
        caller.may(ADMINISTERING),
        request.app[ACCOUNTS].people.counts(),
        pages.packages.count(),
        federation.checkpoint.size,
        len(origins),
        sum(row.state is not OriginState.OK for row in origins),
        len(federation.evidence),
        events[:NEWEST],
    )
    return answer_page(request, page, private=True)
