"""`/admin`: how the hub stands, and the newest of its audit log."""

from __future__ import annotations

import asyncio

from aiohttp import web

from ...accounts.guard import caller_of
from ...accounts.rights import ADMINISTERING
from ...admin.overview import look_over
from ...admin.service import ADMIN
from ...authority.audit_reader import Filter, newest_events
from ..views import answer_page
from .pages import OverviewPage

NEWEST = 10  # events


async def show_overview(request: web.Request) -> web.StreamResponse:
    """GET /admin."""
    caller, overview = await caller_of(request), await look_over(request)
    events = await asyncio.to_thread(newest_events, request.app[ADMIN].audit, Filter(), limit=NEWEST)
    page = OverviewPage(caller.may(ADMINISTERING), overview, events[:NEWEST])
    return answer_page(request, page, private=True)
