"""Structs of a BPF program as C for a 32-bit guest: members of fixed sizes at the places that they have in the kernel.

A `long` and a pointer have 64 bits there and 32 here, so a guest cannot include the program's own header.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ....schemas.c_type import ARRAY, BOOLEAN, ENUM, FLOAT, INTEGER, STRING, STRUCT, CType, Member
from .c_text import c_name


def c_struct(name: str, members: Sequence[Member], size: int) -> str:
    """A struct's definition, packed, with padding written out, and a check of its size."""
    body = "".join(f"\t{line}\n" for line in _lines(members, size))
    check = f'_Static_assert(sizeof(struct {name}) == {size}, "struct {name} is laid out otherwise");'
    return f"struct {name} {{\n{body}}} __attribute__((packed));\n{check}\n"


def structs_of(kind: CType) -> Iterator[CType]:
    """The struct that a record is, or nothing where it is none or has no name."""
    if kind.kind == STRUCT and kind.name and kind.members:
        yield kind


def _lines(members: Sequence[Member], size: int) -> Iterator[str]:
    """Members in their order; those that overlap share a union."""
    at = 0
    for number, group in enumerate(_groups(members)):
        start = group[0].offset
        if start > at:
            yield f"unsigned char __padding_{number}[{start - at}];"
        at = max(item.offset + item.type.size for item in group)
        if len(group) == 1:
            yield f"{_declared(group[0].type, c_name(group[0].name))};"
        else:
            parts = [_placed(item, start) for item in group]
            yield f"union {{ {' '.join(parts)} }} __attribute__((packed));"
    if size > at:
        yield f"unsigned char __padding[{size - at}];"


def _groups(members: Sequence[Member]) -> Iterator[list[Member]]:
    group: list[Member] = []
    end = 0
    for item in sorted(members, key=lambda member: member.offset):
        if group and item.offset >= end:
            yield group
            group = []
        group.append(item)
        end = max(end, item.offset + item.type.size)
    if group:
        yield group


def _placed(item: Member, start: int) -> str:
    """A member of a union, with what stands before it where it begins later than the others."""
    text = f"{_declared(item.type, c_name(item.name))};"
    if item.offset == start:
        return text
    before = f"unsigned char __before_{c_name(item.name)}[{item.offset - start}];"
    return f"struct {{ {before} {text} }} __attribute__((packed));"


def _declared(kind: CType, name: str) -> str:
    if kind.kind == ARRAY and kind.item is not None:
        return _declared(kind.item, f"{name}[{kind.length}]")
    if kind.kind == STRING:
        return f"char {name}[{kind.size}]"
    if kind.kind == STRUCT:
        return f"struct {{ {' '.join(_lines(kind.members, kind.size))} }} __attribute__((packed)) {name}"
    return f"{_word(kind)} {name}"


def _word(kind: CType) -> str:
    if kind.kind == BOOLEAN:
        return "bool"
    if kind.kind == FLOAT:
        return "float" if kind.size == 4 else "double"
    signed = kind.signed and kind.kind in (INTEGER, ENUM)
    if kind.size == 16:
        return "__int128" if signed else "unsigned __int128"
    return f"{'' if signed else 'u'}int{8 * kind.size}_t"
