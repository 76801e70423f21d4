"""`/admin/mirrors`: how mirroring stands, and pulling now."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import quote

from aiohttp import web

from ....schemas.reference import check_origin
from ...accounts.forms import sent_form
from ...accounts.guard import caller_of
from ...accounts.rights import ADMINISTERING
from ...accounts.service import ACCOUNTS
from ...authority.audit import What
from ..views import PAGES, answer_page
from .pages import MirrorsPage
from .service import ADMIN

MAX_SHOWN = 60  # origins; `ebpfhub mirror status` tells of all


async def show_mirrors(request: web.Request) -> web.StreamResponse:
    """GET /admin/mirrors."""
    caller, service = await caller_of(request), request.app[ADMIN]
    origins = sorted(service.mirrors.status()["origins"], key=lambda item: (item["state"] == "ok", item["origin"]))
    started = request.query.get("started", "")[:253]
    known = started if any(item["origin"] == started for item in origins) else ""
    federation = await request.app[PAGES].federation()
    page = MirrorsPage(caller.may(ADMINISTERING), origins[:MAX_SHOWN], federation, known)
    return answer_page(request, page, private=True)


async def pull_now(request: web.Request) -> web.StreamResponse:
    """POST /admin/mirrors/pull: begin a pull; how it goes, the page shows afterwards."""
    caller, form = await caller_of(request), await sent_form(request)
    origin = check_origin(form.text("origin", limit=253))
    request.app[ADMIN].mirrors.pull_soon(origin)
    await request.app[ACCOUNTS].record(request, What.PULL, caller.identity or "", origin=origin)
    headers = {"Location": f"/admin/mirrors?started={quote(origin)}", "Cache-Control": "no-store"}
    return web.Response(status=HTTPStatus.SEE_OTHER, headers=headers)
