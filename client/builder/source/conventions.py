"""Names that kernel programmers give to members, and what they mean when the type fits too.

One table, for events and maps alike. It says only what is sure: where name or type leave a doubt (a size, a port in
host order, a time without unit), the member stays a number. `/// @show WORD` in the member's comment goes before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from ....schemas.c_type import ARRAY, INTEGER, POINTER, STRING, STRUCT, CType

Fits = Callable[[CType], bool]


class Convention(NamedTuple):
    """Members whose whole name matches and whose type fits are shown as `show`, one of SHOWS."""

    show: str
    names: re.Pattern[str]
    fits: Fits


def convention(name: str, kind: CType, *, parent: CType, stack_maps: int) -> str:
    """What a member of the struct `parent` means by its name and type; empty where that is not sure.

    `stack_maps`: how many stack trace maps the object has; an id says something only where there is one.
    """
    if kind.kind == STRUCT and (kind.name, kind.size) in _ADDRESS_STRUCTS:
        return "ip"
    found = next((item.show for item in CONVENTIONS if item.names.fullmatch(name) and item.fits(kind)), "")
    if found in ("kernel-stack", "user-stack") and kind.kind == INTEGER and stack_maps != 1:
        return ""
    if not found and name == "flags" and _integer(kind, 4, 8) and _opens_a_file(parent):
        return "open-flags"
    return found


def _opens_a_file(parent: CType) -> bool:
    """`flags` are those of open(2) where the struct is named after it and holds a path."""
    has_path = any(item.type.kind == STRING and _PATH.fullmatch(item.name) for item in parent.members)
    return has_path and "open" in parent.name.lower()


def _integer(kind: CType, *sizes: int) -> bool:
    return kind.kind == INTEGER and kind.size in sizes


def _unsigned(size: int) -> Fits:
    return lambda kind: _integer(kind, size) and not kind.signed


def _signed(kind: CType) -> bool:
    return _integer(kind, 4, 8) and kind.signed


def _named(*names: str) -> Fits:
    return lambda kind: kind.kind == INTEGER and kind.name in names


def _bytes(kind: CType, *, size: int, items: tuple[int, ...] = (1,)) -> bool:
    """An array of that many bytes, made of integers of a size in `items`."""
    return kind.kind == ARRAY and kind.size == size and kind.item is not None and _integer(kind.item, *items)


def _wide_ip(kind: CType) -> bool:
    return _bytes(kind, size=16, items=(1, 2, 4)) or _integer(kind, 16)


def _ip(kind: CType) -> bool:
    return _unsigned(4)(kind) or _bytes(kind, size=4) or _wide_ip(kind)


def _sure_ip(kind: CType) -> bool:
    return _named("__be32")(kind) or _wide_ip(kind)


def _stack(kind: CType) -> bool:
    is_array = kind.kind == ARRAY and kind.item is not None and _integer(kind.item, 8)
    return is_array or _integer(kind, 4, 8)


def _text(kind: CType) -> bool:
    return kind.kind == STRING


def _re(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.VERBOSE)


_ADDRESS_STRUCTS = frozenset({("in_addr", 4), ("in6_addr", 16)})  # whatever the member's name
_PATH = _re(r"(?:\w+_)?(?:f(?:ile)?_?name|path(?:_?name)?) | file | cwd")

# fmt: off
CONVENTIONS = (
    Convention("time", _re(r"ts | timestamp | (?:ts|timestamp|start|end|start_time|end_time|ktime)_ns"), _unsigned(8)),
    Convention("duration", _re(r"(?:\w+_)?(?:delta|duration|latency|lat|elapsed|delay|wait|total)_ns"),
               lambda kind: _integer(kind, 8)),
    Convention("errno", _re(r"ret | retval | err | errno | error"), _signed),
    Convention("signal", _re(r"sig | signo | signal"), lambda kind: _integer(kind, 4)),
    Convention("ip", _re(r"(?:[sdlr]addr | (?:\w+_)?ip | (?:src|dst|source|dest|local|remote|client|server|peer)_addr)"
                         r"(?:_?v?[46])?"), _ip),
    Convention("ip", _re(r"(?:ip_?)? addr (?:_?v?[46])?"), _sure_ip),
    Convention("port", _re(r"[sdlr]port | (?:\w+_)?port"), _named("__be16")),
    Convention("mac", _re(r"[sd]mac | (?:\w+_)?mac | h_source | h_dest"), lambda kind: _bytes(kind, size=6)),
    Convention("mode", _re(r"(?:\w+_)?mode"), _named("umode_t", "mode_t", "__kernel_mode_t")),
    Convention("open-flags", _re(r"o_?flags | open_flags"), lambda kind: _integer(kind, 4, 8)),
    Convention("syscall", _re(r"sysno | syscall_?(?:nr|id|number)"), lambda kind: _integer(kind, 4, 8)),
    Convention("address", _re(r"(?:kernel_|k|fault_|code_|func_)?addr(?:ess)? | ip | caller | call_?site"),
               _unsigned(8)),
    Convention("path", _PATH, _text),
    Convention("kernel-stack", _re(r"k(?:ern(?:el)?_?)?stack (?:_?id)?"), _stack),
    Convention("user-stack", _re(r"u(?:ser_?)?stack (?:_?id)?"), _stack),
)
# What @show may say of a type.
FITTING: dict[str, Fits] = {
    "time": lambda kind: _integer(kind, 8),
    "duration": lambda kind: _integer(kind, 4, 8),
    "size": lambda kind: _integer(kind, 1, 2, 4, 8),
    "address": lambda kind: _integer(kind, 4, 8) or kind.kind == POINTER,
    "ip": lambda kind: _is_raw(kind) and kind.size in (4, 16),
    "port": lambda kind: _integer(kind, 2, 4),
    "mac": lambda kind: _is_raw(kind) and kind.size in (6, 8),
    "signal": lambda kind: _integer(kind, 1, 2, 4, 8),
    "errno": lambda kind: _integer(kind, 2, 4, 8),
    "mode": lambda kind: _integer(kind, 2, 4, 8),
    "open-flags": lambda kind: _integer(kind, 4, 8),
    "syscall": lambda kind: _integer(kind, 2, 4, 8),
    "hex": lambda kind: _is_raw(kind) or kind.kind == POINTER,
    "path": _text,
    "kernel-stack": _stack,
    "user-stack": _stack,
}
# fmt: on


def _is_raw(kind: CType) -> bool:
    """A number, an array or struct of whatever, or bytes that are called char."""
    return kind.kind in (INTEGER, ARRAY, STRING, STRUCT)
