"""The description in a package.json of eunomia-bpf (`EunomiaObjectMeta`), read into typed values.

Only what the text says. What it means for the object that comes with it is found in eunomia.py.
"""

from __future__ import annotations

from typing import NamedTuple

from .errors import BadInput
from .fields import Fields
from .program import LINEAR, LOG2, MAX_ATTACH_POINTS, TABLE

MAX_SECTIONS = 64
MAX_VARIABLES = 4096  # of all sections
MAX_MAPS = 512
MAX_EXPORTS = 256
MAX_MEMBERS = 1024
MAX_TEXT_CHARS = 64 * 1024
GENERATED = "__eunomia_dummy"  # variables that only keep a struct's type in the object
_SHOWS = {"default_kv": TABLE, "log2_hist": LOG2, "linear_hist": LINEAR}
_NO_UNIT = "(unit)"
_MODES = {1 << 1: "generic", 1 << 2: "native", 1 << 3: "offload"}  # XDP_FLAGS_…_MODE
_DIRECTIONS = {"BPF_TC_INGRESS": "ingress", "BPF_TC_EGRESS": "egress", "BPF_TC_CUSTOM": ""}
_LEAST_MS, _MOST_MS = 10, 24 * 3600 * 1000

Default = int | float | str | bool


class VariableMeta(NamedTuple):
    """A variable of a data section, and how it is set on the command line."""

    section: str
    name: str
    type: str
    help: str
    long: str
    short: str
    default: Default | None
    where: str


class Sample(NamedTuple):
    """A map that is looked at every `interval` milliseconds."""

    interval: int
    show: str
    unit: str
    clear: bool


class CustomMember(NamedTuple):
    """A member of a record that no struct describes: `offset` in bytes, `type` is a BTF id."""

    name: str
    offset: int
    type: int
    where: str


class Export(NamedTuple):
    """What a map's records are where several maps are shown: `type` is a BTF id, or `members`, or the usual."""

    shown: bool = False
    type: int | None = None
    members: tuple[CustomMember, ...] = ()


class Stacks(NamedTuple):
    """The members of a record that hold stacks, and whether their addresses are named."""

    kernel: str
    user: str
    symbols: bool


class MapMeta(NamedTuple):
    """A map; `name` is libbpf's, so that of a data section has a dot in it."""

    name: str
    sample: Sample | None
    export: Export
    stacks: Stacks | None
    where: str


class ProgramMeta(NamedTuple):
    """A program; `defaults` are (one of program.TARGETS, text)."""

    name: str
    section: str
    defaults: tuple[tuple[str, str], ...]
    where: str


class ExportType(NamedTuple):
    """A struct that events are made of; `type` is its BTF id."""

    name: str
    type: int
    where: str


class Meta(NamedTuple):
    """All that a description says."""

    object_name: str
    version: str
    description: str
    variables: tuple[VariableMeta, ...]
    maps: tuple[MapMeta, ...]
    programs: tuple[ProgramMeta, ...]
    exports: tuple[ExportType, ...]
    multiple: bool

    @classmethod
    def read(cls, fields: Fields) -> Meta:
        """Read a description. Null stands for absent; later fields have no effect. Raises: BadInput."""
        for name in ("perf_buffer_pages", "perf_buffer_time_ms", "poll_timeout_ms"):
            fields.integer(name, low=-(2**31), default=0)
        for name in ("debug_verbose", "print_header"):
            fields.boolean(name, default=False)
        fields.text("eunomia_version", limit=64, default="")
        skeleton = fields.map("bpf_skel")
        version, description = _doc(skeleton)
        return cls(
            skeleton.text("obj_name", limit=256),
            version,
            description,
            _variables(skeleton),
            tuple(_map(item) for item in skeleton.maps("maps", limit=MAX_MAPS, default=[])),
            tuple(_program(item) for item in skeleton.maps("progs", limit=MAX_ATTACH_POINTS, default=[])),
            tuple(_export_type(item) for item in fields.maps("export_types", limit=MAX_EXPORTS, default=[])),
            fields.boolean("enable_multiple_export_types", default=False),
        )


def _doc(skeleton: Fields) -> tuple[str, str]:
    if not skeleton.has("doc"):
        return "", ""
    doc = skeleton.map("doc")
    version, brief, details, more = (
        doc.text(name, limit=MAX_TEXT_CHARS, default="").strip()
        for name in ("version", "brief", "details", "description")
    )
    return version, "\n".join(filter(None, (brief or more, details)))


def _variables(skeleton: Fields) -> tuple[VariableMeta, ...]:
    made: list[VariableMeta] = []
    for section in skeleton.maps("data_sections", limit=MAX_SECTIONS, default=[]):
        name = section.text("name", limit=64)
        found = section.maps("variables", limit=MAX_VARIABLES, default=[])
        made += [_variable(name, item) for item in found]
        if len(made) > MAX_VARIABLES:
            raise BadInput(f"has more than {MAX_VARIABLES} variables", where=section.where)
    return tuple(item for item in made if not item.name.startswith(GENERATED))


def _variable(section: str, fields: Fields) -> VariableMeta:
    argument = fields.map("cmdarg") if fields.has("cmdarg") else Fields({}, fields.at("cmdarg"))
    name, kind = fields.text("name", limit=128), fields.text("type", limit=1024)
    told = argument.text("help", limit=MAX_TEXT_CHARS, default="")
    told = told or fields.text("description", limit=MAX_TEXT_CHARS, default="")
    given = argument if argument.has("default") else fields
    return VariableMeta(
        section,
        name,
        kind,
        told or usual_help(kind, name),
        argument.text("long", limit=64, default="") or name,
        argument.text("short", limit=1, default=""),
        _default(given, "default" if given is argument else "value"),
        fields.where,
    )


