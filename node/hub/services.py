"""What the hub's own routes work with, in one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from ...schemas.digest import Digest
from ..ledger import Ledger
from ..registry.ports import Gatekeeper
from .catalogue import Catalogue
from .releases import LogReleases


@dataclass(frozen=True, slots=True)
class Hub:
    """One hub as it is served. `authority` tells whether the embedded Sigstore is on."""

    origin: str
    url: str
    origin_note: str
    trust: Mapping[Digest, bytes]
    ledger: Ledger
    releases: LogReleases
    catalogue: Catalogue
    gatekeeper: Gatekeeper
    authority: bool


HUB = web.AppKey("hub", Hub)
