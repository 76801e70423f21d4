"""`/admin/namespaces`: who owns each, what it has, what it may have; and quotas of people."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from urllib.parse import quote

from aiohttp import web

from ....schemas.errors import BadInput, NotFound
from ....schemas.fields import Fields
from ....schemas.identity import MAX_IDENTITY_CHARS
from ...accounts.forms import sent_form
from ...accounts.guard import caller_of
from ...accounts.service import ACCOUNTS
from ...authority.audit import What
from ...storage.quotas import Kind, Quota
from ..views import PAGES, answer_page
from .pages import NamespacePage, NamespacesPage
from .service import ADMIN, OwnedNamespace

NAMESPACES = 50  # on a page
MEBIBYTE = 1024 * 1024
MAX_MEBIBYTES = 2**40


async def show_namespaces(request: web.Request) -> web.StreamResponse:
    """GET /admin/namespaces?after=…"""
    after = request.query.get("after", "")[:128]
    found = [item for item in request.app[ADMIN].namespaces() if item.name > after]
    shown = found[:NAMESPACES]
    page = NamespacesPage(shown, shown[-1].name if len(found) > NAMESPACES else "")
    return answer_page(request, page, private=True)


async def show_namespace(request: web.Request) -> web.StreamResponse:
    """GET /admin/namespaces/<name>."""
    service, found = request.app[ADMIN], _namespace(request, request.match_info["name"])
    used = await asyncio.to_thread(service.quotas.namespace_bytes, found.name)
    own = service.quotas.own(Kind.NAMESPACE, found.name)
    origin = request.app[PAGES].site.origin
    page = NamespacePage(found, used, own, service.quotas.of(Kind.NAMESPACE, found.name), origin)
    return answer_page(request, page, private=True)


async def set_quota(request: web.Request) -> web.StreamResponse:
    """POST /admin/quotas: of a namespace or a person (`kind`, `name`); without numbers the default holds again."""
    form, caller = await sent_form(request), await caller_of(request)
    kind, name = _whose(request, form)
    quota = None
    if form.has("mebibytes") or form.has("packages"):
        quota = Quota(_number(form, "mebibytes") * MEBIBYTE, _number(form, "packages"))
    request.app[ADMIN].quotas.set(kind, name, quota)
    told = f"{quota.bytes} bytes, {quota.packages} packages" if quota else "default"
    await request.app[ACCOUNTS].record(request, What.QUOTA, caller.identity or "", whom=name, quota=told)
    folder = "namespaces" if kind is Kind.NAMESPACE else "people"
    headers = {"Location": f"/admin/{folder}/{quote(name, safe='@')}", "Cache-Control": "no-store"}
    return web.Response(status=HTTPStatus.SEE_OTHER, headers=headers)


def _whose(request: web.Request, form: Fields) -> tuple[Kind, str]:
    name, word = form.text("name", limit=MAX_IDENTITY_CHARS), form.text("kind", limit=16)
    if word == Kind.NAMESPACE:
        return Kind.NAMESPACE, _namespace(request, name).name
    if word != Kind.PERSON or request.app[ACCOUNTS].people.find(name) is None:
        raise NotFound("nobody here has this name")
    return Kind.PERSON, name


def _number(form: Fields, name: str) -> int:
    text = form.text(name, limit=16, default="0").strip()
    if not text.isascii() or not text.isdigit() or int(text) > MAX_MEBIBYTES:
        raise BadInput("must be a number, 0 for no limit", where=name)
    return int(text)


def _namespace(request: web.Request, name: str) -> OwnedNamespace:
    for found in request.app[ADMIN].namespaces():
        if found.name == name:
            return found
    raise NotFound("nobody has claimed this namespace")
