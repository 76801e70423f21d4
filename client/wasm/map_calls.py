"""What a guest does with a map's entries, by bytes: look up, update, delete, next key (bpf(2), BPF_MAP_*).

Values of per-CPU maps are as in bpf(2): one for each possible processor, each rounded up to 8 bytes.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable
from typing import NamedTuple

from wasmtime import Caller

from ...schemas.errors import Denied
from ..loader.maps import MapHandle
from ..loader.program import system_library
from .memory import GuestMemory

LOOKUP, UPDATE, DELETE, NEXT_KEY = 1, 2, 3, 4
_OF_MAPS = (12, 13)  # enum bpf_map_type: their values are map descriptors
_OF_DESCRIPTORS = (3, 4, 8, 15, 17, 18, 20)  # program, perf event, cgroup and socket descriptors
_WITH_PROGRAM = (14, 16, 25)  # devmap, cpumap, devmap_hash: a program's descriptor may follow the first 4 bytes


class MapCall(NamedTuple):
    """One call of a guest: its map, and where key, value and next key lie in its memory."""

    caller: Caller
    memory: GuestMemory
    map: MapHandle
    key: int
    value: int
    following: int
    flags: int


def operate(asked: MapCall, call: int, owns: Callable[[int], bool]) -> int:
    """Do it, and return 0 or a negative errno. `owns` tells whether a number is one of the guest's maps.

    Raises: Fault, OSError, Denied (a descriptor that is not the guest's would come into the map).
    """
    if call == LOOKUP:
        return _look_up(asked)
    if call == UPDATE:
        return _update(asked, owns)
    if call == DELETE:
        asked.map.delete(_key(asked))
        return 0
    return _next_key(asked) if call == NEXT_KEY else -errno.EINVAL


def _look_up(asked: MapCall) -> int:
    key = _key(asked)
    asked.memory.check(asked.caller, asked.value, _value_bytes(asked.map))
    if asked.flags:  # they ask for locks, which are not offered
        return -errno.EINVAL
    values = asked.map.lookup(key)
    if values is None:
        return -errno.ENOENT
    step = _stride(asked.map)
    asked.memory.write(asked.caller, asked.value, b"".join(value.ljust(step, b"\0") for value in values))
    return 0


def _update(asked: MapCall, owns: Callable[[int], bool]) -> int:
    found, key = asked.map, _key(asked)
    value = asked.memory.read(asked.caller, asked.value, _value_bytes(found))
    if _foreign_descriptor(found, value, owns):
        raise Denied("the guest wants to put a descriptor into a map that is not one of its own maps")
    step = _stride(found)
    found.update(key, tuple(value[at : at + found.value_size] for at in range(0, len(value), step)), asked.flags)
    return 0


def _next_key(asked: MapCall) -> int:
    asked.memory.check(asked.caller, asked.following, asked.map.key_size)
    following = asked.map.next_key(_key(asked) if asked.key else None)
    if following is None:
        return -errno.ENOENT
    asked.memory.write(asked.caller, asked.following, following)
    return 0


def _key(asked: MapCall) -> bytes:
    return asked.memory.read(asked.caller, asked.key, asked.map.key_size)


def _foreign_descriptor(found: MapHandle, value: bytes, owns: Callable[[int], bool]) -> bool:
    kind: int = found.type
    if kind in _OF_MAPS:
        return not owns(int.from_bytes(value[:4], sys.byteorder, signed=True))
    if kind in _WITH_PROGRAM:
        return int.from_bytes(value[4:8], sys.byteorder, signed=True) > 0
    return kind in _OF_DESCRIPTORS


def _stride(found: MapHandle) -> int:
    size: int = found.value_size
    return (size + 7) & ~7 if found.per_processor else size


def _value_bytes(found: MapHandle) -> int:
    processors = int(system_library().done("libbpf_num_possible_cpus")) if found.per_processor else 1
    return _stride(found) * processors
