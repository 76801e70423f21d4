"""The pages below /docs as values: a manual's page in each language, the API's operations, and where they lead."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from ....schemas.errors import NotFound
from .api import Described, described_operations
from .manuals import BOOKS, LANGUAGES, Book, Manuals, Section


@dataclass(frozen=True, slots=True)
class ManualPage:
    """`/docs/<book>[/<section>]`; `place` is that of the section among the book's pages."""

    template: ClassVar[str] = "manual.html"
    book: Book
    place: int
    every: Mapping[str, Sequence[Section]]

    def sections(self, language: str) -> Sequence[Section]:
        """The book's pages in a language."""
        return self.every[language]

    def section(self, language: str) -> Section:
        """This page in a language."""
        return self.every[language][self.place]

    def address(self, section: Section) -> str:
        """Where a page of the book is."""
        return f"/docs/{self.book.name}/{section.slug}" if section.slug else f"/docs/{self.book.name}"


@dataclass(frozen=True, slots=True)
class ApiPage:
    """`/docs/api[/<operation>]`; without `operation` the list of all."""

    template: ClassVar[str] = "api.html"
    operations: Sequence[Described]
    operation: Described | None = None


class Docs:
    """All pages below /docs but the first. `document` makes the OpenAPI document, once its pages are asked for."""

    def __init__(self, document: Callable[[], Mapping[str, Any]], manuals: Manuals | None = None) -> None:
        self._manuals = manuals or Manuals()
        self._document = document

    @cached_property
    def _operations(self) -> tuple[Described, ...]:
        return described_operations(self._document())

    def manual(self, name: str, slug: str) -> ManualPage:
        """A page of a manual. Blocking at the first time. Raises: NotFound."""
        book = next((item for item in BOOKS if item.name == name), None)
        if book is None:
            raise NotFound("there is no such manual")
        every = {language: self._manuals.sections(book, language) for language in LANGUAGES}
        for place, section in enumerate(every["en"]):
            if section.slug == slug:
                return ManualPage(book, place, every)
        raise NotFound("the manual has no such section")

    def api(self, name: str) -> ApiPage:
        """The list of operations, or one of them. Raises: NotFound."""
        if not name:
            return ApiPage(self._operations)
        for operation in self._operations:
            if operation.name == name:
                return ApiPage(self._operations, operation)
        raise NotFound("the API has no such operation")
