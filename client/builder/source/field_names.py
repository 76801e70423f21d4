"""The names that fields of events and of looked-at maps have for people: dotted where structs are nested."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from ....schemas.c_type import STRUCT, CType, Member
from ....schemas.errors import BadInput
from ....schemas.program import MapView


def fields_of(kind: CType) -> dict[str, Member]:
    """The fields of a struct by name, nested ones as `outer.inner`."""
    return dict(_flattened(kind, ""))


def fields_of_view(view: MapView) -> dict[str, Member]:
    """The fields of a map's key and value side by side; `key` and `value` for those that are no structs.

    Where both have fields of one name, all are called `key.…` and `value.…` (as client/output has them).
    """
    both = _side(view.key, "key"), _side(view.value, "value")
    if both[0].keys() & both[1].keys():
        both = dict(_flattened(view.key, "key.")), dict(_flattened(view.value, "value."))
    return both[0] | both[1]


def _side(kind: CType, name: str) -> dict[str, Member]:
    return fields_of(kind) if kind.kind == STRUCT else {name: Member(name, 0, kind)}


def no_such_field(name: str, known: dict[str, Member], *, where: str) -> BadInput:
    """The refusal of a field that is not there, with those of a like name."""
    near = get_close_matches(name, known, 3, 0.5) or list(known)[:16]
    return BadInput(f"there is no field {name[:64]!r}", where=where, todo=f"Did you mean: {', '.join(near)}?")


def _flattened(kind: CType, before: str) -> Iterator[tuple[str, Member]]:
    for member in kind.members:
        name = before + member.name
        if member.type.kind == STRUCT and not member.show:  # an IP address is one field
            yield from _flattened(member.type, name + ".")
        else:
            yield name, member
