"""A page as a tree: what a test asks of HTML, with types. The parser is justhtml's, by the HTML standard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from justhtml import JustHTML


@dataclass(frozen=True, slots=True)
class Found:
    """One element: its name, its attributes, and what is in it."""

    node: Any

    @classmethod
    def page(cls, html: str) -> Found:
        """The document of a page. Fails on any parse error."""
        return cls(JustHTML(html, sanitize=False, strict=True).query_one("html"))

    @classmethod
    def fragment(cls, html: str) -> Found:
        """A piece of HTML, with whatever errors it has."""
        return cls(JustHTML(f"<!doctype html><title>t</title><main>{html}</main>", sanitize=False).query_one("main"))

    @property
    def name(self) -> str:
        """The element's name."""
        return str(self.node.name)

    @property
    def attributes(self) -> dict[str, str]:
        """All attributes; one without a value is empty."""
        return {key: value or "" for key, value in (self.node.attrs or {}).items()}

    def all(self, selector: str = "*") -> list[Found]:
        """Elements inside that fit a selector."""
        return [Found(node) for node in self.node.query(selector)]

    def one(self, selector: str) -> Found:
        """The only element inside that fits."""
        (found,) = self.all(selector)
        return found

    @property
    def text(self) -> str:
        """The text as it is written."""
        return str(self.node.to_text(separator="", strip=False))

    @property
    def words(self) -> str:
        """The text as a reader sees it, with single blanks."""
        return " ".join(str(self.node.to_text()).split())
