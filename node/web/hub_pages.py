"""The pages of a running hub: where each of their facts comes from."""

from __future__ import annotations

from ...federation.blobs import BlobStore
from ...signing.origin import read_origin_note
from ...signing.roots import TrustDomain
from ..api.document import make_document
from ..api.routes import DOCUMENT_PATH
from ..hub.federation import cosigners_of, gather
from ..hub.operations import OPERATIONS
from ..hub.services import Hub
from .docs.pages import Docs
from .facts import FactsCache, FactsReader
from .pages import Site
from .views import WebPages


def hub_pages(hub: Hub, store: BlobStore, *, featured: tuple[str, ...]) -> WebPages:
    """The pages of `hub`, whose blobs are in `store`; `featured` packages come first.

    Raises: BadInput, NotTrusted for a wrong origin note.
    """

    def trust(origin: str) -> dict[str, TrustDomain]:
        log = hub.packages.served(origin)
        if log is None:
            return {}
        domains = read_origin_note(log.note_text).domains
        return {name: TrustDomain.parse(name, log.trust[digest]) for name, digest in domains}

    return WebPages(
        Site(hub.origin, hub.url, read_origin_note(hub.own.note_text).fingerprint, featured),
        hub.packages,
        FactsCache(FactsReader(store, trust)),
        hub.changes,
        Docs(make_document(OPERATIONS, DOCUMENT_PATH)),
        lambda: gather(hub),
        lambda entry: cosigners_of(hub, entry),
    )
