"""The composition root of the hub's server: parts become one aiohttp application; nothing is decided here."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import ssl
import sys
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from ..schemas.digest import AnyDigest
from ..schemas.errors import BadInput, StorageFailed
from .account_service import account_service
from .accounts.browsers import Browsers
from .accounts.gatekeeper import TokenGatekeeper
from .accounts.guard import GATEKEEPER, HOST, check_stated, guard
from .admin_service import admin_service
from .authority.providers import Providers
from .authority.routes import add_authority_routes
from .authority.service import AuthorityService
from .control import listening
from .errors import problems
from .folder import HubFolder
from .hub.catalogue import PackageKey
from .hub.changes import ChangesReader
from .hub.comments import Comments
from .hub.downloads import Downloads
from .hub.packages import HubPackages
from .hub.routes import add_hub_routes
from .hub.served import OwnLog, ServedLog
from .hub.services import Hub
from .kept_authority import KeptAuthority
from .opened import OpenedHub, clock
from .peering.announced import AnnouncedMirrors
from .peering.releases import MirroredReleases
from .peering.restored import freeze_if_behind
from .registry.package_intake import INTAKE, PackageIntake
from .registry.ports import Releases
from .registry.quick import QuickRunner
from .registry.registry import Registry, RegistrySettings
from .registry.room import Room
from .registry.routes import add_registry_routes
from .rekor_log import RekorLog
from .storage.comments import CommentRows
from .web.account.routes import add_account_routes
from .web.admin.routes import add_admin_routes
from .web.comments.views import add_comment_routes
from .web.hub_pages import hub_pages
from .web.views import add_web_routes

STOP_SECONDS = 5.0  # how long open requests may take after SIGTERM
KEEPALIVE_SECONDS = 75.0  # of an idle connection
MAX_BODY_BYTES = 8 * 1024 * 1024  # of a request that a route reads whole; blobs are streamed

REGISTRY = web.AppKey("registry", Registry)
log = logging.getLogger(__name__)


def make_app(opened: OpenedHub) -> web.Application:
    """The hub's application. Its background tasks start and stop with it."""
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[problems])
    settings = opened.settings
    gatekeeper = TokenGatekeeper(opened.tokens, clock, closed=settings.closed)
    secure = settings.public_url.startswith("https://")
    browsers = app[GATEKEEPER] = Browsers(gatekeeper, opened.sessions, opened.people, clock, secure=secure)
    app[HOST] = urlsplit(settings.public_url).netloc
    own = OwnLog(opened.ledger, opened.own)

    def served(origin: str) -> ServedLog | None:
        found = opened.mirrors.find(origin)
        return own if origin == settings.origin else found.replica if found else None

    hub = Hub(
        settings.origin,
        settings.public_url,
        own,
        opened.store,
        opened.mirrors,
        AnnouncedMirrors(opened.database, opened.note, public_url=settings.public_url),
        opened.releases,
        opened.orders,
        opened.catalogue,
        clock,
        opened.authority is not None,
        settings.closed,
        HubPackages(settings.origin, served, opened.catalogue),
        ChangesReader(opened.store),
        Comments(CommentRows(opened.database), lambda package: package in opened.ledger.replay.packages, clock),
    )
    downloads = Downloads(opened.catalogue)
    registry = Registry(
        settings=RegistrySettings(settings.origin, settings.public_url, settings.plain),
        database=opened.database,
        store=opened.store,
        gatekeeper=gatekeeper,
        releases=opened.releases,
        room=Room(opened.quotas),
        needed=lambda digest: _signs_order(opened, digest),
        mirrored=lambda origin: _mirrored(opened, origin),
        sent=lambda *package: downloads.count(PackageKey(*package)),
    )
    add_hub_routes(app, hub)
    add_registry_routes(app, registry)
    add_comment_routes(app)
    add_web_routes(app, hub_pages(hub, opened.store, featured=settings.featured, install=settings.install))
    app[REGISTRY], app[INTAKE] = registry, PackageIntake(registry)
    authority = None
    if opened.authority is not None and opened.rekor is not None:
        authority = _authority(opened, opened.authority, opened.rekor)
        add_authority_routes(app, authority)
    add_account_routes(app, account_service(opened, browsers, authority))
    add_admin_routes(app, admin_service(opened))

    async def background(_app: web.Application) -> AsyncIterator[None]:
        opened.ledger.start()
        opened.mirrors.start()
        tasks = [asyncio.create_task(downloads.keep()), asyncio.create_task(hub.announced.keep_looking(clock))]
        yield
        for task in tasks:
            task.cancel()
        await downloads.flush()
        await opened.mirrors.stop()
        await opened.ledger.stop()

    app.cleanup_ctx.append(background)
    app.middlewares.append(guard)
    if settings.closed:
        app.on_response_prepare.append(_keep_private)
    check_stated(app)
    return app


