"""Fetching from a command that is not asynchronous: one event loop for one acquisition."""

from __future__ import annotations

import asyncio

from ..federation.transport import Transport
from ..schemas.reference import Reference
from .acquire import acquire
from .home import Home
from .pins import Pins
from .settings import Settings
from .sources import Source
from .store import Installed


def fetch(reference: Reference, *, home: Home, settings: Settings) -> Installed:
    """Fetch, verify and install what a reference means now. Raises: HubError."""
    pin = Pins(home).get(reference.origin)

    async def work() -> Installed:
        async with Transport() as transport:
            return await acquire(reference, Source(transport, pin.url), home=home, settings=settings, pin=pin)

    return asyncio.run(work())
