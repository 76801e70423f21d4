"""What to do about a type that the chosen kernel types lack: say whether the others have it.

It reads the compiler's complaint and the headers. What to do about a name that neither has is advice.py's.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import NamedTuple

from ....schemas.errors import BadInput, HubError
from ..architecture import Architecture
from ..compiler.diagnostics import CompileFailed
from .chosen import OWN_TYPES, Types, TypesChoice, choose_types

_QUOTED = r"'(?:const |volatile )*(?:(?P<kind>struct|union|enum) )?(?P<name>\w{1,128})(?: \*)?'"
_COMPLAINTS = (
    re.compile(r"no member named '(?P<member>\w{1,128})' in " + _QUOTED),
    re.compile(r"incomplete (?:definition of )?type " + _QUOTED),
    re.compile(r"has type " + _QUOTED + " that is never completed"),
    re.compile(r"unknown type name " + _QUOTED),
    re.compile(r"use of undeclared identifier " + _QUOTED),
)
_TAKEN = re.compile(r"redefinition of enumerator '(\w{1,128})'")


class Wanted(NamedTuple):
    """What a complaint is about; `kind` is struct, union, enum or empty, `member` empty for a whole type."""

    kind: str
    name: str
    member: str

    def __str__(self) -> str:
        name = f"{self.kind} {self.name}".strip()
        return f"{self.name}.{self.member}" if self.member else name


def explained(error: BadInput, types: Types, *, architecture: Architecture | None, cache: Path) -> BadInput:
    """Add to a compiler's complaint what to do, when it is about a type that the chosen types lack."""
    if not isinstance(error, CompileFailed):
        return error
    todo = _todo(error, types, architecture, cache)
    return CompileFailed(error.errors, where=error.where, todo=todo) if todo else error


def _todo(error: CompileFailed, types: Types, architecture: Architecture | None, cache: Path) -> str:
    """What to do about the first error that is about a type; nothing where that is not known."""
    texts = [item.text for item in error.errors]
    if taken := next(filter(None, map(_TAKEN.search, texts)), None):
        return f"{types} have a {taken[1]}: rename yours"
    wanted = next(filter(None, map(wanted_in, texts)), None)
    if wanted is None or types.choice is None or has(_text(types.folder), wanted):
        return ""
    other = TypesChoice.KERNEL if types.choice is TypesChoice.SHIPPED else TypesChoice.SHIPPED
    found = None
    with contextlib.suppress(HubError):  # this kernel may describe no types, or be of another architecture
        found = choose_types((), other, architecture, cache, progress=None)
    if found is None or not has(_text(found.folder), wanted):
        return ""
    return f"{wanted} is not among {types}, but {found} have it: ecli build --types {other}"


def wanted_in(complaint: str) -> Wanted | None:
    """The first missing type, member or constant that the compiler complains of."""
    found = [match for pattern in _COMPLAINTS if (match := pattern.search(complaint))]
    if not found:
        return None
    first = min(found, key=lambda match: match.start())
    return Wanted(first["kind"] or "", first["name"], first.groupdict().get("member") or "")


def has(header: str, wanted: Wanted) -> bool:
    """Tell whether a vmlinux.h declares it."""
    name = re.escape(wanted.name)
    if wanted.kind:
        body = re.search(rf"^{wanted.kind} {name} \{{\n(.*?)^\}}", header, re.MULTILINE | re.DOTALL)
        return body is not None and (not wanted.member or bool(re.search(rf"\b{wanted.member}\b[\[:; ]", body[1])))
    typedef = rf"^typedef [^\n]*(?:\(\*{name}\)|\b{name}(?:\[\d+\])*;$)|^\}} {name};$"
    return bool(re.search(rf"{typedef}|^\t{name}(?: = |,$)", header, re.MULTILINE))


def _text(folder: Path) -> str:
    return (folder / OWN_TYPES).read_text(encoding="utf-8", errors="replace")
