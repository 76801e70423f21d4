"""A publisher's page as a value: an identity, who confirmed it, where it may release, what it has released."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote, urlencode

from ...schemas.errors import NotFound
from ..hub.catalogue import Facet, Fact, Question, Sort
from ..hub.packages import Packages
from .cards import Card

MAX_SHOWN = 12  # packages
MAX_IDENTITY_CHARS = 512
MAX_NAMESPACES = 24


@dataclass(frozen=True, slots=True)
class PublisherPage:
    """`/publishers/<identity>`; `total` packages in all, of which the most pulled are shown."""

    template: ClassVar[str] = "publisher.html"
    identity: str
    issuers: Sequence[str]
    namespaces: Sequence[str]
    packages: Sequence[Card]
    total: int
    pulls: int

    @property
    def list_address(self) -> str:
        """The address of the list of all its packages."""
        return f"/packages?{urlencode({'publisher': self.identity}, safe=':@/')}"


def publisher_address(identity: str) -> str:
    """The path of a publisher's page."""
    return f"/publishers/{quote(identity, safe='@:')}"


async def find_publisher(packages: Packages, identity: str) -> PublisherPage:
    """Gather what is known of an identity. Raises: NotFound for one that released nothing and owns nothing."""
    if len(identity) > MAX_IDENTITY_CHARS:
        raise NotFound("nobody of that name has published here")
    asked = Question(facts=(Fact(Facet.PUBLISHER, identity),), sort=Sort.POPULAR, limit=100)
    answer = await packages.search(asked)
    owned = await packages.owned_by(identity)
    if not answer.found and not owned:
        raise NotFound("nobody of that name has published here")
    issuers = {issuer for _, issuer in owned}
    for found in answer.found[:MAX_SHOWN]:
        logged = await packages.find(*found.listing.key, found.listing.version)
        if logged is not None and logged.chosen.publisher.subject == identity:
            issuers.add(logged.chosen.publisher.issuer)
    return PublisherPage(
        identity,
        sorted(issuers),
        sorted(namespace for namespace, _ in owned)[:MAX_NAMESPACES],
        [Card.of(found) for found in answer.found[:MAX_SHOWN]],
        answer.total,
        sum(found.downloads for found in answer.found),
    )
