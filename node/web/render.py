"""From a page's value to an HTTP response: templates, filters, security headers. No facts are looked up here."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web
from markupsafe import Markup, escape

from ...schemas.c_type import ARRAY, BOOLEAN, ENUM, FLOAT, INTEGER, POINTER, STRING
from . import permission_text
from .account.pages import Visitor
from .assets import Assets
from .changes import ChangesPage, trait_name, trait_text
from .languages import languages
from .pages import PackagePage, Page, Site
from .publisher import publisher_address
from .search import ListPage
from .usage import ShownType, clipped

if TYPE_CHECKING:
    from jinja2 import Environment

    from .words import Words

MAX_PAGE_BYTES = 50_000  # bytes of HTML before compression
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # without it forms would not say which site sent them
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# control and direction characters: a description must not turn the words beside it around
_UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


class Renderer:
    """Renders pages of one hub."""

    def __init__(self, site: Site, assets: Assets) -> None:
        self._site = site
        # browsers ignore it over plain http, and complain in the console
        self._opener = {"Cross-Origin-Opener-Policy": "same-origin"} if site.url.startswith("https://") else {}
        self._assets = assets

    @cached_property
    def _templates(self) -> Environment:
        # loaded with the first page: a hub that only programs ask has neither words nor a template engine in memory
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        from .account.words import ACCOUNT_WORDS
        from .admin.event_text import event_text
        from .admin.words import ADMIN_WORDS
        from .comments.words import COMMENT_WORDS
        from .told import told

        made = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            finalize=_cleaned,
        )
        made.globals["asset"] = self._assets.address
        made.globals["account_words"] = ACCOUNT_WORDS
        made.globals["comment_words"] = COMMENT_WORDS
        made.globals["admin_words"] = ADMIN_WORDS
        made.filters.update(
            day=_day, moment=_moment, size=_size, clip=clipped, type=_type, count=_count, ticked=_ticked
        )
        made.filters.update(label=permission_text.label, group=permission_text.group)
        made.filters.update(sentence=permission_text.sentence, category_class=permission_text.category_class)
        made.filters.update(publisher=publisher_address)
        made.filters.update(trait_name=trait_name, trait_text=trait_text, told=told)
        made.filters.update(unbroken=_unbroken, event_text=event_text)
        return made

    def html(self, page: Page, words: Words, *, query: str = "", visitor: Visitor | None = None) -> str:
        """The HTML of a page; `query` is its query string without a language, for the links to other languages."""
        text = self._html(page, words, query, visitor)
        if isinstance(page, PackagePage) and len(text.encode()) > MAX_PAGE_BYTES:  # comments give way to what is signed
            page = replace(page, comments=replace(page.comments, comments=()))
            text = self._html(page, words, query, visitor)
        if isinstance(page, PackagePage | ListPage | ChangesPage) and len(text.encode()) > MAX_PAGE_BYTES:
            return self._html(replace(page, brief=True), words, query, visitor)
        return text

    def answer(
        self, request: web.Request, page: Page, words: Words, *, query: str = "", visitor: Visitor | None = None
    ) -> web.Response:
        """The response to a request, with the headers that all pages have."""
        body = self.html(page, words, query=query, visitor=visitor).encode()
        status = getattr(page, "status", HTTPStatus.OK)
        tag = hashlib.sha256(body).hexdigest()[:32]
        headers = (
            SECURITY
            | self._opener
            | {
                "Cache-Control": _caching(status, visitor),
                "Vary": "Accept-Language, Cookie",
                "Content-Language": words.tag,
            }
        )
        if status == 200:
            headers["ETag"] = f'W/"{tag}"'
            known = request.if_none_match or ()
            if any(held.value == tag for held in known):
                return web.Response(status=304, headers=headers)
        answer = web.Response(body=body, status=status, content_type="text/html", charset="utf-8", headers=headers)
        answer.enable_compression()
        return answer

    def _html(self, page: Page, words: Words, query: str, visitor: Visitor | None) -> str:
        others = [other for other in languages().values() if other is not words]
        template = self._templates.get_template(page.template)
        return template.render(page=page, w=words, site=self._site, others=others, query=query, visitor=visitor)


def _caching(status: int, visitor: Visitor | None) -> str:
    if status != HTTPStatus.OK:
        return "no-store"
    return "private, no-cache" if visitor is not None and visitor.identity else "no-cache"


def _cleaned(value: Any) -> Any:
    if isinstance(value, Markup):
        return Markup(_UNSHOWABLE.sub("", value))  # noqa: S704 — it was safe before
    return _UNSHOWABLE.sub("", value) if isinstance(value, str) else value


def _ticked(text: str) -> Markup:
    """Escaped text, in which what stands between backticks is code."""
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part)
        for place, part in enumerate(text.split("`"))
    )


def _unbroken(line: str) -> Markup:
    """A command whose options are not broken at their hyphens."""
    return Markup(" ").join(
        Markup('<span class="option">{}</span>').format(word) if word.startswith("-") else escape(word)
        for word in line.split(" ")
    )


def _day(seconds: int) -> Markup:
    time = datetime.fromtimestamp(seconds, UTC)
    return Markup('<time datetime="{}">{}</time>').format(time.strftime("%Y-%m-%dT%H:%M:%SZ"), time.date().isoformat())


def _moment(seconds: int) -> Markup:
    time = datetime.fromtimestamp(seconds, UTC)
    return Markup('<time datetime="{}">{} UTC</time>').format(
        time.strftime("%Y-%m-%dT%H:%M:%SZ"), time.strftime("%Y-%m-%d %H:%M:%S")
    )


def _size(size: int) -> str:
    if size < 1024:
        return f"{size} B"
    for unit, power in (("KiB", 1), ("MiB", 2)):
        if size < 1024 ** (power + 1) or unit == "MiB":
            return f"{size / 1024**power:.1f} {unit}"
    raise AssertionError(size)


def _count(number: int) -> str:
    return f"{number:,}"


def _type(kind: ShownType, words: Words) -> str:
    if kind.kind == INTEGER:
        return f"{'s' if kind.signed else 'u'}{8 * kind.size}"
    if kind.kind == STRING:
        return words.type_text.format(size=max(kind.size - 1, 0))
    if kind.kind == ENUM and kind.names:
        return " | ".join(kind.names) + (" | …" if kind.more else "")
    if kind.kind == ARRAY and kind.item is not None:
        return words.type_array.format(count=kind.count, item=_type(kind.item, words))
    named = {POINTER: words.type_address, BOOLEAN: words.type_boolean, FLOAT: f"f{8 * kind.size}"}
    return named.get(kind.kind, kind.kind)
