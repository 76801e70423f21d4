"""The project's manuals (docs/*.md) as pages: each is one, or one for each of its sections, in step in all languages.

The files come with the package; they are read and rendered once, when somebody asks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from markupsafe import Markup

from ..markdown import parse, render

if TYPE_CHECKING:
    from markdown_it.token import Token

FOLDER = Path(__file__).parents[3] / "docs"
LANGUAGES = {"en": "", "zh": ".zh"}  # of files' names
_LEFT_OUT = re.compile(r"^(?:<!--.*?-->|!\[[^\]\n]*\]\([^)\n]*\))\n", re.MULTILINE)  # marks, and pictures
_UNSPOKEN = re.compile(r"[^\w\- ]")
_OWN = re.compile(r"([a-z-]+?)(?:\.zh)?\.md(#.*)?")


class Book(NamedTuple):
    """One manual: its name in addresses, and whether each of its sections is a page. Not every one is translated."""

    name: str
    split: bool
    languages: tuple[str, ...] = tuple(LANGUAGES)


BOOKS = (
    Book("first-package", split=False),
    Book("publishing", split=False),
    Book("manual", split=True),
    Book("threats", split=False),
    Book("attacks", split=False, languages=("en",)),
    Book("authority", split=False),
    Book("protocol", split=True, languages=("en",)),
)


class Heading(NamedTuple):
    """A heading inside a page: 2 is the page's highest level."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Section:
    """One page of a manual; `slug` is empty for the first, `language` that of its text."""

    slug: str
    title: str
    language: str
    html: Markup
    headings: tuple[Heading, ...]


class Manuals:
    """All manuals, by name and language."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._read: dict[tuple[str, str], tuple[Section, ...]] = {}
        self._cut: dict[tuple[str, str], tuple[_Part, ...]] = {}

    def sections(self, book: Book, language: str) -> tuple[Section, ...]:
        """The pages of a manual; in English where it is not translated. Blocking at the first time."""
        language = language if language in book.languages else book.languages[0]
        key = (book.name, language)
        if key not in self._read:

            def lead(target: str) -> str | None:
                return self._led(target, book, language)

            self._read[key] = tuple(_section(part, lead, language) for part in self._parts(book, language))
        return self._read[key]

    def _parts(self, book: Book, language: str) -> tuple[_Part, ...]:
        language = language if language in book.languages else book.languages[0]
        key = (book.name, language)
        if key not in self._cut:
            parts = [_part(tokens, place) for place, tokens in enumerate(_cut(parse(self._text(book, language)), book))]
            if language != book.languages[0]:  # addresses are the same in all languages
                slugs = [item.slug for item in self._parts(book, book.languages[0])]
                parts = [part._replace(slug=slug) for part, slug in zip(parts, slugs, strict=True)]
            self._cut[key] = tuple(parts)
        return self._cut[key]

    def _led(self, target: str, book: Book, language: str) -> str | None:
        """Where a link to a manual or a place in one leads on these pages; None for what is not on them."""
        own = _OWN.fullmatch(target)
        wanted = next((item for item in BOOKS if own and item.name == own[1]), None) if own else book
        anchor = (own[2] or "") if own else target
        if wanted is None or (not own and not target.startswith("#")):
            return None
        name = unquote(anchor[1:])
        for part in self._parts(wanted, language) if name else ():
            place = "/".join(filter(None, (f"/docs/{wanted.name}", part.slug)))
            if name == _slug(part.title):
                return place
            if name in [heading.anchor for heading in part.headings]:
                return place + anchor
        return f"/docs/{wanted.name}{anchor}"

    def _text(self, book: Book, language: str) -> str:
        path = self._folder / f"{book.name}{LANGUAGES[language]}.md"
        return _LEFT_OUT.sub("", path.read_text(encoding="utf-8"))


class _Part(NamedTuple):
    """The tokens of a page below its title, before they are rendered."""

    slug: str
    title: str
    headings: tuple[Heading, ...]
    tokens: list[Token]


def _part(tokens: list[Token], place: int) -> _Part:
    title, body = tokens[1].content.replace("`", ""), tokens[3:]
    headings = tuple(_headings(body, 1 if place else 0))
    return _Part(_slug(title) if place else "", title, headings, body)


def _section(part: _Part, lead: Callable[[str], str | None], language: str) -> Section:
    html = render(
        part.tokens,
        attributes={"a": {"href"}} | {f"h{level}": {"id"} for level in range(2, 7)},
        relative=lead,
        rel="noopener noreferrer",
    )
    return Section(part.slug, part.title, language, Markup(html), part.headings)  # noqa: S704 — it is clean


def _cut(tokens: Sequence[Token], book: Book) -> list[list[Token]]:
    """The tokens of each page; each begins with its heading's three."""
    made: list[list[Token]] = []
    for token in tokens:
        starts = token.type == "heading_open" and token.level == 0 and token.tag in ("h1", "h2" if book.split else "h1")
        if starts:
            made.append([])
        made[-1].append(token)
    return made


def _headings(tokens: Sequence[Token], raised: int) -> Iterator[Heading]:
    """Give each heading an anchor, as GitHub does, and raise it to the level that it has on its page."""
    known: dict[str, int] = {}
    for place, token in enumerate(tokens):
        if token.type not in ("heading_open", "heading_close"):
            continue
        level = max(int(token.tag[1:]) - raised, 2)
        token.tag = f"h{level}"
        if token.type == "heading_open":
            text = tokens[place + 1].content.replace("`", "")
            anchor = _slug(text)
            known[anchor] = known.get(anchor, -1) + 1
            anchor = f"{anchor}-{known[anchor]}" if known[anchor] else anchor
            token.attrSet("id", anchor)
            yield Heading(level, text, anchor)


def _slug(text: str) -> str:
    return _UNSPOKEN.sub("", text.lower()).replace(" ", "-")
