"""The pages' addresses: what is asked becomes a page's value, an error becomes a page that says so."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from http import HTTPStatus
from urllib.parse import quote

from aiohttp import hdrs, web
from msgspec.structs import replace

from ...schemas.errors import BadInput, HubError, NotFound
from ...schemas.reference import DEFAULT_NAMESPACE, check_name, check_namespace, check_origin
from ...schemas.semver import Version
from ..accounts.guard import CALLER, add_guarded, caller_of
from ..accounts.pending import own_path
from ..accounts.rights import ANYBODY, READING, Caller, LoginNeeded
from ..accounts.service import ACCOUNTS
from ..api.reading import read_query
from ..errors import Handler, message_of, status_of
from ..hub.catalogue import PackageKey, Question, Sort
from ..hub.changes import Change, ChangesReader
from ..hub.federation import Federation
from ..hub.packages import LoggedPackage, Packages
from ..hub.search_messages import SearchQuery
from ..language import CODES, COOKIE, COOKIE_SECONDS, chosen
from .account.pages import Visitor
from .assets import Assets
from .cards import Card
from .changes import ChangesPage
from .comments.pages import CommentsPart
from .docs.pages import Docs
from .facts import FactsCache, PackageFacts
from .languages import languages
from .pages import (
    DocsPage,
    ErrorPage,
    FederationPage,
    HomePage,
    PackagePage,
    Page,
    Site,
)
from .publisher import find_publisher
from .render import Renderer
from .search import ListPage, page_number, page_question

NEWEST, POPULAR, FEATURED = 6, 4, 6  # packages on the front page
# addresses of programs, whose errors stay as their protocols have them
_PROGRAMS = (
    "/v2",
    "/log/",
    "/index/",
    "/mirror/",
    "/origin",
    "/trust/",
    "/api/",
    "/sigstore/",
    "/.well-known/",
    "/healthz",
    "/readyz",
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WebPages:
    """What the pages work with. `federation` tells how the hub stands among others.

    `cosigners` tells which mirrors have cosigned an entry of the hub's own log, `comments` what a visitor sees of them.
    """

    site: Site
    packages: Packages
    facts: FactsCache
    changes: ChangesReader
    docs: Docs
    federation: Callable[[], Awaitable[Federation]]
    cosigners: Callable[[int], Sequence[str]]
    comments: Callable[[LoggedPackage, Caller], CommentsPart]
    assets: Assets = field(default_factory=Assets)
    renderer: Renderer = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "renderer", Renderer(self.site, self.assets))


PAGES = web.AppKey("pages", WebPages)
View = Callable[[web.Request], Awaitable[Page]]


def add_web_routes(app: web.Application, pages: WebPages) -> None:
    """Serve the pages, and answer browsers with a page where there is nothing."""
    app[PAGES] = pages
    app.middlewares.append(_lost)
    seen = [
        web.get("/", _shown(_home)),
        web.get("/packages", _shown(_list)),
        web.get("/packages/", _moved),
        web.get("/search", _moved),
        web.get("/packages/{path:.+}", _shown(_package)),
        web.get("/docs", _shown(_docs)),
        web.get("/docs/api", _shown(_api)),
        web.get("/docs/api/{operation}", _shown(_api)),
        web.get("/docs/{book}", _shown(_manual)),
        web.get("/docs/{book}/{section}", _shown(_manual)),
        web.get("/publishers/{identity:.+}", _shown(_publisher)),
        web.get("/federation", _shown(_federation)),
        web.get("/federation/evidence/{name}", _evidence),
    ]
    add_guarded(app, {READING: seen, ANYBODY: [web.get("/static/{name}", _static), web.get("/favicon.ico", _icon)]})


def _shown(view: View) -> Handler:
    @wraps(view)
    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            page = await view(request)
        except HubError as error:
            page = _failed(request, error)
        except (web.HTTPException, ConnectionError):
            raise
        except Exception:
            log.exception("%s %s", request.method, request.path)
            page = ErrorPage(HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong in the hub")
        return answer_page(request, page)

    return answer


def _failed(request: web.Request, error: HubError) -> ErrorPage:
    status = status_of(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("%s %s: %s", request.method, request.path, error)
    return ErrorPage(status, message_of(error), error.todo)


def answer_page(request: web.Request, page: Page, *, private: bool = False) -> web.Response:
    """A page in the visitor's language; what is `private` no browser and no cache keeps."""
    pages = request.app[PAGES]
    asked = request.query.get("lang", "")
    words = languages()[chosen(asked, request.cookies.get(COOKIE, ""), request.headers.get("Accept-Language", ""))]
    query = _query_of(page)
    answer = pages.renderer.answer(request, page, words, query=query, visitor=_visitor(request, page))
    if private:
        answer.headers["Cache-Control"] = "no-store"
        answer.headers.popall("ETag", None)
    if asked == words.code:
        secure = pages.site.url.startswith("https://")
        answer.set_cookie(COOKIE, asked, max_age=COOKIE_SECONDS, path="/", secure=secure, httponly=True, samesite="Lax")
    return answer


