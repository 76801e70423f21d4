"""Say which fields, types and enum values an object takes for granted that a kernel does not have."""

from __future__ import annotations

from dataclasses import dataclass

from ...schemas.btf import CoreRelocation, Kind
from ...schemas.elf import FUNCTION, ElfObject
from .index import KernelTypes
from .reduce import wanted
from .resolve import FIELDS, CoreKind, Need, Resolver, Unusual, read_need

MAX_UNRESOLVED = 256
_ASKS = frozenset({CoreKind.FIELD_EXISTS, CoreKind.TYPE_EXISTS, CoreKind.TYPE_MATCHES, CoreKind.VALUE_EXISTS})
_NEEDED = (FIELDS - _ASKS) | {CoreKind.VALUE}
_KINDS = {Kind.STRUCT: "struct", Kind.UNION: "union", Kind.ENUM: "enum", Kind.ENUM64: "enum"}
_ASKED_ABOUT_KERNEL = ".kconfig"


@dataclass(frozen=True, slots=True)
class Unresolved:
    """`what` a function takes for granted; `asks`: it asks something of the kernel first, so may do without."""

    function: str
    what: str
    asks: bool


def unresolved(bpf_object: bytes, kernel_types: KernelTypes) -> list[Unresolved]:
    """Find what libbpf will not be able to relocate, at most MAX_UNRESOLVED. Raises: BadInput."""
    wants = wanted(bpf_object)
    elf = ElfObject.parse(bpf_object)
    resolver = Resolver(wants.btf, kernel_types)
    try:
        needs = [read_need(wants.btf, item) for item in wants.relocations]
        named = kernel_types.named({item.name for item in needs} - {""})
        distinct = {
            (need.relocation.root, need.relocation.access): need for need in reversed(needs) if _is_needed(need)
        }
        lost = {key: need for key, need in distinct.items() if not _fits(resolver, need, named)}
    except Unusual:
        return []
    config = elf.section(_ASKED_ABOUT_KERNEL) is not None
    asking = {_function(elf, need.relocation) for need in needs if need.relocation.kind in _ASKS}
    made: dict[Unresolved, None] = {}
    for need in needs:
        if (need.relocation.root, need.relocation.access) in lost and _is_needed(need):
            function = _function(elf, need.relocation)
            made[Unresolved(function, _what(need, named), config or function in asking)] = None
    return list(made)[:MAX_UNRESOLVED]


def _is_needed(need: Need) -> bool:
    return need.relocation.kind in _NEEDED


def _fits(resolver: Resolver, need: Need, named: dict[str, list[int]]) -> bool:
    found = resolver.candidates(need, named)
    if need.relocation.kind == CoreKind.VALUE:
        return any(resolver.value(need, number)[1] is not None for number in found)
    return any(resolver.way(need, number)[1] for number in found)


def _what(need: Need, named: dict[str, list[int]]) -> str:
    whole = f"{_KINDS.get(need.kind, 'type')} {need.name}"[:128]
    if need.name not in named:
        return whole
    if need.relocation.kind == CoreKind.VALUE:
        return f"value {need.steps[0].name[:128]} of {whole}"
    path = "".join(f".{step.name}" if step.name else f"[{step.index}]" for step in need.steps[1:])
    return f"field {path.lstrip('.')[:128]} of {whole}" if path else whole


def _function(elf: ElfObject, relocation: CoreRelocation) -> str:
    section = elf.section(relocation.section)
    for symbol in elf.symbols_in(section) if section else ():
        if symbol.kind == FUNCTION and symbol.value <= relocation.offset < symbol.value + symbol.size:
            return symbol.name
    return relocation.section
