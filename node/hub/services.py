"""What the hub's own routes work with, in one value."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from ...federation.blobs import BlobStore
from ..peering.announced import AnnouncedMirrors
from ..peering.mirrors import Mirrors
from .catalogue import Catalogue
from .changes import ChangesReader
from .comments import Comments
from .orders import Orders
from .packages import HubPackages
from .releases import LogReleases
from .served import OwnLog


@dataclass(frozen=True, slots=True)
class Hub:
    """One hub as it is served. `authority`: the embedded Sigstore is on. `closed`: only readers see anything."""

    origin: str
    url: str
    own: OwnLog
    store: BlobStore
    mirrors: Mirrors
    announced: AnnouncedMirrors
    releases: LogReleases
    orders: Orders
    catalogue: Catalogue
    clock: Callable[[], int]
    authority: bool
    closed: bool
    packages: HubPackages
    changes: ChangesReader
    comments: Comments


HUB = web.AppKey("hub", Hub)
STOPPING = web.AppKey("stopping", asyncio.Event)  # set when the hub stops: whoever waits for news is answered