def _query_of(page: Page) -> str:
    """What a page's address holds besides the language."""
    return page.parameters if isinstance(page, ListPage) else ""


async def _home(request: web.Request) -> Page:
    pages = request.app[PAGES]
    packages = pages.packages
    named = [PackageKey(pages.site.origin, *name.split("/", 1)) for name in pages.site.featured[:FEATURED]]
    featured = [found for key in named if (found := await packages.listed(key))]
    every = len(featured) + POPULAR + NEWEST  # each package is shown once
    popular = (await packages.search(Question(sort=Sort.POPULAR, limit=every))).found
    newest = (await packages.search(Question(sort=Sort.NEW, limit=every))).found
    shown = {found.listing.key for found in featured}
    pulled = [found for found in popular if found.downloads and found.listing.key not in shown][:POPULAR]
    shown |= {found.listing.key for found in pulled}
    fresh = [found for found in newest if found.listing.key not in shown][:NEWEST]
    cards = [[Card.of(found) for found in some] for some in (featured, pulled, fresh)]
    return HomePage(cards[0], cards[1], cards[2], packages.count())


async def _list(request: web.Request) -> Page:
    asked = read_query(SearchQuery, request)
    query = replace(asked, q=" ".join(asked.q.split()))
    page = page_number(request.query.get("page", "1"))
    answer = await request.app[PAGES].packages.search(page_question(query, page))
    language = request.query.get("lang", "")
    return ListPage.of(query, answer, page, language if language in CODES else "")


async def _moved(request: web.Request) -> web.StreamResponse:
    """Addresses under which people look for the list, or which it once had."""
    raise web.HTTPMovedPermanently(request.rel_url.with_path("/packages", keep_query=True))


async def _package(request: web.Request) -> Page:
    pages = request.app[PAGES]
    parts = request.match_info["path"].split("/")
    if "changes" in parts[2:]:
        return await _changes(request, pages, parts)
    logged = await _find(pages, parts)
    if logged is None:
        raise NotFound("there is no such package")
    if len(parts) == 1:
        raise web.HTTPFound(f"/packages/{logged.package}")
    facts, damage = await _facts(pages, logged)
    listed = await pages.packages.listed(PackageKey(logged.origin, logged.namespace, logged.name))
    changed = await _changed(pages, logged)
    own = logged.origin == pages.site.origin
    cosigners = tuple(pages.cosigners(logged.chosen.entry)) if own else ()
    comments = pages.comments(logged, await caller_of(request))
    downloads = listed.downloads if listed else 0
    return PackagePage(logged, own, facts, damage, changed, downloads, cosigners, comments=comments)


async def _changed(pages: WebPages, logged: LoggedPackage) -> tuple[Change, ...] | None:
    """What changed since the version before; None where there is none, or where one cannot be read."""
    before = await pages.packages.find(logged.origin, logged.namespace, logged.name, logged.previous)
    if before is None or not logged.previous:
        return None
    try:
        return await pages.changes.between(before.release, logged.release)
    except HubError as error:
        log.error("%s cannot be compared: %s", logged.package, error)
        return None


