"""Find out how a program is used: options from its variables, event streams from its maps and its header's structs."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ...schemas.bpf_maps import PERF_EVENT_ARRAY, RINGBUF, BpfMap
from ...schemas.bpf_object import BpfObject, DataSection, Variable
from ...schemas.btf import Kind
from ...schemas.c_type import BOOLEAN, ENUM, FLOAT, INTEGER, STRING, CType
from ...schemas.errors import BadInput
from ...schemas.program import MAX_EVENTS, MAX_OPTIONS, EventStream, Option, Usage
from .comments import SourceDocs
from .doc_text import MAX_LONG_CHARS, Default, Doc

GENERATED = ("__ebpfhub_", "__eunomia_dummy")
_KINDS = (INTEGER, BOOLEAN, STRING, FLOAT, ENUM)
_TRANSPORTS = {RINGBUF: "ringbuf", PERF_EVENT_ARRAY: "perf"}


@dataclass(frozen=True, slots=True)
class FoundUsage:
    """Options and events, and what the author should know of what could not be used."""

    usage: Usage
    notices: tuple[str, ...]


def find_usage(facts: BpfObject, docs: SourceDocs, exported: SourceDocs) -> FoundUsage:
    """Join an object's facts with the comments of its source (`docs`) and header (`exported`). Raises: BadInput."""
    notices: list[str] = []
    options = _options(facts, docs, notices)
    events = _events(facts, docs, exported, notices)
    return FoundUsage(Usage(tuple(options), tuple(events)), tuple(notices))


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
    """.rodata: what is `const volatile`; .data: what has a first value; .bss: only what asks for it by @cmdarg."""
    if variable.is_static or variable.name.startswith(GENERATED):
        return False
    if variable.section.startswith(".rodata"):
        return variable.is_const and variable.is_volatile
    return variable.section.startswith(".data") or doc.argument is not None


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


def _events(facts: BpfObject, docs: SourceDocs, exported: SourceDocs, notices: list[str]) -> list[EventStream]:
    maps = [item for item in facts.maps if item.type in _TRANSPORTS]
    names = [item.name for item in exported.structs]
    if len(maps) > MAX_EVENTS:
        raise BadInput(f"has more than {MAX_EVENTS} event maps", where="events")
    made = []
    for item in maps:
        name = _event_struct(item, docs.of(item.name), names or _structs_of(facts), bool(names), notices)
        found = facts.struct(name) if name else None
        if name and found is None:
            notices.append(f"struct {name} is not in the compiled program, so the events of {item.name} are not shown")
        if found is not None:
            made.append(EventStream(item.name, _TRANSPORTS[item.type], _with_help(found, exported, docs)))
    return made


def _structs_of(facts: BpfObject) -> list[str]:
    """Structs in the object itself: for one without a header, a name alike is all that there is to go by."""
    return [item.name for item in facts.btf.types if item.kind == Kind.STRUCT and item.name]


def _event_struct(item: BpfMap, doc: Doc, names: list[str], has_header: bool, notices: list[str]) -> str:
    """The struct that a map carries: named by `@event struct X`, alike by name, or the header's first."""
    if doc.event:
        return doc.event
    alike = {item.name, item.name.removesuffix("s"), item.name.removesuffix("_events"), f"{item.name}_event"}
    alike |= {name.removesuffix("s") + "_event" for name in alike} | {item.name.removesuffix("s") + "_t"}
    found = next((name for name in names if name in alike), "")
    if found:
        return found
    if not has_header:
        notices.append(f"no header defines a struct, so the events of {item.name} are not shown")
        return ""
    if len(names) > 1:
        notices.append(
            f"{item.name} is taken to carry struct {names[0]}; say otherwise with /// @event struct NAME before the map"
        )
    return names[0]


def _with_help(kind: CType, *sources: SourceDocs) -> CType:
    found = next((item for item in (source.struct(kind.name) for source in sources) if item is not None), None)
    if found is None:
        return kind
    members = tuple(
        member._replace(help=found.members[member.name].help) if member.name in found.members else member
        for member in kind.members
    )
    return kind._replace(members=members)
