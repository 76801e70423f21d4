"""What a description of eunomia-bpf means for the object that comes with it: options, events, views, attach points."""

from __future__ import annotations

import re

from .bpf_maps import PERF_EVENT_ARRAY, RINGBUF, BpfMap
from .bpf_object import BpfObject, Variable
from .btf import Kind
from .btf_types import c_type
from .c_type import ARRAY, BOOLEAN, ENUM, FLOAT, INTEGER, MAX_MEMBERS, MAX_VALUE_BYTES, STRING, STRUCT, CType, Member
from .errors import BadInput
from .eunomia_meta import CustomMember, MapMeta, Meta, Stacks, VariableMeta
from .eunomia_values import compiled_value, fitting_value, packed
from .program import MAX_EVENTS, MAX_OPTIONS, MAX_VIEWS, PERF, AttachPoint, EventStream, MapView, Option, Usage
from .program import RINGBUF as RING

MAX_HELP_CHARS = 1024
_NUMBERS = (INTEGER, BOOLEAN, FLOAT, ENUM)
_TRANSPORTS = {RINGBUF: RING, PERF_EVENT_ARRAY: PERF}
_LONG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")

Setting = tuple[str, int, bytes]  # section, offset, bytes


def usage_of(meta: Meta, facts: BpfObject) -> Usage:
    """Join a description with its object. Raises: BadInput, which names the field that does not fit the object."""
    chosen = _shown_maps(meta, facts)
    return Usage(
        options=_options(meta, facts),
        events=tuple(_stream(item, found, meta, facts) for item, found in chosen if item.sample is None),
        views=tuple(_view(item, found, meta, facts) for item, found in chosen if item.sample is not None),
        attach=_attach(meta, facts),
    )


def settings_of(meta: Meta, facts: BpfObject) -> tuple[Setting, ...]:
    """Defaults that differ from what the object was compiled with: (section, offset, bytes). Raises: BadInput."""
    made: list[Setting] = []
    for item, variable, kind in _settable(meta, facts):
        if item.default is not None and kind.kind != ARRAY:
            value = packed(fitting_value(item.default, kind, where=f"{item.where}.cmdarg.default"), kind)
            if value != _image(facts, variable):
                made.append((variable.section, variable.offset, value))
    return tuple(made)


def _settable(meta: Meta, facts: BpfObject) -> list[tuple[VariableMeta, Variable, CType]]:
    """The variables that a command line can set: not pointers, structs and what has no size."""
    places = {(item.section, item.name): item for section in facts.sections for item in section.variables}
    made = []
    for item in meta.variables:
        variable = places.get((item.section, item.name))
        if variable is None:
            raise BadInput(f"the object has no variable {item.name!r} in {item.section}", where=f"{item.where}.name")
        kind = variable.type
        if kind is None or not variable.size:
            continue
        flat = kind.item if kind.kind == ARRAY and kind.item is not None else kind
        if flat.kind in _NUMBERS or kind.kind == STRING:
            made.append((item, variable, kind))
    return made


def _options(meta: Meta, facts: BpfObject) -> tuple[Option, ...]:
    made: list[Option] = []
    seen: dict[str, str] = {}
    for item, variable, kind in _settable(meta, facts):
        default = compiled_value(_image(facts, variable), kind)
        if item.default is not None and kind.kind != ARRAY:
            default = fitting_value(item.default, kind, where=f"{item.where}.cmdarg.default")
        long = item.long[:64] if item.long == item.name else item.long
        if not _LONG.fullmatch(long):
            raise BadInput(f"{long!r} is not the name of an option", where=f"{item.where}.cmdarg.long")
        if item.short and not (item.short.isascii() and item.short.isalnum()):
            raise BadInput(f"{item.short!r} is not a letter or digit", where=f"{item.where}.cmdarg.short")
        for spelling in (f"--{long.replace('_', '-')}", *([f"-{item.short}"] if item.short else [])):
            if spelling in seen:
                raise BadInput(f"{seen[spelling]} and {item.name} are both set by {spelling}", where=item.where)
            seen[spelling] = item.name
        told = item.help[:MAX_HELP_CHARS]
        made.append(Option(item.name, long, item.short, told, variable.section, variable.offset, kind, default))
    if len(made) > MAX_OPTIONS:
        raise BadInput(f"has more than {MAX_OPTIONS} options", where="data_sections")
    return tuple(made)


def _image(facts: BpfObject, variable: Variable) -> bytes:
    section = next(item for item in facts.sections if item.name == variable.section)
    return section.image[variable.offset : variable.offset + variable.size]


