"""How a hub stands, in a few counts, for those who run it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from ..accounts.roles import Role
from ..accounts.service import ACCOUNTS
from ..hub.federation import gather
from ..hub.services import HUB
from ..storage.origins import OriginState


@dataclass(frozen=True, slots=True)
class Overview:
    """Counts: people by role, packages, entries of the own log, mirrored origins and those that are not up to date.

    `reported` comments wait for a maintainer.
    """

    people: Mapping[Role, int]
    packages: int
    size: int
    mirrored: int
    troubled: int
    evidence: int
    reported: int


async def look_over(request: web.Request) -> Overview:
    """Count all of it. Raises: HubError."""
    hub = request.app[HUB]
    federation = await gather(hub)
    _, reported = hub.comments.reported(limit=0)
    return Overview(
        *(request.app[ACCOUNTS].people.counts(), federation.packages, federation.checkpoint.size),
        len(federation.mirrored),
        sum(item.state != OriginState.OK for item in federation.mirrored),
        len(federation.evidence),
        reported,
    )
