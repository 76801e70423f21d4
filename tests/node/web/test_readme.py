"""READMEs are strangers' text: whatever they hold, what comes out is tame, bounded HTML."""

from __future__ import annotations

import pytest
from ebpfhub.node.web.readme import MAX_HTML_BYTES, render_readme
from hypothesis import given, settings
from hypothesis import strategies as st

from .document import Found

ALLOWED = frozenset(
    "p h3 h4 h5 h6 ul ol li blockquote pre code em strong s a hr br table thead tbody tr th td div".split()  # noqa: SIM905
)


def _elements(html: str) -> list[tuple[str, dict[str, str]]]:
    return [(element.name, element.attributes) for element in Found.fragment(html).all()]


def _is_tame(html: str) -> None:
    for name, attributes in _elements(html):
        assert name in ALLOWED
        assert set(attributes) <= {"href", "title", "rel", "start", "tabindex", "class"}
        assert attributes.get("href", "https:").split(":")[0].lower() in ("https", "http", "mailto")


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt&colon;alert(1))",
        "[a](\x01javascript:alert(1))",
        "[a](data:text/html;base64,PHNjcmlwdD4=)",
        "[a](//evil.example.net)",
        "<javascript:alert(1)>",
        '![a](x"onerror="alert(1))',
        '[a](https://x "><script>alert(1)</script>")',
        "`</code></pre><script>alert(1)</script>`",
        '```"><script>\n</pre><script>alert(1)</script>\n```',
        "| <script> |\n| --- |\n| </table><img src=x onerror=alert(1)> |",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "> " * 500 + "deep",
        "[" * 3000,
        "*" * 5000 + "a" + "*" * 5000,
    ],
)
def test_known_tricks_come_out_tame(source: str) -> None:
    _is_tame(str(render_readme(source, title="x").html))


@settings(max_examples=150)
@given(st.text(alphabet=st.sampled_from(list("<>\"'`[]()!#*_-|:/&;= \n\tabjsx01\u202e中\0\\~")), max_size=400))
def test_any_text_comes_out_tame(source: str) -> None:
    _is_tame(str(render_readme(source, title="x").html))


def test_ordinary_markdown_is_rendered() -> None:
    html = str(render_readme("Some *words*\n\n- `one`\n- [two](https://example.org)\n\n```\ncode\n```", title="x").html)
    names = [name for name, _ in _elements(html)]
    assert {"p", "em", "ul", "li", "code", "a", "pre"} <= set(names)


def test_long_readme_is_cut_and_says_so() -> None:
    long = render_readme("<&> 很长的一段文字\n\n" * 20_000, title="x")
    assert long.cut
    assert len(long.html.encode()) <= MAX_HTML_BYTES
    assert not render_readme("short", title="x").cut


def test_heading_that_repeats_the_title_is_left_out() -> None:
    assert "opensnoop" not in render_readme("# OpenSnoop\n\ntext", title="opensnoop").html
    assert "another" in render_readme("# another\n\ntext", title="opensnoop").html


def test_headings_begin_below_the_page_and_skip_no_level() -> None:
    html = str(render_readme("# a\n\n#### b\n\n## c\n\n###### d\n\n# e", title="x").html)
    assert [name for name, _ in _elements(html)] == ["h3", "h4", "h4", "h5", "h3"]


def test_empty_readme_is_false() -> None:
    assert not render_readme("", title="x")
