"""The pages of a running hub: where each of their facts comes from."""

from __future__ import annotations

from ...federation.blobs import BlobStore
from ...signing.origin import read_origin_note
from ...signing.roots import TrustDomain
from ..accounts.rights import Caller
from ..api.document import make_document
from ..api.routes import DOCUMENT_PATH
from ..hub.federation import cosigners_of, gather
from ..hub.operations import OPERATIONS
from ..hub.packages import LoggedPackage
from ..hub.services import Hub
from .comments.pages import CommentsPart, ShownComment
from .docs.pages import Docs
from .facts import FactsCache, FactsReader
from .pages import Site
from .views import WebPages

MAX_COMMENTS = 3  # on a package's page


def hub_pages(hub: Hub, store: BlobStore, *, featured: tuple[str, ...], install: str) -> WebPages:
    """The pages of `hub`, whose blobs are in `store`; `featured` packages come first, `install` installs ecli.

    Raises: BadInput, NotTrusted for a wrong origin note.
    """

    def trust(origin: str) -> dict[str, TrustDomain]:
        log = hub.packages.served(origin)
        if log is None:
            return {}
        domains = read_origin_note(log.note_text).domains
        return {name: TrustDomain.parse(name, log.trust[digest]) for name, digest in domains}

    def comments(logged: LoggedPackage, viewer: Caller) -> CommentsPart:
        if logged.origin == hub.origin:
            found = hub.comments.of(logged.namespace, logged.name, viewer=viewer, limit=MAX_COMMENTS)
            return CommentsPart([ShownComment.of(row, viewer.identity) for row in found.comments], found.total)
        row = hub.mirrors.origins.get(logged.origin)
        home = row.url if row and row.url and not row.mirror else f"https://{logged.origin}"
        return CommentsPart(home=f"{home}/packages/{logged.package}/comments")

    return WebPages(
        Site(hub.origin, hub.url, read_origin_note(hub.own.note_text).fingerprint, install, featured),
        hub.packages,
        FactsCache(FactsReader(store, trust)),
        hub.changes,
        Docs(lambda: make_document(OPERATIONS, DOCUMENT_PATH)),
        lambda: gather(hub),
        lambda entry: cosigners_of(hub, entry),
        comments,
    )
