"""A mirrored origin is pulled because somebody wants it now; that it was begun is recorded."""

from __future__ import annotations

from aiohttp import web

from ..accounts.guard import caller_of
from ..accounts.service import ACCOUNTS
from ..authority.audit import What
from .service import ADMIN


async def begin_pull(request: web.Request, origin: str) -> None:
    """Begin to pull an origin; how it ends, its state tells. Raises: NotFound, StorageFailed."""
    caller = await caller_of(request)
    request.app[ADMIN].mirrors.pull_soon(origin)
    await request.app[ACCOUNTS].record(request, What.PULL, caller.identity or "", origin=origin)