async def _changes(request: web.Request, pages: WebPages, parts: list[str]) -> Page:
    """`…/changes/<old>...<new>`; `…/changes?old=…&new=…` leads there, without them to what is newest."""
    place = parts.index("changes", 2)
    named, asked = parts[:place], parts[place + 1 :]
    wanted = asked[0].split("...") if asked else [request.query.get("old", ""), request.query.get("new", "")]
    if len(asked) > 1 or len(wanted) != 2:
        raise NotFound("there is no such comparison")
    new = await _find(pages, [*named, *filter(None, wanted[1:])])
    old = await _find(pages, [*named, wanted[0] or new.previous]) if new and (wanted[0] or new.previous) else None
    if old is None or new is None:
        raise NotFound("there is no such package or version")
    own = new.origin == pages.site.origin
    address = f"/packages/{new.package}" if own else f"/packages/{new.origin}/{new.package}"
    if not asked:
        raise web.HTTPFound(f"{address}/changes/{old.chosen.version}...{new.chosen.version}")
    return ChangesPage(old, new, await pages.changes.between(old.release, new.release), address)


async def _find(pages: WebPages, parts: list[str]) -> LoggedPackage | None:
    """`[<origin>/]<namespace>/<name>[/<version>]`: a first part with a dot is an origin (protocol.md section 1).

    A name alone is looked for in the default namespace.
    """
    rest = list(parts) if len(parts) > 1 else [DEFAULT_NAMESPACE, *parts]
    try:
        origin = check_origin(rest.pop(0)) if "." in rest[0] else ""
        if not 2 <= len(rest) <= 3:
            return None
        namespace, name = check_namespace(rest[0]), check_name(rest[1])
        version = str(Version.parse(rest[2])) if len(rest) == 3 else ""
    except BadInput:
        return None
    return await pages.packages.find(origin, namespace, name, version)


async def _facts(pages: WebPages, logged: LoggedPackage) -> tuple[PackageFacts | None, str]:
    try:
        return await pages.facts.get(logged.origin, logged.release), ""
    except HubError as error:
        log.error("%s cannot be shown: %s", logged.package, error)
        return None, error.what


async def _docs(_request: web.Request) -> Page:
    return DocsPage()


async def _publisher(request: web.Request) -> Page:
    return await find_publisher(request.app[PAGES].packages, request.match_info["identity"])


async def _manual(request: web.Request) -> Page:
    docs, asked = request.app[PAGES].docs, request.match_info
    return await asyncio.to_thread(docs.manual, asked["book"], asked.get("section", ""))


async def _api(request: web.Request) -> Page:
    return request.app[PAGES].docs.api(request.match_info.get("operation", ""))


async def _federation(request: web.Request) -> Page:
    return FederationPage(await request.app[PAGES].federation())


async def _evidence(request: web.Request) -> web.StreamResponse:
    found = await request.app[PAGES].federation()
    for item in found.evidence:
        if item.name == request.match_info["name"]:
            headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'"}
            return web.Response(body=item.data, content_type="application/json", headers=headers)
    raise web.HTTPNotFound


async def _static(request: web.Request) -> web.StreamResponse:
    asset = request.app[PAGES].assets.get(request.match_info["name"])
    if asset is None:
        raise web.HTTPNotFound
    return asset.answer(request.headers.get("Accept-Encoding", ""))


async def _icon(request: web.Request) -> web.StreamResponse:
    """Browsers ask for this beside texts that name no icon, such as a checkpoint."""
    raise web.HTTPFound(request.app[PAGES].assets.address("icon.svg"))


@web.middleware
async def _lost(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed) as error:
        if _is_program(request):
            raise
        return answer_page(request, ErrorPage(HTTPStatus(error.status), ""))
    except HubError as error:  # by the guard, before anything was looked up, or of a page with a form
        if _is_program(request):
            raise
        if isinstance(error, LoginNeeded) and request.method == hdrs.METH_GET and _can_sign_in(request):
            place = f"/login/?next={quote(request.path_qs, safe='')}"
            return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": place, "Cache-Control": "no-store"})
        return answer_page(request, _failed(request, error))


def _can_sign_in(request: web.Request) -> bool:
    return ACCOUNTS in request.app and bool(request.app[ACCOUNTS].ways)


def _visitor(request: web.Request, page: Page) -> Visitor:
    """Who looks at a page: of a route that asked who calls; nobody otherwise. Nobody comes back to what was refused."""
    caller = request.get(CALLER)
    here = "/" if isinstance(page, ErrorPage) else own_path(request.path_qs)
    if caller is not None and caller.form:
        return Visitor(here, True, caller.identity or "", caller.form)
    return Visitor(here, _can_sign_in(request))


def _is_program(request: web.Request) -> bool:
    return request.path.startswith(_PROGRAMS) or "text/html" not in request.headers.get("Accept", "")
