"""`/admin/namespaces`: who owns each, what it has, what it may have; and quotas of people."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import quote

from aiohttp import web

from ....schemas.errors import BadInput
from ....schemas.fields import Fields
from ....schemas.identity import MAX_IDENTITY_CHARS
from ...accounts.forms import sent_form
from ...admin.quotas import MAX_BYTES, change_quota, find_namespace, list_namespaces, use_of
from ...storage.quotas import Kind, Quota
from ..views import PAGES, answer_page
from .pages import NamespacePage, NamespacesPage

NAMESPACES = 50  # on a page
MEBIBYTE = 1024 * 1024
MAX_NUMBER = MAX_BYTES // MEBIBYTE


async def show_namespaces(request: web.Request) -> web.StreamResponse:
    """GET /admin/namespaces?after=…"""
    after = request.query.get("after", "")[:128]
    found = list_namespaces(request, after=after, limit=NAMESPACES + 1)
    shown = found[:NAMESPACES]
    page = NamespacesPage(shown, shown[-1].name if len(found) > NAMESPACES else "")
    return answer_page(request, page, private=True)


async def show_namespace(request: web.Request) -> web.StreamResponse:
    """GET /admin/namespaces/<name>."""
    found = find_namespace(request, request.match_info["name"])
    use = await use_of(request, Kind.NAMESPACE, found.name)
    page = NamespacePage(found, use.bytes, use.own, use.quota, request.app[PAGES].site.origin)
    return answer_page(request, page, private=True)


async def set_quota(request: web.Request) -> web.StreamResponse:
    """POST /admin/quotas: of a namespace or a person (`kind`, `name`); without numbers the default holds again."""
    form = await sent_form(request)
    kind, name = _kind(form.text("kind", limit=16)), form.text("name", limit=MAX_IDENTITY_CHARS)
    quota = None
    if form.has("mebibytes") or form.has("packages"):
        quota = Quota(_number(form, "mebibytes") * MEBIBYTE, _number(form, "packages"))
    await change_quota(request, kind, name, quota)
    folder = "namespaces" if kind is Kind.NAMESPACE else "people"
    headers = {"Location": f"/admin/{folder}/{quote(name, safe='@')}", "Cache-Control": "no-store"}
    return web.Response(status=HTTPStatus.SEE_OTHER, headers=headers)


def _kind(word: str) -> Kind:
    if word not in tuple(Kind):
        raise BadInput("must be namespace or person", where="kind")
    return Kind(word)


def _number(form: Fields, name: str) -> int:
    text = form.text(name, limit=16, default="0").strip()
    if not text.isascii() or not text.isdigit() or int(text) > MAX_NUMBER:
        raise BadInput("must be a number, 0 for no limit", where=name)
    return int(text)
