"""The catalogue: what search knows of packages, asks and answers. An interface; node/storage keeps it in SQLite.

It is derived from the logs and can be made anew at any time, but for the downloads. What it tells is for people who
look for something: clients believe only what they check.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol

MAX_QUERY_CHARS = 200
MAX_FILTERS = 16  # facts that one question may ask for
MAX_RESULTS = 100  # packages of one answer
MAX_HITS = 1000  # that are ranked and counted; a broader question gets the most popular ones
MAX_SHOWN_VALUES = 12  # of one facet in an answer


class Facet(StrEnum):
    """By what packages can be told apart. A package may have several values of one."""

    CATEGORY = "category"
    ATTACH = "attach"
    PERMISSION = "permission"
    ARCHITECTURE = "architecture"
    KERNEL = "kernel"
    PUBLISHER = "publisher"
    ORIGIN = "origin"


class Sort(StrEnum):
    """The order of an answer: by relevance, the newest or the most downloaded first, or by name."""

    RELEVANCE = "relevance"
    NEW = "new"
    POPULAR = "popular"
    NAME = "name"


class Fact(NamedTuple):
    """One value that a package has of a facet."""

    facet: Facet
    value: str


class PackageKey(NamedTuple):
    """Which package of which origin."""

    origin: str
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A release as search keeps it. `entry` is its log index, `time` in Unix seconds, `trust` 0 to 4 (listing.py)."""

    key: PackageKey
    version: str
    description: str
    keywords: tuple[str, ...]
    publisher: str
    manifest: str
    entry: int
    time: int
    facts: tuple[Fact, ...]
    minimum_kernel: str
    trust: int


@dataclass(frozen=True, slots=True)
class Found:
    """One package of an answer: its listed release, and how often this hub sent it."""

    listing: Listing
    downloads: int

    def values(self, facet: Facet) -> tuple[str, ...]:
        """What the package has of a facet."""
        return tuple(fact.value for fact in self.listing.facts if fact.facet is facet)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for: packages that have every word and every fact, in an order, `limit` of them.

    They begin behind `after` (the `next` of an answer to the same question), else at `offset`. Without a sort: by
    relevance, or the newest first where no words are given.
    """

    text: str = ""
    facts: tuple[Fact, ...] = ()
    sort: Sort | None = None
    limit: int = 20
    offset: int = 0
    after: int | None = None

    @property
    def order(self) -> Sort:
        """The order of the answer."""
        return self.sort or (Sort.RELEVANCE if self.text.strip() else Sort.NEW)


@dataclass(frozen=True, slots=True)
class Count:
    """How many of the counted packages have a value of a facet."""

    value: str
    packages: int


@dataclass(frozen=True, slots=True)
class Answer:
    """Packages in their order. `total` is how many there are; unless `exact`, at least so many, as are the counts.

    `corrected` is the text that was looked for instead, when nothing has the words as they were written; `next` tells
    where the answer goes on, if it does: the number of its last package, or by relevance, of packages so far.
    """

    found: tuple[Found, ...]
    total: int
    exact: bool
    facets: Mapping[Facet, tuple[Count, ...]] = field(default_factory=dict)
    corrected: str = ""
    next: int | None = None


class Catalogue(Protocol):
    """Search over the packages of this hub's log and of those that it mirrors. Raises (all methods): StorageFailed."""

    def known_size(self, origin: str) -> int:
        """Entries of an origin's log that the catalogue has taken in."""
        ...

    def put(self, listings: Iterable[Listing]) -> None:
        """Take in releases; of a package's versions the highest is shown, a final one before a pre-release."""
        ...

    def replace(self, key: PackageKey, listing: Listing | None, *, known: int) -> None:
        """Show exactly this listing of a package, or nothing; `known` entries of its log are taken in then."""
        ...

    def search(self, question: Question) -> Answer:
        """Answer a question. Takes milliseconds: call it in a thread."""
        ...

    def get(self, key: PackageKey) -> Found | None:
        """One package, as it is listed."""
        ...

    def count(self) -> int:
        """Number of packages, of all origins."""
        ...

    def add_downloads(self, counts: Mapping[PackageKey, int]) -> None:
        """Add to how often packages were sent; what is in no log has no effect."""
        ...
