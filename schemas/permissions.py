"""What a BPF object may do, for people and policies (protocol.md section 8): derived from its facts, never declared.

Each permission names its evidence: helpers, kfuncs, attach points, maps. What is not known counts as a change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .bpf_helpers import HELPERS
from .bpf_object import BpfObject, Program
from .codec import encode
from .digest import Digest
from .permission_rules import (
    EFFECTS,
    HARMLESS_KFUNCS,
    OBSERVERS,
    PROGRAM_TYPES,
    READING_KFUNCS,
    TYPED_POINTERS,
    Category,
    Group,
    Meaning,
    observed,
)
from .wasm import objects_of_package

RULES_VERSION = 1
MAX_SHOWN = 4  # pieces of evidence on one line for people
_CHANGES_OTHER: Meaning = (Category.CHANGES, Group.OTHER)


@dataclass(frozen=True, slots=True, order=True)
class Permission:
    """One thing that a program may do, and what shows it, sorted."""

    category: Category
    group: Group
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Permissions:
    """All that an object may do, in the categories' order; `minimum_kernel` by its helpers, (0, 0) without any."""

    permissions: tuple[Permission, ...]
    unknown_helpers: tuple[int, ...]
    minimum_kernel: tuple[int, int]
    rules: int = RULES_VERSION

    @property
    def changes_something(self) -> bool:
        """Whether policy asks before it runs (protocol.md section 8)."""
        return any(item.category == Category.CHANGES for item in self.permissions)

    def covers(self, other: Permissions) -> bool:
        """Whether all that `other` may do is among these, by category and group."""
        held = {(item.category, item.group) for item in self.permissions}
        return all((item.category, item.group) in held for item in other.permissions)

    def has(self, category: Category, group: Group) -> bool:
        """Whether this is among them."""
        return any((item.category, item.group) == (category, group) for item in self.permissions)

    def to_json(self) -> dict[str, Any]:
        """The JSON object of `--json`."""
        made: dict[str, Any] = {
            "rules": self.rules,
            "digest": permissions_digest(self),
            "permissions": [_map(item) for item in self.permissions],
        }
        if self.unknown_helpers:
            made["unknownHelpers"] = list(self.unknown_helpers)
        if self.minimum_kernel != (0, 0):
            made["minimumKernel"] = "{}.{}".format(*self.minimum_kernel)
        return made

    def lines(self) -> list[str]:
        """One line of text for each, with the first pieces of evidence."""
        wide = max((len(f"{item.category} {item.group}") for item in self.permissions), default=0)
        return [f"{f'{item.category} {item.group}':{wide}}  {_shown(item.evidence)}" for item in self.permissions]


def permissions_of(source: BpfObject | bytes) -> Permissions:
    """Derive what an object, by its facts or its bytes, may do. Raises: BadInput for bytes that are no object."""
    return _permissions(BpfObject.parse(source) if isinstance(source, bytes) else source)


def permissions_of_package(wasm: bytes | None, *own: bytes | None) -> Permissions:
    """Derive what a package may do: its objects, and those in its Wasm module, taken together. Raises: BadInput.

    A module that imports the loading of objects and holds none makes them as it runs: that may be anything.
    """
    objects = objects_of_package(wasm, *own)
    found = _permissions(*(BpfObject.parse(item) for item in objects))
    if wasm is None or objects:
        return found
    made = Permission(*_CHANGES_OTHER, ("the Wasm module brings BPF objects that cannot be seen before it runs",))
    return Permissions((made,), (), (0, 0))


def _permissions(*objects: BpfObject) -> Permissions:
    programs = [program for facts in objects for program in facts.programs]
    found: dict[Meaning, set[str]] = {}
    for program in programs:
        for meaning, evidence in _of_program(program):
            found.setdefault(meaning, set()).add(evidence)
    for item in (item for facts in objects for item in facts.maps):
        if item.pinned:
            found.setdefault((Category.PERSISTS, Group.PINS), set()).add(f"map {item.name}")
    order = list(Category)
    groups = list(Group)
    made = [Permission(category, group, tuple(sorted(found[category, group]))) for category, group in found]
    made.sort(key=lambda item: (order.index(item.category), groups.index(item.group)))
    helpers = {number for program in programs for number in program.helpers}
    since = max((HELPERS[number].since for number in helpers if number in HELPERS), default=(0, 0))
    return Permissions(tuple(made), tuple(sorted(helpers - HELPERS.keys())), since)


def permissions_digest(permissions: Permissions) -> Digest:
    """Digest of the permissions in canonical MessagePack, as release entries hold it (protocol.md section 4)."""
    return Digest.of(
        encode({"rules": permissions.rules, "permissions": [_map(item) for item in permissions.permissions]})
    )


def helper_name(number: int) -> str:
    """Name a helper as C does; one that is not in the kernel's list by its number."""
    return f"bpf_{HELPERS[number].name}" if number in HELPERS else f"unknown helper {number}"


def _of_program(program: Program) -> Iterator[tuple[Meaning, str]]:
    kind = program.kind
    place = program.section.removeprefix("?")
    if not kind.target and kind.type in OBSERVERS:
        place = f"{place} ({program.name})"  # user space says where
    if kind.type in OBSERVERS:
        yield (Category.OBSERVES, _observed_by(program)), place
    for meaning in PROGRAM_TYPES.get(kind.type, () if kind.type in OBSERVERS else (_CHANGES_OTHER,)):
        yield meaning, place
    if kind.type in TYPED_POINTERS or kind.hook == "tp_btf":
        yield (Category.READS_MEMORY, Group.KERNEL), f"typed pointers of {kind.hook}"
    for number in program.helpers:
        known = HELPERS.get(number)
        for meaning in EFFECTS[known.effect] if known else (_CHANGES_OTHER,):
            yield meaning, helper_name(number)
    for name in program.kfuncs:
        yield from _of_kfunc(name)


def _observed_by(program: Program) -> Group:
    """What an attach point shows: of tracepoints the event's name tells more than its group's."""
    if program.kind.type == "uprobe":
        return Group.PROCESSES
    if program.kind.type == "perf_event":
        return Group.SCHEDULING
    return observed([part for part in reversed(program.kind.target.split("/")) if part])


def _of_kfunc(name: str) -> Iterator[tuple[Meaning, str]]:
    if not HARMLESS_KFUNCS.fullmatch(name):
        yield next((meaning for pattern, meaning in READING_KFUNCS if pattern.fullmatch(name)), _CHANGES_OTHER), name


def _map(item: Permission) -> dict[str, Any]:
    return {"category": str(item.category), "group": str(item.group), "evidence": list(item.evidence)}


def _shown(evidence: tuple[str, ...]) -> str:
    text = ", ".join(evidence[:MAX_SHOWN])
    more = len(evidence) - MAX_SHOWN
    return f"{text}, and {more} more" if more > 0 else text
