"""An explanation as lines that fit a terminal of 80 columns, and as facts for JSON."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import Any

from ...schemas.btf_lines import SourceLine
from ..output.text import fitted, visible
from ..source_line import source_with_caret
from .explanation import Explanation

WIDTH = 78
_INDENT = "  "
_LABEL = 13  # columns of the words before facts


def place_text(place: SourceLine) -> str:
    """Name a place: file:line:column, without the column where it is not known."""
    return visible(":".join([place.file, str(place.line), *([str(place.column)] if place.column else [])]))


def lines_of(item: Explanation) -> Iterator[str]:
    """Show where, what and why, and what helps."""
    if item.place is not None:
        yield f"{_INDENT}{place_text(item.place)}"
        yield from (f"{_INDENT}  {line}".rstrip() for line in source_with_caret(item.place.text, item.place.column))
    if item.taken is not None:
        yield from _fact("taken at", f"{place_text(item.taken)}  {item.taken.text.strip()}")
    if len(item.way) > 1:
        yield from _fact("way there", f"lines {', '.join(map(str, item.way))}")
    if item.instruction is not None:
        yield from _fact("instruction", f"{item.instruction}: {item.code}".removesuffix(": "))
    for register in item.registers:
        yield from _fact("register", register)
    yield from _sentences("message", visible(item.message))
    if item.cause is not None:
        yield from _sentences("why", item.cause.why)
        yield from _sentences("fix", item.cause.fix)
        yield from (f"{_INDENT * 3}{line}".rstrip() for line in _example(item.cause.example))


def facts_of(item: Explanation) -> dict[str, Any]:
    """The same facts for JSON; what is not known is left out."""
    made: dict[str, Any] = {"message": item.message}
    if item.instruction is not None:
        made["instruction"] = {"number": item.instruction, "code": item.code}
    if item.registers:
        made["registers"] = dict(register.split("=", 1) for register in item.registers)
    if item.place is not None:
        made["source"] = _place_facts(item.place)
    if item.taken is not None:
        made["taken"] = _place_facts(item.taken)
    if len(item.way) > 1:
        made["way"] = list(item.way)
    if item.cause is not None:
        made["cause"] = {"name": item.cause.name, "why": item.cause.why, "fix": item.cause.fix}
        if item.cause.example:
            made["cause"]["example"] = item.cause.example
    if item.log:
        made["log"] = list(item.log)
    return made


def _place_facts(place: SourceLine) -> dict[str, Any]:
    column = {"column": place.column} if place.column else {}
    return {"file": place.file, "line": place.line, **column, "text": place.text}


def _fact(label: str, text: str) -> Iterator[str]:
    yield f"{_INDENT}{label:<{_LABEL}}{fitted(visible(text), WIDTH - _LABEL, fill=False)}"


def _sentences(label: str, text: str) -> Iterator[str]:
    first, rest = f"{_INDENT}{label:<{_LABEL}}", _INDENT + " " * _LABEL
    for line in wrap(text, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False):
        yield fitted(line, WIDTH + len(_INDENT), fill=False)


def _example(text: str) -> Iterator[str]:
    if text:
        yield ""
        yield from (visible(line.expandtabs(4)) for line in text.splitlines())
