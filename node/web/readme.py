"""A package's README as HTML that may stand in a page: Markdown without raw HTML, cleaned again, and bounded.

Nothing in it loads anything: images become their texts. Links go to http, https and mailto addresses only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from .markdown import parse, render

if TYPE_CHECKING:
    from markdown_it.token import Token

MAX_HTML_BYTES = 16 * 1024  # bytes of HTML, so that a page stays small
MAX_SOURCE_CHARS = 16 * 1024  # characters of Markdown that are looked at
FIRST_LEVEL = 3  # the page has a title (1) and a section (2) above a README's headings
_LAST_LEVEL = 6


@dataclass(frozen=True, slots=True)
class Readme:
    """Clean HTML; `cut` when the README was longer than a page shows."""

    html: Markup
    cut: bool

    def __bool__(self) -> bool:
        return bool(self.html)


def render_readme(source: str, *, title: str) -> Readme:
    """Render Markdown; a first heading that only repeats `title` is left out."""
    text = source[:MAX_SOURCE_CHARS]
    html = _render(text, title)
    while len(html.encode()) > MAX_HTML_BYTES:
        text = _shorter(text)
        html = _render(text, title)
    return Readme(Markup(html), len(text) < len(source))  # noqa: S704 — nh3 has cleaned it


def _shorter(text: str) -> str:
    """The first three quarters of a text, up to the end of a line where one is near."""
    text = text[: len(text) * 3 // 4]
    line = text.rfind("\n")
    return text[: line + 1] if line > len(text) // 2 else text


def _render(text: str, title: str) -> str:
    tokens = parse(text)
    if [token.type for token in tokens[:2]] == ["heading_open", "inline"] and _same(tokens[1].content, title):
        del tokens[:3]
    _settle_levels(tokens)
    return render(tokens, attributes={"a": {"href", "title"}}, relative="deny", rel="nofollow noopener noreferrer ugc")


def _same(heading: str, title: str) -> bool:
    return heading.strip().casefold() == title.casefold()


def _settle_levels(tokens: list[Token]) -> None:
    """Let headings begin below the page's own and never skip a level downwards."""
    above: list[int] = []  # levels, as written, of the headings that the present one stands below
    for token in tokens:
        if token.type == "heading_open":
            written = int(token.tag[1:])
            while above and above[-1] >= written:
                above.pop()
            above.append(written)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(FIRST_LEVEL + len(above) - 1, _LAST_LEVEL)}"
