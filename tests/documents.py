"""The blocks of docs/ that are made from the code: found, compared, and written anew. What they hold is made elsewhere.

A block is either fenced, with `vector:<name>` after the fence's language, or stands between `<!-- generated:<name> -->`
and `<!-- end -->`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import ebpfhub

DOCS = Path(ebpfhub.__path__[0]) / "docs"
_VECTOR = re.compile(r"^```[a-z]+ vector:(?P<name>[a-z0-9-]+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_GENERATED = re.compile(r"^<!-- generated:(?P<name>[^\n]+?) -->\n(?P<text>.*?)^<!-- end -->$", re.MULTILINE | re.DOTALL)


def blocks(text: str) -> dict[str, str]:
    """The marked blocks of a document by their names; a name stands once."""
    found: dict[str, str] = {}
    for match in _matches(text):
        assert match["name"] not in found, f"{match['name']} stands twice"
        found[match["name"]] = match["text"]
    return found


def rewritten(text: str, made: Mapping[str, str]) -> str:
    """The document with its marked blocks as `made` has them."""
    for match in sorted(_matches(text), key=lambda found: -found.start("text")):
        text = text[: match.start("text")] + made[match["name"]] + text[match.end("text") :]
    return text


def sections(text: str) -> dict[str, str]:
    """What stands below each heading, up to the next heading of any level; code blocks hold no headings."""
    found: dict[str, str] = {}
    title, lines, fenced = "", list[str](), False
    for line in text.splitlines():
        fenced = fenced != line.startswith("```")
        if line.startswith("#") and not fenced:
            found[title] = "\n".join(lines)
            title, lines = line.lstrip("#").strip(), []
        else:
            lines.append(line)
    return found | {title: "\n".join(lines)}


def headings(text: str) -> list[int]:
    """The levels of a document's headings, in their order."""
    bare = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return [len(match[1]) for match in re.finditer(r"^(#+) ", bare, re.MULTILINE)]


def table(text: str, *, first: str) -> list[list[str]]:
    """The cells of the table whose head begins with `first`, without head and rule; code marks are taken away."""
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith(f"| {first} |"):
            next(lines)
            break
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().replace("`", "") for cell in line.strip("|").split(" | ")])
    return rows


def _matches(text: str) -> Iterator[re.Match[str]]:
    yield from _VECTOR.finditer(text)
    yield from _GENERATED.finditer(text)
