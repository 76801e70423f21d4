"""Maps of a BPF object as its .maps section declares them by BTF (libbpf: "BTF-defined maps")."""

from __future__ import annotations

from dataclasses import dataclass

from .btf import Btf, BtfMember, BtfPlace, Kind
from .btf_types import c_type, size_of
from .c_type import CType
from .elf import ElfObject
from .errors import BadInput

MAX_MAPS = 512

# fmt: off
MAP_TYPES = (
    "unspec", "hash", "array", "prog_array", "perf_event_array", "percpu_hash", "percpu_array", "stack_trace",
    "cgroup_array", "lru_hash", "lru_percpu_hash", "lpm_trie", "array_of_maps", "hash_of_maps", "devmap", "sockmap",
    "cpumap", "xskmap", "sockhash", "cgroup_storage", "reuseport_sockarray", "percpu_cgroup_storage", "queue",
    "stack", "sk_storage", "devmap_hash", "struct_ops", "ringbuf", "inode_storage", "task_storage", "bloom_filter",
    "user_ringbuf", "cgrp_storage", "arena", "insn_array",
)
# fmt: on
RINGBUF, PERF_EVENT_ARRAY = MAP_TYPES.index("ringbuf"), MAP_TYPES.index("perf_event_array")
STACK_TRACE = MAP_TYPES.index("stack_trace")
_PIN_BY_NAME = 1


@dataclass(frozen=True, slots=True)
class BpfMap:
    """A map: `type` as the kernel numbers it; sizes in bytes; `key` and `value` where the source names their types."""

    name: str
    type: int
    max_entries: int
    key_size: int
    value_size: int
    flags: int
    pinned: bool
    key: CType | None
    value: CType | None

    @property
    def type_name(self) -> str:
        """The kernel's name of the type, in lower case."""
        return MAP_TYPES[self.type] if self.type < len(MAP_TYPES) else f"type {self.type}"


def read_maps(elf: ElfObject, btf: Btf, *, where: str) -> tuple[BpfMap, ...]:
    """Read all maps, at most MAX_MAPS, in the order of their place. Raises: BadInput."""
    if elf.section("maps") is not None:
        raise BadInput("has maps of the form that libbpf 1.0 gave up", where=where, todo='Declare them in SEC(".maps")')
    section = elf.section(".maps")
    if section is None:
        return ()
    number = btf.find(".maps", Kind.DATASEC) if btf.types else 0
    if not number or len(btf.types[number].places) > MAX_MAPS:
        raise BadInput("has maps without types, or too many", where=where)
    order = {symbol.name: symbol.value for symbol in elf.symbols_in(section)}
    made = [(_place(btf, place, order), _map(btf, place)) for place in btf.types[number].places]
    return tuple(item for _, item in sorted(made, key=lambda pair: (pair[0], pair[1].name)))


def _place(btf: Btf, place: BtfPlace, order: dict[str, int]) -> int:
    return order.get(btf.types[place.type].name, place.offset)


def _map(btf: Btf, place: BtfPlace) -> BpfMap:
    variable = btf.types[place.type]
    definition = btf.resolved(variable.type)
    if variable.kind != Kind.VAR or definition.kind != Kind.STRUCT:
        raise BadInput("holds something that is not a map", where=".maps")
    numbers: dict[str, int] = {}
    types: dict[str, int] = {}
    for member in definition.members:
        if member.name in ("key", "value"):
            types[member.name] = _pointee(btf, member, variable.name)
        elif member.name != "values":
            numbers[member.name] = _number(btf, member, variable.name)
    sizes = {name: size_of(btf, number) for name, number in types.items()}
    return BpfMap(
        variable.name,
        numbers.get("type", 0),
        numbers.get("max_entries", 0),
        numbers.get("key_size", sizes.get("key", 0)),
        numbers.get("value_size", sizes.get("value", 0)),
        numbers.get("map_flags", 0),
        numbers.get("pinning", 0) == _PIN_BY_NAME,
        _shown(btf, types.get("key", 0)),
        _shown(btf, types.get("value", 0)),
    )


def _pointee(btf: Btf, member: BtfMember, name: str) -> int:
    pointer = btf.types[member.type]
    if pointer.kind != Kind.PTR:
        raise BadInput(f"the map {name[:64]!r} has an odd {member.name}", where=".maps")
    return pointer.type


def _number(btf: Btf, member: BtfMember, name: str) -> int:
    """`__uint(max_entries, 8)` is a pointer to an array of 8; `__ulong` the value of an enum."""
    kind = btf.resolved(member.type)
    if kind.kind in (Kind.ENUM, Kind.ENUM64) and kind.values:
        return kind.values[0][1]
    target = btf.types[kind.type]
    if kind.kind != Kind.PTR or target.kind != Kind.ARRAY:
        raise BadInput(f"the map {name[:64]!r} has an odd {member.name[:64]}", where=".maps")
    return target.count


def _shown(btf: Btf, number: int) -> CType | None:
    if not number:
        return None
    try:
        return c_type(btf, number)
    except BadInput:
        return None  # a type that program.py cannot hold
