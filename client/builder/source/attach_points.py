"""Where programs attach, and the author's defaults for what their sections leave open (an interface, a frequency).

Defaults are eunomia's `@ifindex @flags @xdpopts` and `@tchook @tcopts`, and `/// @attach {"interface": "lo"}` for any
program, which is checked against what its section can take (client/loader/target.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ....schemas.bpf_object import BpfObject, Program
from ....schemas.errors import BadInput
from ....schemas.program import TARGETS, AttachPoint
from ...loader.target import open_targets
from .comments import SourceDocs
from .doc_text import Command

MAX_SECTION_CHARS = 512
MAX_TEXT_CHARS = 4096
_MODES = {0: "", 2: "generic", 4: "native"}  # XDP_FLAGS_…_MODE of linux/if_link.h; nothing is loaded into hardware
_NOT_IF_THERE = 1  # XDP_FLAGS_UPDATE_IF_NOEXIST, which is always so here
_DIRECTIONS = {"BPF_TC_INGRESS": "ingress", "BPF_TC_EGRESS": "egress"}
_WORDS = {"direction": ("ingress", "egress"), "mode": ("native", "generic", "auto")}
_NUMBERS = {"pid": 2**22, "frequency": 2**20, "priority": 2**16 - 1, "handle": 2**32 - 1}
_INTERFACE = re.compile(r"[^\s/]{1,15}")
_OF_XDP, _OF_TC = ("ifindex", "flags", "xdpopts"), ("tchook", "tcopts")


def find_attach_points(facts: BpfObject, docs: SourceDocs, notices: list[str]) -> tuple[AttachPoint, ...]:
    """All programs with their sections and defaults. Raises: BadInput with file and line."""
    return tuple(_point(item, docs, notices) for item in facts.programs)


def _point(program: Program, docs: SourceDocs, notices: list[str]) -> AttachPoint:
    if len(program.section) > MAX_SECTION_CHARS:
        raise BadInput(f"a section's name is longer than {MAX_SECTION_CHARS} characters", where=program.name[:64])
    said = docs.of(program.name).all(*_OF_XDP, *_OF_TC, "attach")
    defaults: dict[str, str] = {}
    for command in sorted(said, key=lambda item: item.name == "attach"):  # ours say more, so they count more
        kind = "xdp" if command.name in _OF_XDP else "tc"
        if command.name != "attach" and program.kind.type != kind:
            notices.append(f"{command.place} has no effect: {program.name} is not {kind}")
        else:
            found = _READERS[command.name](command)
            if command.name == "attach":
                _check_section(program.section, found, command)
            defaults |= found
    return AttachPoint(program.name, program.section, tuple(sorted(defaults.items())))


def _attach(command: Command) -> dict[str, str]:
    fields = command.fields(*TARGETS)
    made = {}
    for name in filter(fields.has, TARGETS):
        value = fields.raw(name)
        is_number = isinstance(value, int) and not isinstance(value, bool)
        text = str(value) if is_number else fields.text(name, limit=MAX_TEXT_CHARS)
        _check(name, text, fields.at(name))
        made[name] = text
    return made


def _check_section(section: str, found: dict[str, str], command: Command) -> None:
    taken = open_targets(section)
    extra = next((name for name in found if name not in taken), "")
    if extra:
        words = f"what it can take: {', '.join(taken)}" if taken else "it leaves nothing open"
        raise BadInput(f"{section!r} cannot take {extra!r}; {words}", where=command.place)


def _check(name: str, text: str, where: str) -> None:
    if name in _WORDS and text not in _WORDS[name]:
        raise BadInput(f"{text[:64]!r} is not one of {', '.join(_WORDS[name])}", where=where)
    if name in _NUMBERS and not (re.fullmatch(r"\d{1,10}", text, re.ASCII) and int(text) <= _NUMBERS[name]):
        raise BadInput(f"{text[:64]!r} is not a number from 0 to {_NUMBERS[name]}", where=where)
    if name == "interface" and not _INTERFACE.fullmatch(text):
        raise BadInput(f"{text[:64]!r} is not the name of an interface", where=where)
    if not text or "\0" in text:
        raise BadInput("is empty, or holds a NUL", where=where)


def _ifindex(command: Command) -> dict[str, str]:
    return {"interface": _interface(command.json(), command.place)}


def _interface(value: object, where: str) -> str:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value < 2**31:
        raise BadInput("is not the number of an interface", where=where)
    return str(value)


def _flags(command: Command) -> dict[str, str]:
    value = command.json()
    mode = value & ~_NOT_IF_THERE if isinstance(value, int) and not isinstance(value, bool) else -1
    if mode not in _MODES:
        raise BadInput(
            "is not 0 or XDP_FLAGS_UPDATE_IF_NOEXIST (1), with XDP_FLAGS_SKB_MODE (2) or …_DRV_MODE (4)",
            where=command.place,
        )
    return {"mode": _MODES[mode]} if mode else {}


def _xdpopts(command: Command) -> dict[str, str]:
    if command.fields("old_prog_fd").integer("old_prog_fd", low=-1, default=0) > 0:
        raise BadInput("names a descriptor of a program, which no other process has", where=command.place)
    return {}


def _tchook(command: Command) -> dict[str, str]:
    fields = command.fields("ifindex", "attach_point")
    made = {}
    if fields.has("ifindex"):
        made["interface"] = _interface(fields.raw("ifindex"), fields.at("ifindex"))
    if fields.has("attach_point"):
        point = fields.text("attach_point", limit=64)
        if point not in _DIRECTIONS:
            raise BadInput(f"{point!r} is not {' or '.join(_DIRECTIONS)}", where=fields.at("attach_point"))
        made["direction"] = _DIRECTIONS[point]
    return made


def _tcopts(command: Command) -> dict[str, str]:
    fields = command.fields("handle", "priority")
    return {name: str(fields.integer(name, high=_NUMBERS[name])) for name in ("handle", "priority") if fields.has(name)}


_READERS: dict[str, Callable[[Command], dict[str, str]]] = {
    "ifindex": _ifindex,
    "flags": _flags,
    "xdpopts": _xdpopts,
    "tchook": _tchook,
    "tcopts": _tcopts,
    "attach": _attach,
}
