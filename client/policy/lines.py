"""On which line of a TOML file a key stands, for messages: the parser of the standard library does not tell."""

from __future__ import annotations

import re

from ...schemas.errors import BadInput

_HEADER = re.compile(r"\s*(\[{1,2})\s*([A-Za-z0-9_.-]+)\s*\]{1,2}")
_KEY = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")
_STEP = re.compile(r"([A-Za-z0-9_-]+)(?:\[(\d+)\])?")
_UNKNOWN = re.compile(r"has the unknown field '([^']*)'")


def line_of(text: str, place: str) -> int:
    """The line (from 1) of `policy.allow`, `rule[2].names` or `rule[2]`; 0 where it is not found."""
    steps = [(name, int(index or 0)) for name, index in _STEP.findall(place)]
    if not steps:
        return 0
    table, key = (steps[0], steps[-1][0] if len(steps) > 1 else "")
    counted: dict[str, int] = {}
    current, header = ("", 0), 0
    for number, line in enumerate(text.splitlines(), 1):
        if found := _HEADER.match(line):
            counted[found[2]] = counted.get(found[2], -1) + 1
            current = (found[2], counted[found[2]])
            header = number if current == table else header
            if current == table and not key:
                return number
        elif (found := _KEY.match(line)) and (current, found[1]) in ((table, key), (("", 0), table[0])):
            return number
    return header


def with_line(error: BadInput, *, text: str, where: str) -> BadInput:
    """The same error, with the line of `where` instead of the bare field, where that can be told."""
    field = error.where.removeprefix(where).lstrip(".")
    unknown = _UNKNOWN.search(error.what)
    line = line_of(text, f"{field}.{unknown[1]}" if unknown else field)
    if not error.where.startswith(where) or not line:
        return error
    return BadInput(f"{field} {error.what}", where=f"{where}:{line}", todo=error.todo)
