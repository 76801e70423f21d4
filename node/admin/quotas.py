"""What namespaces and people have and may have, and other quotas for them, which are recorded. It refuses no push."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import islice

from aiohttp import web

from ...schemas.errors import NotFound
from ..accounts.guard import caller_of
from ..accounts.service import ACCOUNTS
from ..authority.audit import What
from ..storage.quotas import Kind, Quota
from .service import ADMIN, OwnedNamespace

MAX_BYTES = 2**60  # that a quota may name
MAX_PACKAGES = 2**40


@dataclass(frozen=True, slots=True)
class Use:
    """Bytes that are there, the quota set for one alone (None where the default holds), and the one in force."""

    bytes: int
    own: Quota | None
    quota: Quota


async def use_of(request: web.Request, kind: Kind, name: str) -> Use:
    """What a namespace or a person has and may have. Raises: StorageFailed."""
    quotas = request.app[ADMIN].quotas
    count = quotas.namespace_bytes if kind is Kind.NAMESPACE else quotas.person_bytes
    return Use(await asyncio.to_thread(count, name), quotas.own(kind, name), quotas.of(kind, name))


def find_namespace(request: web.Request, name: str) -> OwnedNamespace:
    """A namespace that somebody has claimed. Raises: NotFound."""
    for found in request.app[ADMIN].namespaces():
        if found.name == name:
            return found
    raise NotFound("nobody has claimed this namespace")


def list_namespaces(request: web.Request, *, after: str, limit: int) -> list[OwnedNamespace]:
    """Namespaces that somebody has claimed and that come after a name, by name."""
    found = (item for item in request.app[ADMIN].namespaces() if item.name > after)
    return list(islice(found, limit))


async def change_quota(request: web.Request, kind: Kind, name: str, quota: Quota | None) -> None:
    """Set a quota, or with None let the default hold again. Raises: NotFound, StorageFailed."""
    if kind is Kind.NAMESPACE:
        find_namespace(request, name)
    elif request.app[ACCOUNTS].people.find(name) is None:
        raise NotFound("nobody here has this name")
    caller = await caller_of(request)
    request.app[ADMIN].quotas.set(kind, name, quota)
    told = f"{quota.bytes} bytes, {quota.packages} packages" if quota else "default"
    await request.app[ACCOUNTS].record(request, What.QUOTA, caller.identity or "", whom=name, quota=told)