def _shown_maps(meta: Meta, facts: BpfObject) -> list[tuple[MapMeta, BpfMap]]:
    """The maps whose content is shown: as upstream has it, all that say so, or the last one that could be."""
    known = {item.name: item for item in facts.maps}
    found = []
    for item in meta.maps:
        if item.name in known:
            found.append((item, known[item.name]))
        elif "." not in item.name:  # libbpf's names of data sections have one
            raise BadInput(f"the object has no map {item.name!r}", where=f"{item.where}.name")
    could = [pair for pair in found if pair[0].sample is not None or pair[1].type in _TRANSPORTS]
    if not meta.multiple:
        return [pair for pair in could[-1:] if pair[0].sample is not None or meta.exports]
    shown = [pair for pair in could if pair[0].export.shown]
    if sum(pair[0].sample is None for pair in shown) > MAX_EVENTS:
        raise BadInput(f"has more than {MAX_EVENTS} maps of events", where="maps")
    if sum(pair[0].sample is not None for pair in shown) > MAX_VIEWS:
        raise BadInput(f"has more than {MAX_VIEWS} maps to look at", where="maps")
    return shown


def _stream(item: MapMeta, found: BpfMap, meta: Meta, facts: BpfObject) -> EventStream:
    kind = _exported(item, facts) if meta.multiple else None
    if kind is None:
        if not meta.exports:
            raise BadInput("no type is given for these events", where=f"{item.where}.export_config")
        kind = _first_export(meta, facts)
    return EventStream(item.name, _TRANSPORTS[found.type], _with_stacks(kind, item.stacks))


def _view(item: MapMeta, found: BpfMap, meta: Meta, facts: BpfObject) -> MapView:
    sample = item.sample
    if sample is None or not found.key_size or not found.value_size:
        raise BadInput("is not a map of keys and values", where=f"{item.where}.sample")
    value = (_exported(item, facts) if meta.multiple else None) or found.value
    if value is None and meta.exports:
        value = _first_export(meta, facts)
    value, key = value or _opaque(found.value_size), found.key or _opaque(found.key_size)
    if value.size > found.value_size:
        raise BadInput(f"is larger than the {found.value_size} bytes of a value", where=f"{item.where}.export_config")
    return MapView(item.name, sample.show, key, value, sample.interval, sample.unit, sample.clear)


def _opaque(size: int) -> CType:
    """A type for what the source gives none: a number where it has a number's size, else bytes."""
    if size in (1, 2, 4, 8):
        return CType(INTEGER, size)
    if size > MAX_VALUE_BYTES:
        raise BadInput(f"holds more than {MAX_VALUE_BYTES} bytes a value", where="maps")
    return CType(ARRAY, size, length=size, item=CType(INTEGER, 1))


def _first_export(meta: Meta, facts: BpfObject) -> CType:
    """The struct of events: by its number where that has the right name, else by name."""
    item = meta.exports[0]
    types = facts.btf.types
    known = item.type < len(types) and types[item.type].name == item.name and types[item.type].kind == Kind.STRUCT
    number = item.type if known else facts.btf.find(item.name, Kind.STRUCT)
    if not number:
        raise BadInput(f"the object has no struct {item.name!r}", where=f"{item.where}.name")
    return _type(facts, number, f"{item.where}.name")


def _exported(item: MapMeta, facts: BpfObject) -> CType | None:
    where = f"{item.where}.export_config"
    if item.export.type is not None:
        return _type(facts, item.export.type, f"{where}.btf_type_id")
    return _custom(item.export.members, facts, where) if item.export.members else None


def _custom(members: tuple[CustomMember, ...], facts: BpfObject, where: str) -> CType:
    """A record that is told member by member, in the order of their offsets."""
    made: list[Member] = []
    end = 0
    for member in members:
        kind = _type(facts, member.type, f"{member.where}.btf_type_id")
        if member.offset < end:
            raise BadInput(f"{member.name!r} overlaps the member before it", where=f"{member.where}.offset")
        made.append(Member(member.name, member.offset, kind))
        end = member.offset + kind.size
        if end > MAX_VALUE_BYTES:
            raise BadInput(f"lies beyond {MAX_VALUE_BYTES} bytes", where=f"{member.where}.offset")
    if len(made) > MAX_MEMBERS:
        raise BadInput(f"has more than {MAX_MEMBERS} members", where=where)
    return CType(STRUCT, end, members=tuple(made))


def _type(facts: BpfObject, number: int, where: str) -> CType:
    if not 0 < number < len(facts.btf.types):
        raise BadInput(f"the object has no type of the number {number}", where=where)
    try:
        return c_type(facts.btf, number)
    except BadInput as error:
        raise BadInput(f"cannot be shown: {error}", where=where) from error


def _with_stacks(kind: CType, stacks: Stacks | None) -> CType:
    if stacks is None:
        return kind
    shows = {stacks.kernel: "kernel-stack", stacks.user: "user-stack"}
    if not stacks.symbols:
        shows = dict.fromkeys(shows, "hex")
    return kind._replace(
        members=tuple(member._replace(show=shows.get(member.name, member.show)) for member in kind.members)
    )


def _attach(meta: Meta, facts: BpfObject) -> tuple[AttachPoint, ...]:
    known = {item.name: item for item in facts.programs}
    for item in meta.programs:
        if item.name not in known:
            raise BadInput(f"the object has no program {item.name!r}", where=f"{item.where}.name")
        section = known[item.name].section
        if section != item.section:
            raise BadInput(f"says {item.section!r}, but the object {section!r}", where=f"{item.where}.attach")
    return tuple(AttachPoint(item.name, item.section, item.defaults) for item in meta.programs)
