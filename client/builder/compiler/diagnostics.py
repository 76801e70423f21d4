"""What the compiler complains of: read from its output, named as the author names it, and shown with what to do.

It runs nothing. The advice itself is advice.py's.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ....schemas.errors import BadInput
from ...source_line import source_with_caret
from .advice import advice_for

MAX_ERRORS_SHOWN = 5
MAX_SOURCE_CHARS = 4096
WIDTH = 78  # columns of advice
DOES_NOT_COMPILE = "the program does not compile"
_DIAGNOSTIC = re.compile(
    r"(?P<file>[^:\n]+):(?P<line>\d{1,9}):(?P<column>\d{1,9}): (?P<kind>fatal error|error|warning): (?P<text>.*)"
)
_INCLUDED = re.compile(r"In file included from ([^:\n]+):(\d{1,9})[:,]")
_CALLEE = re.compile(r"0x[0-9a-f]+: i64 = GlobalAddress<[^@>]*@(\w+)> 0, \S+ ")  # the code generator's own names
_REDEFINED = re.compile(r": error: redefinition of '\w+'$")
_PREVIOUS = re.compile(r"vmlinux\.h:\d+:\d+: note: previous definition")
_LINES_BELOW = 5
_BACK_END = re.compile(r"(?:fatal )?error: error in backend: (?P<text>.*)")  # the code generator gave up
_BACK_END_PLACE = re.compile(r"([\w./-]+\.[ch]):(\d{1,9}):(\d{1,9})|\bline (\d{1,9}):")


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One complaint of the compiler: file as the author knows it, line from 1, column in bytes from 1, the line itself.

    Line and column are 0 where the compiler did not tell them. `through` is the place of the author's #include, where
    the complaint is about an included file. `help` says what to do about a well-known mistake.
    """

    file: str
    line: int
    column: int
    is_error: bool
    text: str
    source: str = ""
    through: str = ""
    help: str = ""

    @property
    def in_one_line(self) -> str:
        """Where and what."""
        place = ":".join([self.file, *(str(number) for number in (self.line, self.column) if number)])
        return f"{place}: {'error' if self.is_error else 'warning'}: {self.text}"

    def __str__(self) -> str:
        lines = [self.in_one_line]
        if self.source:
            lines += [f"  {line}".rstrip() for line in source_with_caret(self.source, self.column)]
        if self.through:
            lines.append(f"  included from {self.through}")
        return "\n".join([*lines, _wrapped(self.help)] if self.help else lines)

    def to_json(self) -> dict[str, Any]:
        """The same facts for JSON; what is not known is left out."""
        made = {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "message": self.text,
            "source": self.source,
            "included_from": self.through,
            "help": self.help,
        }
        return {name: value for name, value in made.items() if value}


class CompileFailed(BadInput):
    """A program that does not compile: all errors of the compiler, in its order; `what` shows the first of them."""

    def __init__(self, errors: tuple[Diagnostic, ...], *, where: str, todo: str = "") -> None:
        super().__init__(_told(errors), where=where, todo=todo)
        self.errors = errors


def read_diagnostics(output: str, *, file_name: str) -> Iterator[Diagnostic]:
    """Find the errors and warnings in clang's output; `file_name` is the compiled file."""
    through = ""
    known: dict[str, str] = {}  # clang tells of an #include once, before the first complaint about its file
    for line in _joined(output.splitlines()):
        if included := _INCLUDED.match(line):
            through = through or f"{included[1]}:{included[2]}"
        elif found := _DIAGNOSTIC.fullmatch(line):
            is_error, text = found["kind"] != "warning", _CALLEE.sub(r"\1(): ", found["text"])
            known[found["file"]] = through = through or known.get(found["file"], "")
            yield Diagnostic(found["file"], int(found["line"]), int(found["column"]), is_error, text, "", through)
            through = ""
        elif found := _BACK_END.fullmatch(line):
            yield _of_back_end(found["text"], file_name)


def located(item: Diagnostic, folder: Path, *, types: Path) -> Diagnostic:
    """Name the file as the author does, `types` being the folder of vmlinux.h, and add the line."""
    name = item.file
    for place in (folder.resolve(), types.resolve()):
        if Path(item.file).is_relative_to(place):
            name = str(Path(item.file).relative_to(place))
    source = _line(folder / item.file, item.line)
    return replace(item, file=name, source=source, help=advice_for(item.text, file=name, source=source))


def failure(errors: list[Diagnostic], output: str, *, where: str) -> BadInput:
    """Make the error of a program that does not compile: CompileFailed, where the compiler said why."""
    if errors:
        return CompileFailed(tuple(errors), where=where)
    tail = "\n".join(output.strip().splitlines()[-MAX_ERRORS_SHOWN:]) or "and said nothing"
    return BadInput(f"the compiler failed: {tail}", where=where)


def _told(errors: tuple[Diagnostic, ...]) -> str:
    """The first errors for people; each advice is given once, and what follows of it left out."""
    shown = [DOES_NOT_COMPILE]
    given = {""}
    causes = list(_causes(errors))[:MAX_ERRORS_SHOWN]
    for item in causes:
        shown.append(str(replace(item, help="") if item.help in given else item))
        given.add(item.help)
    more = len(errors) - len(causes)
    return "\n".join([*shown, *([f"… and {more} more, which may follow from these"] if more > 0 else [])])


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent="  help: ", subsequent_indent="        ", break_on_hyphens=False)


def _causes(errors: tuple[Diagnostic, ...]) -> Iterator[Diagnostic]:
    """Leave out what follows from an error that is explained: on the same line, or by the same #include."""
    explained: set[tuple[str, int] | str] = set()
    for item in errors:
        place = (item.file, item.line)
        if place in explained or (item.through and item.through in explained):
            continue
        if item.help:
            explained |= {place, item.through}
        yield item


def _joined(lines: list[str]) -> Iterator[str]:
    """The lines, two kinds with what stands below them: that vmlinux.h has a name too; where the back end gave up."""
    for number, line in enumerate(lines):
        below = lines[number + 1 : number + 1 + _LINES_BELOW]
        if _REDEFINED.search(line) and any(_PREVIOUS.search(note) for note in below):
            yield f"{line} as in vmlinux.h"
        elif _BACK_END.fullmatch(line) and not _BACK_END_PLACE.search(line):
            places = [found[0] for part in below if part.startswith("  ") and (found := _BACK_END_PLACE.search(part))]
            yield ", ".join([line, *places[:1]])
        else:
            yield line


def _of_back_end(text: str, file_name: str) -> Diagnostic:
    place = _BACK_END_PLACE.search(text)
    if place is None:
        return Diagnostic(file_name, 0, 0, True, text)
    if place[4]:
        return Diagnostic(file_name, int(place[4]), 0, True, text)
    return Diagnostic(place[1], int(place[2]), int(place[3]), True, text)


def _line(path: Path, number: int) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            line = next((text for count, text in enumerate(file, 1) if count == number), "")
    except OSError:
        return ""
    return line.rstrip()[:MAX_SOURCE_CHARS]
