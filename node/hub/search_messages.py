"""What is asked of search over HTTP, and what it answers: the types of the API's operation and of the list page."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from ...schemas.architecture import Architecture
from ...schemas.errors import BadInput
from ...schemas.permission_rules import permission_words
from .catalogue import MAX_HITS, MAX_QUERY_CHARS, MAX_RESULTS, Answer, Facet, Fact, Found, Question, Sort
from .categories import Category
from .listing import CHANGES_NOTHING, KERNELS, attach_words, kernel_to_ask

MAX_VALUES = 8  # of one facet in a question
PERMISSIONS = (*permission_words(), CHANGES_NOTHING)
ATTACH = attach_words()
CATEGORIES = tuple(map(str, Category))
ARCHITECTURES = tuple(map(str, Architecture))

_Category = Annotated[str, Meta(extra_json_schema={"enum": CATEGORIES})]
_Architecture = Annotated[str, Meta(extra_json_schema={"enum": ARCHITECTURES})]
_Attach = Annotated[str, Meta(extra_json_schema={"enum": ATTACH})]
_Permission = Annotated[str, Meta(extra_json_schema={"enum": PERMISSIONS})]


def _several(description: str) -> Meta:
    return Meta(max_length=MAX_VALUES, description=f"{description} Of several, a package must have all.")


class SearchQuery(Struct, frozen=True):
    """What packages are looked for."""

    q: Annotated[
        str, Meta(max_length=MAX_QUERY_CHARS, description="Words; a package must have all, or nearly (`corrected`).")
    ] = ""
    category: Annotated[tuple[_Category, ...], _several("What it is about, by its keywords.")] = ()
    attach: Annotated[tuple[_Attach, ...], _several("What its programs attach to.")] = ()
    permission: Annotated[
        tuple[_Permission, ...], _several("What it may do, by its code; `changes:nothing` for what alters nothing.")
    ] = ()
    architecture: Annotated[
        tuple[_Architecture, ...], _several("A processor on which it runs, as far as its code tells.")
    ] = ()
    kernel: Annotated[
        str,
        Meta(
            pattern=r"^(any|[0-9]{1,2}\.[0-9]{1,3})?$",
            description=f"A kernel that has all helpers it calls; told apart are {', '.join(KERNELS)}.",
        ),
    ] = ""
    publisher: Annotated[str, Meta(max_length=512, description="The identity that released it.")] = ""
    origin: Annotated[str, Meta(max_length=253, description="The hub whose log has it; of all without this.")] = ""
    sort: Annotated[
        Sort | None, Meta(description="The order; without it by relevance, or the newest first where there is no `q`.")
    ] = None
    limit: Annotated[int, Meta(ge=1, le=MAX_RESULTS, description="How many packages to answer.")] = 20
    offset: Annotated[int, Meta(ge=0, le=10_000, description="How many packages to pass over.")] = 0
    cursor: Annotated[
        Annotated[int, Meta(ge=0, le=10**12)] | None,
        Meta(description="Where to go on: `next` of the answer before. Instead of `offset`."),
    ] = None

    def question(self) -> Question:
        """The question to the catalogue. Raises: BadInput, which lists what there is."""
        _check(self.category, CATEGORIES, "category")
        _check(self.attach, ATTACH, "attach")
        _check(self.architecture, ARCHITECTURES, "architecture")
        _check(self.permission, PERMISSIONS, "permission")
        return Question(self.q, tuple(self._facts()), self.sort, self.limit, self.offset, self.cursor)

    def _facts(self) -> list[Fact]:
        kernel = kernel_to_ask(self.kernel) if self.kernel else ""
        single = {Facet.KERNEL: kernel, Facet.PUBLISHER: self.publisher, Facet.ORIGIN: self.origin}
        several = {
            Facet.CATEGORY: self.category,
            Facet.ATTACH: self.attach,
            Facet.PERMISSION: self.permission,
            Facet.ARCHITECTURE: self.architecture,
        }
        made = [Fact(facet, str(value)) for facet, values in several.items() for value in values]
        return [*made, *(Fact(facet, value) for facet, value in single.items() if value)]


class Package(Struct, frozen=True):
    """A package that was found, with the release that is shown of it."""

    origin: Annotated[str, Meta(description="The hub whose log has it.")]
    namespace: Annotated[str, Meta(description="The first part of its name.")]
    name: Annotated[str, Meta(description="The second part.")]
    version: Annotated[str, Meta(description="The highest version; a final one before a pre-release.")]
    description: Annotated[str, Meta(description="The publisher's words.")]
    publisher: Annotated[str, Meta(description="The identity that released it.")]
    digest: Annotated[str, Meta(description="The manifest's digest.")]
    log_index: Annotated[int, Meta(description="The release's entry in the origin's log.")]
    released: Annotated[int, Meta(description="When, in Unix seconds.")]
    downloads: Annotated[int, Meta(description="How often this hub sent the package, all versions together.")]
    keywords: Annotated[list[str], Meta(description="The publisher's words.")]
    categories: Annotated[list[str], Meta(description="By the keywords; without known ones by the permissions.")]
    attach: Annotated[list[str], Meta(description="What its programs attach to, by its code.")]
    permissions: Annotated[list[str], Meta(description="What it may do, by its code.")]
    architectures: Annotated[list[str], Meta(description="Where it runs, as far as its code tells.")]
    minimum_kernel: Annotated[str, Meta(description="The oldest Linux with all helpers it calls; empty for any.")]

    @classmethod
    def of(cls, found: Found) -> Package:
        """The message about a package."""
        listing = found.listing
        permissions = found.values(Facet.PERMISSION)
        return cls(
            *(*listing.key, listing.version, listing.description, listing.publisher, listing.manifest, listing.entry),
            *(listing.time, found.downloads, list(listing.keywords), list(found.values(Facet.CATEGORY))),
            attach=list(found.values(Facet.ATTACH)),
            permissions=[word for word in permissions if ":" in word and word != CHANGES_NOTHING],
            architectures=list(found.values(Facet.ARCHITECTURE)),
            minimum_kernel=listing.minimum_kernel,
        )


class FacetCount(Struct, frozen=True):
    """How many packages have a value."""

    value: Annotated[str, Meta(description="The value, as it is asked for.")]
    packages: Annotated[int, Meta(description="How many of the counted packages have it.")]


_Counts = Annotated[list[FacetCount], Meta(description="The commonest values, the commonest first.")]


class Facets(Struct, frozen=True):
    """How the packages that were found, on all pages, divide."""

    category: _Counts
    attach: _Counts
    permission: _Counts
    architecture: _Counts
    kernel: _Counts
    publisher: _Counts
    origin: _Counts


class SearchAnswer(Struct, frozen=True):
    """A page of packages. What it says is for people: clients check packages by themselves."""

    results: Annotated[list[Package], Meta(description="The packages, in the order that was asked for.")]
    total: Annotated[int, Meta(description=f"How many there are; unless `exact`, at least so many (from {MAX_HITS}).")]
    exact: Annotated[bool, Meta(description="Whether `total` and the facets count all of them.")]
    facets: Annotated[Facets, Meta(description="How they divide.")]
    corrected: Annotated[str, Meta(description="What was looked for instead, where nothing has the words of `q`.")]
    next: Annotated[int | None, Meta(description="The `cursor` of the next page; null on the last.")]

    @classmethod
    def of(cls, answer: Answer) -> SearchAnswer:
        """The message about an answer."""
        facets = {
            facet.value: [FacetCount(count.value, count.packages) for count in answer.facets.get(facet, ())]
            for facet in Facet
        }
        found = [Package.of(item) for item in answer.found]
        return cls(found, answer.total, answer.exact, Facets(**facets), answer.corrected, answer.next)


def _check(values: tuple[str, ...], known: tuple[str, ...], where: str) -> None:
    for value in values:
        if value not in known:
            raise BadInput(f"{value[:60]!r} is unknown; there are {', '.join(known)}", where=where)
