"""A comment's Markdown as HTML that may stand in a page: without headings, raw HTML or images, and bounded."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from ..markdown import parse, render

MAX_HTML_BYTES = 3 * 1024  # of a comment among others; so ten leave room in a page
MAX_WHOLE_BYTES = 24 * 1024  # of one on a page of its own
_LINKS = "nofollow noopener noreferrer ugc"


@dataclass(frozen=True, slots=True)
class CommentText:
    """Clean HTML; `cut` when the text was longer than is shown."""

    html: Markup
    cut: bool


def render_comment(source: str, *, limit: int = MAX_HTML_BYTES) -> CommentText:
    """Render a comment as at most `limit` bytes of HTML."""
    text = source
    html = _render(text)
    while len(html.encode()) > limit:
        text = text[: len(text) * 3 // 4]
        html = _render(text)
    return CommentText(Markup(html), len(text) < len(source))  # noqa: S704 — nh3 has cleaned it


def _render(text: str) -> str:
    tokens = parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = "p"  # headings are the page's own
    return render(tokens, attributes={"a": {"href"}}, relative="deny", rel=_LINKS)
