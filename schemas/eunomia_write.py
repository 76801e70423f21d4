"""Writing a package.json that eunomia-bpf's own loader runs: the way back of eunomia.py.

What that loader cannot take is left out: `.data` (it refuses the whole package), iterators, metrics.
"""

from __future__ import annotations

import base64
import re
import zlib
from typing import Any

from .bpf_object import BpfObject, DataSection, Program
from .btf import QUALIFIERS, Btf, Kind
from .c_type import BOOLEAN, CType
from .codec import canonical_json
from .errors import BadInput
from .eunomia_meta import usual_help
from .eunomia_values import compiled_value
from .package import PackageConfig
from .program import LINEAR, LOG2, TABLE, AttachPoint, EventStream, MapView, Option

_SECTIONS = (".rodata", ".bss")  # upstream's loader takes no other
_SAMPLES = {TABLE: "default_kv", LOG2: "log2_hist", LINEAR: "linear_hist"}
_FLAGS = {"generic": 1 << 1, "native": 1 << 2, "offload": 1 << 3}
_POINTS = {"ingress": "BPF_TC_INGRESS", "egress": "BPF_TC_EGRESS"}
_OF_TRACES = {"pid", "cpu_id", "comm", "kstack_sz", "ustack_sz"}  # what its printer of stacks needs besides them
_MAX_NAME = 63
_PREFIX = 8  # characters of the object's name before that of a data section's map (libbpf)
_MAX_DEPTH = 32


def to_package_json(config: PackageConfig, bpf_object: bytes) -> bytes:
    """Write a package.json, the same for the same package. Raises: BadInput for what upstream has no words for."""
    facts = BpfObject.parse(bpf_object)
    meta = _Writer(config, facts).meta()
    packed = base64.b64encode(zlib.compress(bpf_object, 6)).decode()
    return canonical_json({"bpf_object": packed, "bpf_object_size": len(bpf_object), "meta": meta})


class _Writer:
    def __init__(self, config: PackageConfig, facts: BpfObject) -> None:
        self.config = config
        self.facts = facts
        self.name = f"{re.sub(r'[^A-Za-z0-9]', '_', config.name)}_bpf"[-_MAX_NAME:]
        self.options = {option.name: option for option in config.usage.options}
        self.streams = {item.map: item for item in config.usage.events if item.transport != "iterator"}
        self.views = {item.map: item for item in config.usage.views}
        could = [item.name for item in facts.maps if item.name in self.views or item.type_name in _EVENT_MAPS]
        alone = {*self.streams, *(name for name, view in self.views.items() if view.value.members)}
        self.multiple = len(could) > 1 or not alone.issuperset(could)  # else upstream wants a struct

    def meta(self) -> dict[str, Any]:
        skeleton = {
            "data_sections": [self.section(item) for item in self.facts.sections if self.shown(item)],
            "doc": self.doc(),
            "maps": [self.map(item.name) for item in self.facts.maps]
            + [self.data_map(item) for item in self.facts.sections if item.image],
            "obj_name": self.name,
            "progs": [self.program(item) for item in self.facts.programs],
        }
        made: dict[str, Any] = {"bpf_skel": skeleton, "export_types": []}
        if self.multiple:
            return made | {"enable_multiple_export_types": True}
        made["export_types"] = [self.export(item.type) for item in self.streams.values()]
        made["export_types"] += [self.export(item.value) for item in self.views.values() if item.value.members]
        return made

    def doc(self) -> dict[str, str]:
        brief, _, details = self.config.description.partition("\n")
        made = {"version": self.config.version, "brief": brief, "details": details}
        return {name: text for name, text in made.items() if text}

    def shown(self, section: DataSection) -> bool:
        return section.name in _SECTIONS and any(not item.is_static for item in section.variables)

    def section(self, section: DataSection) -> dict[str, Any]:
        made = []
        for item in section.variables:
            if item.is_static:
                continue
            number = self.facts.btf.find(item.name, Kind.VAR)
            kind = (
                "bool"
                if item.type and item.type.kind == BOOLEAN
                else c_text(self.facts.btf, self.facts.btf.types[number].type)
            )
            entry: dict[str, Any] = {"name": item.name, "type": kind}
            option = self.options.get(item.name)
            if option is not None:
                entry |= _argument(option, kind, section.image[item.offset : item.offset + item.size])
            made.append(entry)
        return {"name": section.name, "variables": made}

    def map(self, name: str) -> dict[str, Any]:
        made: dict[str, Any] = {"ident": name, "name": name}
        view, stream = self.views.get(name), self.streams.get(name)
        if view is not None:
            made |= _sample(view) | ({"export_config": "default"} if self.multiple else {})
        elif stream is not None:
            made |= _interpreter(stream)
            if self.multiple:
                made["export_config"] = {"btf_type_id": self.number(stream.type)}
        return made

    def data_map(self, section: DataSection) -> dict[str, Any]:
        """The map that libbpf makes of a data section, by the name that it gives it."""
        plain = section.name.count(".") == 1
        made: dict[str, Any] = {
            "ident": re.sub(r"[^A-Za-z0-9]", "_", section.name[1:]),
            "name": f"{self.name[:_PREFIX]}{section.name}" if plain else section.name[:15],
        }
        return made | ({"mmaped": True} if any(not item.is_static for item in section.variables) else {})

    def program(self, program: Program) -> dict[str, Any]:
        made: dict[str, Any] = {"attach": program.section, "link": True, "name": program.name}
        point = next((item for item in self.config.usage.attach if item.program == program.name), None)
        return made | (_parameters(point, program.kind.type) if point is not None else {})

    def export(self, kind: CType) -> dict[str, Any]:
        number = self.number(kind)
        item = self.facts.btf.types[number]
        members = [{"name": member.name, "type": self.member(member.type)} for member in item.members]
        return {"members": members, "name": item.name, "size": item.size, "type_id": number}

    def member(self, number: int) -> str:
        kind = self.facts.btf.types[number].kind
        if kind in (Kind.STRUCT, Kind.UNION):
            return "composite"
        return "enum" if kind in (Kind.ENUM, Kind.ENUM64) else c_text(self.facts.btf, number)

    def number(self, kind: CType) -> int:
        number = self.facts.btf.find(kind.name, Kind.STRUCT) if kind.name else 0
        if not number:
            raise BadInput(f"events of {kind.name or 'a type without a name'} cannot be told to upstream's loader")
        return number


