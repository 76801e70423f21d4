"""Markdown as HTML that may stand in a page: without raw HTML, cleaned again. Nothing in it loads anything."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from markupsafe import escape

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token
    from markdown_it.utils import OptionsDict

_TAGS = (
    "p h2 h3 h4 h5 h6 ul ol li blockquote pre code em strong s a hr br table thead tbody tr th td div".split()  # noqa: SIM905
)
_FOCUSABLE = {"pre": {"tabindex": "0"}, "div": {"tabindex": "0", "class": "wide"}}  # what scrolls is reached by keys


def parse(source: str) -> list[Token]:
    """Read Markdown into tokens."""
    return _markdown().parse(source)


def render(
    tokens: Sequence[Token],
    *,
    attributes: dict[str, set[str]],
    relative: Callable[[str], str | None] | Literal["deny"],
    rel: str,
) -> str:
    """Render tokens, keep only known elements and these attributes; `rel` is what links get.

    Links go to http, https and mailto addresses, and where `relative` leads a relative one: to an address, or None.
    """
    import nh3

    markdown = _markdown()
    return nh3.clean(
        markdown.renderer.render(tokens, markdown.options, {}),
        tags=set(_TAGS),
        attributes={"ol": {"start"}, **attributes},
        set_tag_attribute_values=_FOCUSABLE,
        url_schemes={"http", "https", "mailto"},
        url_relative=relative,
        link_rel=rel,
    )


def _image(
    _renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: MutableMapping[str, Any]
) -> str:
    return str(escape(tokens[index].content))


def _wide(opened: str) -> Any:
    def rendered(
        renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
    ) -> str:
        token = renderer.renderToken(tokens, index, options, env)
        return f"<div>{token}" if opened == "table_open" else f"{token}</div>"

    return rendered


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt  # here, as for jinja2: idle hubs show no pages

    made = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(["table", "strikethrough"])
    made.add_render_rule("image", _image)
    for name in ("table_open", "table_close"):
        made.add_render_rule(name, _wide(name))
    return made