async def _keep_private(_request: web.Request, answer: web.StreamResponse) -> None:
    """What a closed hub tells a reader is not for caches between them."""
    kept = answer.headers.get(hdrs.CACHE_CONTROL, "no-cache")
    answer.headers[hdrs.CACHE_CONTROL] = kept.replace("public", "private") if "public" in kept else f"private, {kept}"


def _authority(opened: OpenedHub, authority: KeptAuthority, log: RekorLog) -> AuthorityService:
    settings = opened.settings
    return AuthorityService(
        *(lambda: authority.keys, settings.public_url, log, opened.users, opened.audit),
        providers=Providers(settings.providers),
    )


def _signs_order(opened: OpenedHub, digest: AnyDigest) -> bool:
    """Whether a blob is the bundle over an order of a log that is served here."""
    replays = [opened.ledger.replay, *(mirrored.replica.replay for mirrored in list(opened.mirrors.known.values()))]
    return any(digest in replay.bundles for replay in replays)


def _mirrored(opened: OpenedHub, origin: str) -> Releases | None:
    found = opened.mirrors.find(origin)
    return MirroredReleases(found) if found is not None else None


async def serve(folder: HubFolder) -> None:
    """Serve a hub until SIGTERM or SIGINT. Raises: HubError."""
    opened = await asyncio.to_thread(_opened, folder)
    try:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        if reason := await freeze_if_behind(opened):
            log.error("%s; the hub serves reads, and takes nothing new", reason)
        app = make_app(opened)
        runner = _runner(app, opened)
        await runner.setup()
        try:
            async with listening(opened):
                await _listen(runner, opened)
                print(f"serving {opened.note.origin} at {opened.settings.public_url}", flush=True)  # noqa: T201
                await stop.wait()
        finally:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_SECONDS + 1):
                    await runner.cleanup()
    finally:
        opened.close()


def _opened(folder: HubFolder) -> OpenedHub:
    """Open a hub's folder. What is replayed of its log stays: no search for garbage goes through it, now or later."""
    gc.collect()
    gc.disable()
    try:
        return OpenedHub.open(folder)
    finally:
        gc.freeze()
        gc.enable()


def _runner(app: web.Application, opened: OpenedHub) -> web.AppRunner:
    if opened.settings.closed:  # the short way asks nobody for a login
        return web.AppRunner(app, access_log=None, shutdown_timeout=STOP_SECONDS, keepalive_timeout=KEEPALIVE_SECONDS)
    return QuickRunner(
        app, app[REGISTRY], access_log=None, shutdown_timeout=STOP_SECONDS, keepalive_timeout=KEEPALIVE_SECONDS
    )


async def _listen(runner: web.AppRunner, opened: OpenedHub) -> None:
    host, port = opened.settings.address
    try:
        await web.TCPSite(runner, host, port, ssl_context=_tls(opened), backlog=1024).start()
    except OSError as error:
        raise StorageFailed(
            f"cannot listen: {error.strerror}", where=f"{host}:{port}", todo="Is another program using the port?"
        ) from error


def _tls(opened: OpenedHub) -> ssl.SSLContext | None:
    settings = opened.settings
    if not settings.certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.certificate, settings.certificate_key or None)
    except (OSError, ssl.SSLError) as error:
        raise BadInput(f"cannot use the certificate: {error}", where="tls") from error
    return context


def configure_logging() -> None:
    """Log to stderr, one line an event."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
