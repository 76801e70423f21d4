"""Reads a guide of docs/ as steps that a reader takes: what is typed, what it should print, and what is edited.

In what is printed, a line `…` stands for any lines, `…` within a line for any text, and digits for other digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

_BLOCK = re.compile(r"(?P<before>[^\n]*)\n+^```(?P<kind>console|diff)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"`([\w.-]+\.(?:c|h|json))`")
_PARTS = re.compile(r"…|\d+|\s+")


class Typed(NamedTuple):
    """A command line, and the lines that it prints."""

    command: str
    printed: tuple[str, ...]


class Edited(NamedTuple):
    """A change of a file: these lines become those."""

    file: str
    old: str
    new: str

    def apply(self, folder: Path) -> None:
        """Make the change; it fits at one place only."""
        path = folder / self.file
        text = path.read_text()
        assert text.count(self.old) == 1, f"{self.file} holds {text.count(self.old)} times: {self.old}"
        path.write_text(text.replace(self.old, self.new))


def steps(guide: str) -> Iterator[Typed | Edited]:
    """What a reader does, in its order. The file of a change is named in the paragraph above it."""
    for block in _BLOCK.finditer(guide):
        if block["kind"] == "console":
            yield from _typed(block["text"])
        else:
            yield _edited(block["before"], block["text"])


def fits(expected: Sequence[str], printed: Sequence[str]) -> bool:
    """Whether lines were printed as expected."""
    if not expected:
        return not printed
    if expected[0] == "…":
        return any(fits(expected[1:], printed[skipped:]) for skipped in range(len(printed) + 1))
    return bool(printed) and bool(_line(expected[0]).fullmatch(printed[0])) and fits(expected[1:], printed[1:])


def _typed(text: str) -> Iterator[Typed]:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, *printed = part.splitlines()
        yield Typed(command, tuple(printed))


def _edited(before: str, text: str) -> Edited:
    (file,) = dict.fromkeys(_FILE.findall(before))
    lines = text.splitlines(keepends=True)
    old = "".join(line[1:] for line in lines if line[0] in " -")
    return Edited(file, old, "".join(line[1:] for line in lines if line[0] in " +"))


def _line(expected: str) -> re.Pattern[str]:
    """Numbers differ in value and width, so the space before them does, too."""

    def pattern(found: re.Match[str]) -> str:
        return ".*" if found[0] == "…" else r"\d+" if found[0].isdigit() else r"\s+"

    made, end = [], 0
    for part in _PARTS.finditer(expected):
        made += [re.escape(expected[end : part.start()]), pattern(part)]
        end = part.end()
    return re.compile("".join([*made, re.escape(expected[end:])]))