def usual_help(kind: str, name: str) -> str:
    """The help of a variable that nobody has described, in upstream's words."""
    return f"Set value of `{kind}` variable {name}"


def _default(fields: Fields, name: str) -> Default | None:
    value = fields.raw(name)
    if value is None or isinstance(value, int | float | str | bool):
        return value
    raise BadInput("must be a number, text, true or false", where=fields.at(name))


def _map(fields: Fields) -> MapMeta:
    fields.text("ident", limit=128)
    fields.boolean("mmaped", default=False)
    return MapMeta(
        fields.text("name", limit=128),
        _sample(fields.map("sample")) if fields.has("sample") else None,
        _export(fields),
        _stacks(fields),
        fields.where,
    )


def _sample(fields: Fields) -> Sample:
    show = fields.text("type", limit=32, default="default_kv")
    if show not in _SHOWS:
        raise BadInput(f"{show!r} is not default_kv, log2_hist or linear_hist", where=fields.at("type"))
    unit = fields.text("unit", limit=32, default="")
    return Sample(
        max(_LEAST_MS, fields.integer("interval", high=_MOST_MS)),
        _SHOWS[show],
        "" if unit == _NO_UNIT else unit,
        fields.boolean("clear_map", default=False),
    )


def _export(fields: Fields) -> Export:
    config = fields.raw("export_config")
    if config is None or config == "no_export":
        return Export()
    if config == "default":
        return Export(shown=True)
    inner = fields.map("export_config")
    inner.only("btf_type_id", "custom_members")
    if inner.has("btf_type_id"):
        return Export(shown=True, type=inner.integer("btf_type_id", high=2**32 - 1))
    members = [
        CustomMember(
            item.text("name", limit=128),
            item.integer("offset", high=2**32 - 1),
            item.integer("btf_type_id", high=2**32 - 1),
            item.where,
        )
        for item in inner.maps("custom_members", limit=MAX_MEMBERS)
    ]
    if not members:
        raise BadInput("names no members", where=inner.at("custom_members"))
    return Export(shown=True, members=tuple(sorted(members, key=lambda member: member.offset)))


def _stacks(fields: Fields) -> Stacks | None:
    config = fields.raw("intepreter")  # so it is spelled
    if config is None or config == "default_struct":
        return None
    inner = fields.map("intepreter")
    inner.only("stack_trace")
    trace = inner.map("stack_trace")
    names = trace.map("field_map") if trace.has("field_map") else Fields({}, trace.at("field_map"))
    for name in ("pid", "cpu_id", "comm", "kstack_sz", "ustack_sz"):
        names.text(name, limit=128, default=name)
    return Stacks(
        names.text("kstack", limit=128, default="kstack"),
        names.text("ustack", limit=128, default="ustack"),
        trace.boolean("with_symbols", default=True),
    )


def _program(fields: Fields) -> ProgramMeta:
    fields.boolean("link", default=True)
    section = fields.text("attach", limit=512)
    hook = section.removeprefix("?").partition("/")[0]
    defaults: tuple[tuple[str, str], ...] = ()
    if hook in ("xdp", "xdp.frags"):
        defaults = _xdp(fields)
    elif hook in ("tc", "tcx", "classifier", "action"):
        defaults = _tc(fields, hook)
    return ProgramMeta(fields.text("name", limit=128), section, defaults, fields.where)


def _xdp(fields: Fields) -> tuple[tuple[str, str], ...]:
    """Interface 1, which is `lo`, where nothing is said: so upstream's loader has it."""
    flags = fields.integer("flags", high=2**32 - 1, default=0)
    if fields.has("xdpopts"):
        fields.map("xdpopts").integer("old_prog_fd", low=-(2**31), default=0)
    modes = [word for bit, word in _MODES.items() if flags & bit]
    if len(modes) > 1:
        raise BadInput("names more than one mode", where=fields.at("flags"))
    interface = ("interface", str(fields.integer("ifindex", low=1, high=2**31 - 1, default=1)))
    return (interface, *(("mode", word) for word in modes))


def _tc(fields: Fields, hook: str) -> tuple[tuple[str, str], ...]:
    target = fields.map("tchook") if fields.has("tchook") else Fields({}, fields.at("tchook"))
    options = fields.map("tcopts") if fields.has("tcopts") else Fields({}, fields.at("tcopts"))
    interface = ("interface", str(target.integer("ifindex", low=1, high=2**31 - 1, default=1)))
    point = target.text("attach_point", limit=32, default="BPF_TC_INGRESS")
    if point not in _DIRECTIONS:
        raise BadInput(f"{point!r} is not {', '.join(_DIRECTIONS)}", where=target.at("attach_point"))
    handle, priority = (options.integer(name, high=2**32 - 1, default=1) for name in ("handle", "priority"))
    if hook == "tcx":  # its section says the direction, and it has no filter
        return (interface,)
    direction = [("direction", _DIRECTIONS[point])] if _DIRECTIONS[point] else []
    return tuple(sorted([interface, *direction, ("handle", str(handle)), ("priority", str(priority))]))


def _export_type(fields: Fields) -> ExportType:
    for member in fields.maps("members", limit=MAX_MEMBERS, default=[]):
        member.text("name", limit=128)
        member.text("type", limit=1024)
    fields.integer("size", high=2**32 - 1, default=0)
    return ExportType(
        fields.text("name", limit=128), fields.integer("type_id", high=2**32 - 1, default=0), fields.where
    )
