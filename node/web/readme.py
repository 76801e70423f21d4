"""A package's README as HTML that may stand in a page: Markdown without raw HTML, cleaned again, and bounded.

Nothing in it loads anything: images become their texts. Links go to http, https and mailto addresses only.
"""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup, escape

MAX_HTML_BYTES = 16 * 1024  # bytes of HTML, so that a page stays small
MAX_SOURCE_CHARS = 16 * 1024  # characters of Markdown that are looked at
FIRST_LEVEL = 3  # the page has a title (1) and a section (2) above a README's headings
_LAST_LEVEL = 6
_TAGS = (
    "p h3 h4 h5 h6 ul ol li blockquote pre code em strong s a hr br table thead tbody tr th td div".split()  # noqa: SIM905
)
_FOCUSABLE = {"pre": {"tabindex": "0"}, "div": {"tabindex": "0", "class": "wide"}}  # what scrolls is reached by keys


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
    tokens = _MARKDOWN.parse(text)
    if [token.type for token in tokens[:2]] == ["heading_open", "inline"] and _same(tokens[1].content, title):
        del tokens[:3]
    _settle_levels(tokens)
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return nh3.clean(
        html,
        tags=set(_TAGS),
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        set_tag_attribute_values=_FOCUSABLE,
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",
        link_rel="nofollow noopener noreferrer ugc",
    )


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


def _image(
    _renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: MutableMapping[str, Any]
) -> str:
    return str(escape(tokens[index].content))


def _wide(opened: str) -> Any:
    def render(
        renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
    ) -> str:
        token = renderer.renderToken(tokens, index, options, env)
        return f"<div>{token}" if opened == "table_open" else f"{token}</div>"

    return render


def _markdown() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(["table", "strikethrough"])
    made.add_render_rule("image", _image)
    for name in ("table_open", "table_close"):
        made.add_render_rule(name, _wide(name))
    return made


_MARKDOWN = _markdown()
