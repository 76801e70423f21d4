"""From a reference to an installed package: the one that is here, if its receipt is fresh, or one fetched now."""

from __future__ import annotations

import sys
import time
from dataclasses import replace

from ..schemas.errors import PeerFailed
from ..schemas.reference import Reference
from .home import Home
from .settings import Settings
from .store import Installed, Store


def resolve_installed(
    reference: Reference, *, home: Home, settings: Settings, refresh: bool = False, address: str = ""
) -> Installed:
    """The installed package of a reference; fetched and verified when it is missing or its receipt is too old.

    `address` is a hub or mirror to be asked in place of those that are known. Raises: HubError.
    """
    reference = replace(reference, origin=reference.origin or home.default_origin())
    settings = settings.about(reference.canonical)
    before = held = Store(home).find(reference) if reference.origin else None
    now = int(time.time())
    if held is not None and held.receipt.policy != settings.digest:
        held = None
    if held is not None and not refresh and now - held.receipt.as_of <= settings.max_age:
        return held
    from .fetch import fetch
    from .news import news

    try:
        made = fetch(reference, home=home, settings=settings, address=address)
        for line in news(before, made):
            print(line, file=sys.stderr)  # noqa: T201
        return made
    except PeerFailed as error:
        if held is None or refresh or now - held.receipt.as_of > settings.expire_age:
            raise
        print(f"ecli: stale: {error.what}; running what was verified before", file=sys.stderr)  # noqa: T201
        return held
