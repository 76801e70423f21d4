"""Find out how a program is used: options from its variables, and all else from its maps, programs and comments.

Options are found here; event_streams.py, views.py, attach_points.py and metrics.py find the rest.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ....schemas.bpf_object import BpfObject, DataSection, Variable
from ....schemas.c_type import BOOLEAN, ENUM, FLOAT, INTEGER, STRING, CType
from ....schemas.errors import BadInput
from ....schemas.program import ITERATOR, MAX_OPTIONS, Option, Usage
from .attach_points import find_attach_points
from .comments import FLAVOUR, SourceDocs
from .doc_text import MAX_LONG_CHARS, Default, Doc
from .event_streams import find_events
from .meanings import Meanings
from .metrics import find_metrics
from .sent_records import NOTHING_SENT, Sent
from .views import find_views, hint_at_views

GENERATED = ("__ebpfhub_", "__eunomia_dummy")
_KINDS = (INTEGER, BOOLEAN, STRING, FLOAT, ENUM)
_OF_MAPS = frozenset({"sample", "metric", "event", "intepreter", "interpreter"})
_OF_ITERATORS = frozenset({"event", "metric"})
_OF_PROGRAMS = frozenset({"attach", "ifindex", "flags", "xdpopts", "tchook", "tcopts"})


@dataclass(frozen=True, slots=True)
class FoundUsage:
    """The usage, and what the author should know of what could not be used."""

    usage: Usage
    notices: tuple[str, ...]


def find_usage(facts: BpfObject, docs: SourceDocs, exported: SourceDocs, sent: Sent = NOTHING_SENT) -> FoundUsage:
    """Join an object's facts with the comments of its source (`docs`) and header (`exported`), and what it sends.

    Raises: BadInput, with file and line where a comment is at fault.
    """
    notices: list[str] = []
    both = SourceDocs({**exported.names, **docs.names}, (*exported.structs, *docs.structs))
    meanings = Meanings(facts, both)
    options = tuple(_options(facts, docs, notices))
    header = tuple(item.name for item in exported.structs if FLAVOUR not in item.name)
    events = find_events(facts, both, header, sent, meanings, notices)
    views = find_views(facts, both, meanings)
    attach = find_attach_points(facts, both, notices)
    metrics = find_metrics(both, events, views)
    notices += hint_at_views(facts) if docs.names and not events and not views else []
    notices += _misplaced(facts, both)
    return FoundUsage(Usage(options, events, views, attach, metrics), tuple(notices))


def _misplaced(facts: BpfObject, docs: SourceDocs) -> list[str]:
    """Commands before a name that they say nothing of."""
    useful = {item.name: _OF_MAPS for item in facts.maps}
    useful |= {item.name: _OF_PROGRAMS for item in facts.programs}
    useful |= {item.name: _OF_PROGRAMS | _OF_ITERATORS for item in facts.programs if item.kind.type == ITERATOR}
    known = _OF_MAPS | _OF_PROGRAMS | {"show"}
    return [
        f"{command.place} before {name} has no effect"
        for name, doc in docs.names.items()
        for command in doc.all(*known - useful.get(name, frozenset()))
    ]


def _options(facts: BpfObject, docs: SourceDocs, notices: list[str]) -> list[Option]:
    made: list[Option] = []
    for section in facts.sections:
        for variable in section.variables:
            doc = docs.of(variable.name)
            if not _is_settable(variable, doc):
                continue
            if variable.type is None or variable.type.kind not in _KINDS or not variable.size:
                notices.append(f"{variable.name} does not become an option: only numbers, bool, char[] and enums do")
            else:
                made.append(_option(section, variable, variable.type, doc))
    if len(made) > MAX_OPTIONS:
        raise BadInput(f"has more than {MAX_OPTIONS} options", where="options")
    _check_unique(made)
    return made


def _is_settable(variable: Variable, doc: Doc) -> bool:
    """.rodata: what is `const volatile`; .data: what has a first value; .bss: only what a comment describes."""
    if variable.is_static or variable.name.startswith(GENERATED):
        return False
    if variable.section.startswith(".rodata"):
        return variable.is_const and variable.is_volatile
    return variable.section.startswith(".data") or doc.argument is not None or bool(doc.help)


def _option(section: DataSection, variable: Variable, kind: CType, doc: Doc) -> Option:
    argument = doc.argument
    long = (argument.long if argument else "") or variable.name.replace("_", "-").strip("-")[:MAX_LONG_CHARS]
    text = (argument.help if argument else "") or doc.help or f"Sets {variable.name} ({kind.name or kind.kind})"
    compiled = _value(section.image[variable.offset : variable.offset + variable.size], kind)
    default = compiled
    if argument is not None and argument.default is not None:
        default = _checked(argument.default, kind, where=f"{doc.where}: @cmdarg.default")
        if default != compiled:
            raise BadInput(
                f"says that {variable.name} is {default!r} by default, but the program sets it to {compiled!r}",
                where=doc.where,
                todo="Give both the same value",
            )
    short = argument.short if argument else ""
    return Option(variable.name, long, short, text, section.name, variable.offset, kind, default)


def _value(raw: bytes, kind: CType) -> Default:
    """The value that the compiler put into the object."""
    match kind.kind:
        case "boolean":
            return raw != b"\0"
        case "string":
            return raw.partition(b"\0")[0].decode("utf-8", "replace")
        case "float":
            return float(struct.unpack("<f" if kind.size == 4 else "<d", raw)[0])
        case _:
            return int.from_bytes(raw, "little", signed=kind.signed)


def _checked(value: Default, kind: CType, *, where: str) -> Default:
    """Check that a default of a comment fits the variable."""
    if kind.kind == BOOLEAN and (isinstance(value, bool) or value in (0, 1)):
        return bool(value)
    if kind.kind == STRING and isinstance(value, str) and len(value.encode()) < kind.size:
        return value
    if kind.kind == FLOAT and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if kind.kind == ENUM and isinstance(value, str):
        value = dict(kind.values).get(value, value)
    if kind.kind in (INTEGER, ENUM) and isinstance(value, int) and not isinstance(value, bool):
        low, high = (
            (-(1 << kind.size * 8 - 1), (1 << kind.size * 8 - 1) - 1) if kind.signed else (0, (1 << kind.size * 8) - 1)
        )
        if low <= value <= high:
            return value
    raise BadInput(f"{value!r} does not fit a {kind.name or kind.kind} of {kind.size} bytes", where=where)


def _check_unique(options: list[Option]) -> None:
    seen: dict[str, str] = {}
    for option in options:
        for spelling in [f"--{option.long.replace('_', '-')}", *([f"-{option.short}"] if option.short else [])]:
            if spelling in seen:
                raise BadInput(f"{seen[spelling]} and {option.name} are both set by {spelling}", where="options")
            seen[spelling] = option.name
