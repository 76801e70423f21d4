"""Resolve CO-RE relocations against a kernel's types as libbpf does: candidates, and the members that an access takes.

It finds what matches and by which way; values are left to libbpf (relo_core.c, whose rules are followed here).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

from ...schemas.btf import QUALIFIERS, Btf, BtfType, CoreRelocation, Kind
from ...schemas.errors import BadInput
from .index import KernelTypes, essential

MAX_STEPS = 1 << 19  # members looked at for one object
_MAX_DEPTH = 64  # BPF_CORE_SPEC_MAX_LEN
_MAX_CHAIN = 64  # typedefs and qualifiers in a row
COMPOSITE = (Kind.STRUCT, Kind.UNION)
ENUMS = (Kind.ENUM, Kind.ENUM64)


class CoreKind(IntEnum):
    """enum bpf_core_relo_kind."""

    BYTE_OFFSET = 0
    BYTE_SIZE = 1
    FIELD_EXISTS = 2
    SIGNED = 3
    LSHIFT = 4
    RSHIFT = 5
    LOCAL_ID = 6
    TARGET_ID = 7
    TYPE_EXISTS = 8
    TYPE_SIZE = 9
    VALUE_EXISTS = 10
    VALUE = 11
    TYPE_MATCHES = 12


FIELDS = frozenset(range(CoreKind.BYTE_OFFSET, CoreKind.RSHIFT + 1))
VALUES = frozenset({CoreKind.VALUE_EXISTS, CoreKind.VALUE})
WHOLE_TYPES = frozenset({CoreKind.TARGET_ID, CoreKind.TYPE_EXISTS, CoreKind.TYPE_SIZE, CoreKind.TYPE_MATCHES})


class Unusual(Exception):
    """libbpf refuses this, or does something that is not followed here."""


class Types(Protocol):
    """Types by id: an object's, or a kernel's."""

    def __getitem__(self, number: int, /) -> BtfType:
        """One of them."""


@dataclass(frozen=True, slots=True)
class Step:
    """A turning point of an access: a named member of the local type `type`, or without a name an index."""

    name: str
    index: int
    type: int


@dataclass(frozen=True, slots=True)
class Need:
    """A relocation, read: what it is about by name, and the steps of its access (of an enum: its value's name)."""

    relocation: CoreRelocation
    name: str
    kind: Kind
    steps: tuple[Step, ...]


@dataclass(slots=True)
class Way:
    """How an access goes through a kernel's types: the members taken, by struct and place, and types passed."""

    members: list[tuple[int, int]] = field(default_factory=list)
    passed: list[int] = field(default_factory=list)


def read_need(btf: Btf, relocation: CoreRelocation) -> Need:
    """Read the access of a relocation (bpf_core_parse_spec). Raises: Unusual, BadInput."""
    root = btf.types[relocation.root]
    made = Need(relocation, essential(root.name), root.kind, ())
    if relocation.kind in WHOLE_TYPES or relocation.kind == CoreKind.LOCAL_ID:
        return made
    words = relocation.access.split(":")
    if len(words) > _MAX_DEPTH or not all(word.isascii() and word.isdecimal() and len(word) < 10 for word in words):
        raise Unusual(relocation.access[:64])
    indices = [int(word) for word in words]
    if relocation.kind in VALUES:
        item = btf.types[behind(btf.types, relocation.root)]
        if item.kind not in ENUMS or len(indices) != 1 or indices[0] >= len(item.values):
            raise Unusual(relocation.access)
        return Need(relocation, made.name, made.kind, (Step(item.values[indices[0]][0], indices[0], 0),))
    if relocation.kind not in FIELDS:
        raise Unusual(str(relocation.kind))
    return Need(relocation, made.name, made.kind, tuple(_steps(btf, relocation.root, indices)))


def _steps(btf: Btf, number: int, indices: list[int]) -> list[Step]:
    made = [Step("", indices[0], number)]
    for index in indices[1:]:
        number = behind(btf.types, number)
        item = btf.types[number]
        if item.kind in COMPOSITE and index < len(item.members):
            member = item.members[index]
            if member.name:
                made.append(Step(member.name, index, number))
            number = member.type
        elif item.kind == Kind.ARRAY:
            if index >= item.count and not _is_flexible(btf.types, made[-1], item):
                raise Unusual("an index outside of its array")
            number = item.type
            made.append(Step("", index, number))
        else:
            raise Unusual("an access through something without members")
    return made


class Resolver:
    """Matches of accesses in a kernel, at most MAX_STEPS members looked at. All methods raise: Unusual, BadInput."""

    def __init__(self, btf: Btf, kernel: KernelTypes) -> None:
        self.local: Sequence[BtfType] = btf.types
        self.kernel = kernel
        self._left = MAX_STEPS

    def candidates(self, need: Need, named: dict[str, list[int]]) -> list[int]:
        """Types of the kernel that libbpf considers for this relocation, in its order (bpf_core_add_cands)."""
        kinds = ENUMS if need.kind in ENUMS else (need.kind,)
        return [number for number in named.get(need.name, ()) if self.kernel[number].kind in kinds]

    def value(self, need: Need, number: int) -> tuple[int, int | None]:
        """The enum of a candidate, and the place of the value that means the wanted one, if there is one."""
        number = behind(self.kernel, number)
        item = self.kernel[number]
        wanted = essential(need.steps[0].name)
        for place, (name, _) in enumerate(item.values if item.kind in ENUMS else ()):
            if essential(name) == wanted:
                return number, place
        return number, None

    def way(self, need: Need, number: int) -> tuple[Way, bool]:
        """The way of an access through a candidate, as far as it goes, and whether it fits (bpf_core_spec_match)."""
        way = Way(passed=[number])
        taken: Step | None = None
        for place, step in enumerate(need.steps):
            if len(way.passed) > _MAX_DEPTH:
                raise Unusual("nested too deep")
            number = behind(self.kernel, number)
            if step.name:
                found = self._member(step, number, way, 0)
                if found is None:
                    return way, False
                number, fits = found
                if not fits:
                    return way, False
                taken = Step(step.name, way.members[-1][1], way.members[-1][0])
            else:
                if place:
                    item = self.kernel[number]
                    if item.kind != Kind.ARRAY:
                        return way, False
                    if step.index >= item.count and not (taken and _is_flexible(self.kernel, taken, item)):
                        return way, False
                    number = item.type
                    way.passed.append(number)
                taken = None
        return way, True

    def _member(self, step: Step, number: int, way: Way, depth: int) -> tuple[int, bool] | None:
        """Find a member by name, in anonymous members too: its type, and whether the two types go together."""
        if depth > _MAX_DEPTH:
            raise Unusual("nested too deep")
        number = behind(self.kernel, number)
        item = self.kernel[number]
        if item.kind not in COMPOSITE:
            return None
        local = self.local[step.type].members[step.index]
        for place, member in enumerate(item.members):
            self._left -= 1
            if self._left < 0:
                raise BadInput(f"takes more than {MAX_STEPS} steps to resolve", where=self.kernel.where)
            if member.name not in ("", local.name):
                continue
            way.members.append((number, place))
            way.passed.append(member.type)
            if member.name:
                return member.type, self._go_together(local.type, member.type)
            found = self._member(step, member.type, way, depth + 1)
            if found is not None:
                return found
            way.members.pop()
            way.passed.pop()
        return None

    def _go_together(self, local: int, number: int) -> bool:
        """Whether a field of one type may be read as the other (bpf_core_fields_are_compat)."""
        for _ in range(_MAX_CHAIN):
            local, number = behind(self.local, local), behind(self.kernel, number)
            ours, theirs = self.local[local], self.kernel[number]
            if ours.kind in COMPOSITE and theirs.kind in COMPOSITE:
                return True
            if ours.kind != theirs.kind and not (ours.kind in ENUMS and theirs.kind in ENUMS):
                return False
            match ours.kind:
                case Kind.PTR | Kind.FLOAT:
                    return True
                case Kind.FWD | Kind.ENUM | Kind.ENUM64:
                    names = essential(ours.name), essential(theirs.name)
                    return not all(names) or names[0] == names[1]
                case Kind.INT:
                    return not ours.index and not theirs.index
                case Kind.ARRAY:
                    local, number = ours.type, theirs.type
                case _:
                    return False
        raise Unusual("nested too deep")


def behind(types: Types, number: int) -> int:
    """The type behind typedefs and qualifiers. Raises: Unusual where there are too many; BadInput."""
    for _ in range(_MAX_CHAIN):
        item = types[number]
        if item.kind != Kind.TYPEDEF and item.kind not in QUALIFIERS:
            return number
        number = item.type
    raise Unusual("typedefs of typedefs")


def _is_flexible(types: Types, holder: Step, item: BtfType) -> bool:
    """Whether an array without a length is the last member of its struct (is_flex_arr)."""
    return bool(holder.name) and not item.count and holder.index == len(types[holder.type].members) - 1
