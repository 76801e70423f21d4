"""`/upload`: a publisher sends a signed package file from the browser. What is taken is checked as every push is."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from ...accounts.guard import caller_of
from ...registry.package_intake import INTAKE
from ..views import answer_page
from .pages import UploadPage


async def show_upload(request: web.Request) -> web.StreamResponse:
    """GET /upload."""
    return answer_page(request, UploadPage(), private=True)


async def upload(request: web.Request) -> web.StreamResponse:
    """POST /upload: the file's bytes as the body. Answers where the package's page is."""
    intake = request.app[INTAKE]
    taken = await intake.take(await caller_of(request), await intake.read(request))
    return web.json_response(
        {
            "package": taken.package,
            "version": taken.version,
            "log_index": taken.log_index,
            "page": f"/packages/{taken.package}/{taken.version}",
        },
        status=HTTPStatus.CREATED,
        headers={"Cache-Control": "no-store"},
    )
