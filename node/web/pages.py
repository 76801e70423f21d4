"""The pages as values: what each template gets besides the words, and nothing more."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar

from ...schemas.reference import DEFAULT_NAMESPACE
from ..hub.changes import Change
from ..hub.federation import Federation
from ..hub.packages import LoggedPackage
from ..hub.traits import Aspect
from .account.pages import AccountPage, LoginPage, ProgramPage, UploadPage
from .admin.pages import AdminPage
from .cards import Card
from .changes import ChangesPage
from .comments.pages import NO_COMMENTS, CommentPage, CommentsPage, CommentsPart, ModerationPage
from .docs.pages import ApiPage, ManualPage
from .facts import PackageFacts
from .publisher import PublisherPage
from .search import ListPage


@dataclass(frozen=True, slots=True)
class Site:
    """What every page knows of its hub.

    `install_line` is the command that installs ecli, `featured` are packages (`namespace/name`) shown first.
    """

    origin: str
    url: str
    fingerprint: str
    install_line: str
    featured: tuple[str, ...] = ()

    @property
    def trust_line(self) -> str:
        """The command that pins this hub; it asks for the fingerprint."""
        return f"ecli trust add {self.url}"


@dataclass(frozen=True, slots=True)
class HomePage:
    """`/`."""

    template: ClassVar[str] = "home.html"
    featured: Sequence[Card]
    popular: Sequence[Card]
    newest: Sequence[Card]
    count: int

    def example(self, origin: str) -> str:
        """The program of this origin that the front page runs; empty where it has none.

        Rather one of the default namespace, and one that changes nothing.
        """
        shown = [item for item in (*self.featured, *self.popular, *self.newest) if item.runs and item.origin == origin]
        if not shown:
            return ""
        best = min(shown, key=lambda item: (item.namespace != DEFAULT_NAMESPACE, bool(item.changes)))
        return best.name if best.namespace == DEFAULT_NAMESPACE else f"{best.namespace}/{best.name}"


@dataclass(frozen=True, slots=True)
class PackagePage:
    """`/packages/<namespace>/<name>[/<version>]`. Without `facts`, `damage` says why the files cannot be shown.

    `changes` are those since the version before, None where that is unknown or there is none. `brief` leaves out what
    made the page too large.
    """

    template: ClassVar[str] = "package.html"
    logged: LoggedPackage
    own: bool
    facts: PackageFacts | None
    damage: str
    changes: Sequence[Change] | None = None
    downloads: int = 0
    cosigners: Sequence[str] = ()
    brief: bool = False
    comments: CommentsPart = NO_COMMENTS

    @property
    def short_name(self) -> str:
        """The reference that a user types: no namespace where it is the default one, no tag for the latest version."""
        logged = self.logged
        name = logged.name if logged.namespace == DEFAULT_NAMESPACE else logged.package
        return name if self.is_latest else f"{name}:{logged.chosen.version}"

    @property
    def full_name(self) -> str:
        """The reference with origin, namespace and version."""
        logged = self.logged
        return f"{logged.origin}/{logged.package}:{logged.chosen.version}"

    @property
    def run_line(self) -> str:
        """The command that runs this version, or shows it where it does not run."""
        name = self.short_name if self.own else self.full_name
        return f"ecli inspect {name}" if self.facts and self.facts.kernels else f"ecli run --verify {name}"

    @property
    def is_latest(self) -> bool:
        """Whether the version shown is the one that `latest` names."""
        return self.logged.chosen.version == self.logged.latest

    @property
    def address(self) -> str:
        """The path of the package's page, without a version."""
        logged = self.logged
        return f"/packages/{logged.package}" if self.own else f"/packages/{logged.origin}/{logged.package}"

    @property
    def weighty(self) -> list[Change]:
        """Those changes that a user must see before an update: permissions, and who released it."""
        found = [item for item in self.changes or () if item.aspect in (Aspect.PERMISSION, Aspect.PUBLISHER)]
        return [item for item in found if item.aspect is Aspect.PUBLISHER or None in (item.before, item.after)]

    @property
    def changes_address(self) -> str:
        """The path of the page with all changes since the version before."""
        return f"{self.address}/changes/{self.logged.previous}...{self.logged.chosen.version}"

    @property
    def index_answer(self) -> str:
        """The path of the proof that clients get (protocol.md sections 5 and 6)."""
        logged = self.logged
        before = "" if self.own else f"/mirror/{hashlib.sha256(logged.origin.encode()).hexdigest()}"
        return f"{before}/index/package/{logged.package}:{logged.chosen.version}"

    @property
    def blobs(self) -> str:
        """The path below which the registry serves the package's blobs."""
        logged = self.logged
        return f"/v2/{logged.package}/blobs" if self.own else f"/v2/{logged.origin}/{logged.package}/blobs"


@dataclass(frozen=True, slots=True)
class FederationPage:
    """`/federation`."""

    template: ClassVar[str] = "federation.html"
    federation: Federation


@dataclass(frozen=True, slots=True)
class DocsPage:
    """`/docs`."""

    template: ClassVar[str] = "docs.html"


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """Something that was not found or failed, told to a person."""

    template: ClassVar[str] = "error.html"
    status: HTTPStatus
    what: str
    todo: str = ""

    @property
    def lost(self) -> bool:
        """Whether there is nothing to see at the address: no page, or none but for forms."""
        return self.status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)

    @property
    def denied(self) -> bool:
        """Whether somebody else might have been let in."""
        return self.status == HTTPStatus.FORBIDDEN


Page = (
    HomePage
    | ListPage
    | PackagePage
    | ChangesPage
    | FederationPage
    | PublisherPage
    | DocsPage
    | ManualPage
    | ApiPage
    | ErrorPage
    | LoginPage
    | AccountPage
    | AdminPage
    | ProgramPage
    | UploadPage
    | CommentsPage
    | CommentPage
    | ModerationPage
)
