"""The list of packages as a value: what was asked, what was found, and the addresses that narrow it down or turn pages.

The same parameters as the API's search, so that an address of one is easily made one of the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

from ...schemas.errors import BadInput
from ..hub.catalogue import Answer, Count, Facet, Question, Sort
from ..hub.listing import ANY_KERNEL, KERNELS
from ..hub.search_messages import SearchQuery
from .cards import Card

PER_PAGE = 20  # packages
MAX_PAGE = 500
_ORDER = (
    *(Facet.CATEGORY, Facet.PERMISSION, Facet.ATTACH, Facet.KERNEL, Facet.ARCHITECTURE, Facet.PUBLISHER, Facet.ORIGIN),
)
_SINGLE = frozenset({Facet.KERNEL, Facet.PUBLISHER, Facet.ORIGIN})  # one value of it can be asked for
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One value that narrows the list down: where that leads, and how many packages are left. 0: not counted."""

    facet: Facet
    value: str
    address: str
    packages: int = 0


@dataclass(frozen=True, slots=True)
class ListPage:
    """`/packages?q=…`. `text` is the question's words, `language` the one that the address asks for, or empty.

    `page` is the number of this page, from 1; `more` tells whether another follows.
    """

    template: ClassVar[str] = "list.html"
    text: str
    asked: Pairs  # all parameters but words, page and language
    language: str
    order: Sort
    found: Sequence[Card]
    answer: Answer
    page: int
    more: bool
    brief: bool = False  # without what narrows it down, which made the page too large

    @classmethod
    def of(cls, query: SearchQuery, answer: Answer, page: int, language: str) -> ListPage:
        """The page that shows an answer."""
        sort = (("sort", str(query.sort)),) if query.sort else ()
        return cls(
            query.q.strip(),
            (*_filters(query), *sort),
            language,
            query.question().order,
            [Card.of(found) for found in answer.found],
            answer,
            page,
            answer.next is not None and page < MAX_PAGE,
        )

    @property
    def filters(self) -> Pairs:
        """The facts that are asked for, as pairs of facet and value."""
        return tuple(pair for pair in self.asked if pair[0] != "sort")

    @property
    def hidden(self) -> Pairs:
        """What the search form keeps besides the words."""
        return (*self.asked, *self._language)

    @property
    def parameters(self) -> str:
        """The query string of this page without a language, for links to other languages."""
        return _encoded((*self._words, *self.asked, *((("page", str(self.page)),) if self.page > 1 else ())))

    @property
    def chosen(self) -> list[Choice]:
        """The facts that are asked for, each with the address of the list without it."""
        return [
            Choice(Facet(name), value, self._address(tuple(pair for pair in self.asked if pair != (name, value))))
            for name, value in self.filters
        ]

    @property
    def bare(self) -> str:
        """The address of the list without any filter."""
        return self._address(tuple(pair for pair in self.asked if pair[0] == "sort"))

    @property
    def boxes(self) -> list[tuple[Facet, list[Choice]]]:
        """The facets that can narrow the list down further, with their values."""
        made = [] if self.brief else [(facet, self._choices(facet)) for facet in _ORDER]
        return [(facet, choices) for facet, choices in made if choices]

    @property
    def orders(self) -> list[tuple[Sort, str]]:
        """The orders that make sense, and where they lead."""
        fitting = [sort for sort in Sort if self.text or sort is not Sort.RELEVANCE]
        return [(sort, self._address((*self.filters, ("sort", str(sort))))) for sort in fitting]

    def at(self, page: int) -> str:
        """The address of another page of the same list."""
        return self._address(self.asked, page)

    @property
    def _words(self) -> Pairs:
        return (("q", self.text),) if self.text else ()

    @property
    def _language(self) -> Pairs:
        return (("lang", self.language),) if self.language else ()

    def _choices(self, facet: Facet) -> list[Choice]:
        if facet in _SINGLE and any(name == facet for name, _ in self.filters):
            return []
        counts = [count for count in self.answer.facets.get(facet, ()) if self._narrows(facet, count)]
        if facet in (Facet.KERNEL, Facet.ARCHITECTURE):
            counts.sort(key=lambda count: _rank(count.value))
        return [
            Choice(facet, count.value, self._address((*self.asked, (str(facet), count.value))), count.packages)
            for count in counts
        ]

    def _narrows(self, facet: Facet, count: Count) -> bool:
        """Whether a value leaves fewer packages; a permission's category is told by its groups."""
        plain = facet is Facet.PERMISSION and ":" not in count.value
        return not plain and count.packages < self.answer.total and (str(facet), count.value) not in self.asked

    def _address(self, asked: Pairs, page: int = 1) -> str:
        turned = (("page", str(page)),) if page > 1 else ()
        query = _encoded((*self._words, *asked, *turned, *self._language))
        return f"/packages?{query}" if query else "/packages"


def _encoded(pairs: Pairs) -> str:
    return urlencode(pairs, safe=":@/")


def page_question(query: SearchQuery, page: int) -> Question:
    """The question to the catalogue for one page."""
    asked = query.question()
    return Question(asked.text, asked.facts, asked.sort, PER_PAGE, (page - 1) * PER_PAGE)


def page_number(text: str) -> int:
    """The number of a page. Raises: BadInput."""
    if not text.isascii() or not text.isdigit() or len(text) > 4 or not 1 <= int(text) <= MAX_PAGE:
        raise BadInput(f"pages are numbered from 1 to {MAX_PAGE}", where="page")
    return int(text)


def _filters(query: SearchQuery) -> Pairs:
    several = {
        "category": query.category,
        "permission": query.permission,
        "attach": query.attach,
        "architecture": query.architecture,
    }
    single = {"kernel": query.kernel, "publisher": query.publisher, "origin": query.origin}
    made = [(name, value) for name, values in several.items() for value in values]
    return tuple(dict.fromkeys([*made, *((name, value) for name, value in single.items() if value)]))


def _rank(value: str) -> int:
    order = (ANY_KERNEL, *KERNELS)
    return order.index(value) if value in order else len(order)