_EVENT_MAPS = ("ringbuf", "perf_event_array")


def c_text(btf: Btf, number: int) -> str:
    """A type as C declares it, without qualifiers: `struct event *`, `char[80]`."""
    after = ""
    for _ in range(_MAX_DEPTH):
        item = btf.types[number]
        if item.kind == Kind.ARRAY:
            after += f"[{item.count}]"
        elif item.kind == Kind.PTR:
            after = f"*{after}"
        elif item.kind not in QUALIFIERS:
            word = {Kind.STRUCT: "struct ", Kind.UNION: "union ", Kind.ENUM: "enum ", Kind.ENUM64: "enum "}
            text = f"{word.get(item.kind, '')}{item.name}" if item.name else "composite" if item.members else "void"
            return f"{text} {after}" if after.startswith("*") else text + after
        number = item.type
    return "composite"


def _argument(option: Option, kind: str, compiled: bytes) -> dict[str, Any]:
    """Only what differs from the usual; a boolean that starts as true must say so, else upstream clears it.

    Upstream calls an option as C calls its variable, pid_target; ours, pid-target, is the same where it is derived.
    """
    argument: dict[str, Any] = {}
    if option.long.replace("-", "_") != option.name.strip("_"):
        argument["long"] = option.long
    if option.short:
        argument["short"] = option.short
    value = compiled_value(compiled, option.type)
    if option.default is not None and (option.default is True or option.default != value):
        argument["default"] = option.default
    made: dict[str, Any] = {"cmdarg": argument} if argument else {}
    usual = ("", usual_help(kind, option.name))
    return made | ({"description": option.help} if option.help not in usual else {})


def _sample(view: MapView) -> dict[str, Any]:
    made: dict[str, Any] = {"interval": view.interval, "type": _SAMPLES[view.show]}
    made |= {"clear_map": True} if view.clear else {}
    return {"sample": made | ({"unit": view.unit} if view.unit else {})}


def _interpreter(stream: EventStream) -> dict[str, Any]:
    shows = {member.show: member.name for member in stream.type.members if member.show.endswith("-stack")}
    names = {member.name for member in stream.type.members}
    if set(shows) != {"kernel-stack", "user-stack"} or not names >= _OF_TRACES:
        return {}
    fields = {"kstack": shows["kernel-stack"], "ustack": shows["user-stack"]}
    return {"intepreter": {"stack_trace": {"field_map": fields, "with_symbols": True}}}


def _parameters(point: AttachPoint, kind: str) -> dict[str, Any]:
    """An interface that has a name has no number to give: then upstream takes its own default."""
    told = dict(point.defaults)
    index = {"ifindex": int(told["interface"])} if told.get("interface", "").isdecimal() else {}
    if kind == "xdp":
        return index | ({"flags": _FLAGS[told["mode"]]} if told.get("mode") in _FLAGS else {})
    if kind != "tc":
        return {}
    hook = index | ({"attach_point": _POINTS[told["direction"]]} if told.get("direction") in _POINTS else {})
    options = {name: int(told[name]) for name in ("handle", "priority") if told.get(name, "").isdecimal()}
    made = {"tchook": hook, "tcopts": options}
    return {name: fields for name, fields in made.items() if fields}
