"""`/admin/audit`: the audit log, the newest first, filtered, page by page."""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

from aiohttp import web

from ....schemas.identity import MAX_IDENTITY_CHARS
from ...accounts.guard import caller_of
from ...accounts.rights import ADMINISTERING
from ...admin.service import ADMIN
from ...authority.audit import What
from ...authority.audit_reader import Filter, newest_events
from ..views import answer_page
from .pages import AuditPage

EVENTS = 50  # on a page
MOST = 80  # where many are of one time
KINDS = [what.value for what in What]


async def show_audit(request: web.Request) -> web.StreamResponse:
    """GET /admin/audit?who=…&what=…&refused=1&before=…"""
    asked, caller = request.query, await caller_of(request)
    who = asked.get("who", "").strip()[:MAX_IDENTITY_CHARS]
    what = asked.get("what", "") if asked.get("what", "") in KINDS else ""
    wanted = Filter("", who, bool(asked.get("refused", "")), what)
    before = asked.get("before", "")[:40]
    events = await asyncio.to_thread(newest_events, request.app[ADMIN].audit, wanted, before=before, limit=EVENTS)
    older = {"who": who, "what": what, "refused": "1" if wanted.refused else "", "before": ""}
    if len(events) >= EVENTS:
        older["before"] = str(events[-1]["time"])
    address = urlencode({name: value for name, value in older.items() if value}) if older["before"] else ""
    page = AuditPage(caller.may(ADMINISTERING), events[:MOST], KINDS, who, what, wanted.refused, address)
    return answer_page(request, page, private=True)
