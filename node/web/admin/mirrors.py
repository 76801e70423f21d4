"""`/admin/mirrors`: how mirroring stands, and pulling now."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import quote

from aiohttp import web

from ....schemas.reference import check_origin
from ...accounts.forms import sent_form
from ...accounts.guard import caller_of
from ...accounts.rights import ADMINISTERING
from ...admin.pulls import begin_pull
from ...admin.service import ADMIN
from ..views import PAGES, answer_page
from .pages import MirrorsPage

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
    origin = check_origin((await sent_form(request)).text("origin", limit=253))
    await begin_pull(request, origin)
    headers = {"Location": f"/admin/mirrors?started={quote(origin)}", "Cache-Control": "no-store"}
    return web.Response(status=HTTPStatus.SEE_OTHER, headers=headers)
