"""Text that comes from a kernel or from a stranger's program, made fit to be shown: decoded, escaped, measured, cut.

Such text may hold anything, so no control character of it ever reaches a terminal.
"""

from __future__ import annotations

from ...schemas.named import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_REMEMBERED = 4096  # values
_REMEMBERED_SIZE = 512  # bytes of a value; longer ones are seldom seen twice
CUT = "…"


class Remembered(dict[object, str]):
    """What `make` makes of each value: most names and commands come again and again. Bounded."""

    def __init__(self, make: Callable[[Any], str]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: Any) -> str:
        made = self._make(key)
        if isinstance(key, bytes) and len(key) > _REMEMBERED_SIZE:
            return made
        if len(self) >= _REMEMBERED:
            self.clear()
        self[key] = made
        return made


def decoded(value: bytes) -> str:
    """Decode a C string up to its NUL; bytes that are no UTF-8 become backslash escapes."""
    return value.partition(b"\0")[0].decode("utf-8", "backslashreplace")


def visible(text: str) -> str:
    """Escape everything that is not printable: control characters, bidirectional overrides, line separators."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def columns(text: str) -> int:
    """Count the terminal's columns that printable text takes (Unicode Standard Annex 11)."""
    return len(text) if text.isascii() else sum(map(_columns_of, text))


def fitted(text: str, width: int, *, fill: bool = True, middle: bool = False) -> str:
    """Cut printable text to `width` columns, with a mark where something is missing, and fill it with blanks.

    With `middle` its end is kept: what tells one path from another.
    """
    if text.isascii() and len(text) <= width:
        return text.ljust(width) if fill else text
    taken = columns(text)
    if taken > width:
        text, taken = _without_middle(text, width) if middle else _cut(text, width)
    return text + " " * (width - taken) if fill else text


def _without_middle(text: str, width: int) -> tuple[str, int]:
    """Keep a third of the room for the start, the rest for the end."""
    head, taken = _cut(text, max(width // 3, 1))
    if width <= 1:
        return _cut(text, width)
    end, start = 0, len(text)
    while start > 0 and end + (wide := _columns_of(text[start - 1])) <= width - taken:
        start, end = start - 1, end + wide
    return head + text[start:], taken + end


def _cut(text: str, width: int) -> tuple[str, int]:
    if width <= 0:
        return "", 0
    taken = 0
    for index, char in enumerate(text):
        wide = _columns_of(char)
        if taken + wide > width - 1:
            return text[:index] + CUT, taken + 1
        taken += wide
    return text, taken


def _columns_of(char: str) -> int:
    from unicodedata import category, east_asian_width

    if char.isascii():
        return 1
    if category(char) in ("Mn", "Me") or "\u1160" <= char <= "\u11ff":
        return 0
    return 2 if east_asian_width(char) in ("W", "F") else 1
