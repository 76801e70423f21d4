"""The pages of a running hub: where each of their facts comes from."""

from __future__ import annotations

from ...federation.blobs import BlobStore
from ...signing.origin import read_origin_note
from ...signing.roots import TrustDomain
from ..api.document import make_document
from ..api.routes import DOCUMENT_PATH
from ..hub.operations import OPERATIONS
from ..hub.services import Hub
from .docs.pages import Docs
from .facts import FactsCache, FactsReader
from .pages import MirroredFacts, MirrorFacts, Site
from .views import WebPages


def hub_pages(hub: Hub, store: BlobStore) -> WebPages:
    """The pages of `hub`, whose blobs are in `store`. Raises: BadInput, NotTrusted for a wrong origin note."""

    def trust(origin: str) -> dict[str, TrustDomain]:
        log = hub.packages.served(origin)
        if log is None:
            return {}
        domains = read_origin_note(log.note_text).domains
        return {name: TrustDomain.parse(name, log.trust[digest]) for name, digest in domains}

    return WebPages(
        Site(hub.origin, hub.url, read_origin_note(hub.own.note_text).fingerprint),
        hub.packages,
        FactsCache(FactsReader(store, trust)),
        hub.changes,
        Docs(make_document(OPERATIONS, DOCUMENT_PATH)),
        lambda: [MirrorFacts(item.url, item.size, item.seen) for item in hub.announced.all(now=hub.clock())],
        lambda: _mirrored(hub),
    )


def _mirrored(hub: Hub) -> list[MirroredFacts]:
    found = []
    for row in hub.mirrors.origins.all():
        known = hub.mirrors.find(row.origin)
        size = known.replica.head.size if known else 0
        found.append(MirroredFacts(row.origin, str(row.state), size, row.pulled))
    return found
