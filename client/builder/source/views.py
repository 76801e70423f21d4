"""Maps to look at: `/// @sample {"interval": 1000, "type": "log2_hist", "unit": "us"}` before a map.

The fields are eunomia's, and two more: "step" and "base" give the slots of a linear histogram their bounds.
"""

from __future__ import annotations

from ....schemas.bpf_maps import MAP_TYPES, BpfMap
from ....schemas.bpf_object import BpfObject
from ....schemas.c_type import ARRAY, INTEGER, CType
from ....schemas.errors import BadInput
from ....schemas.fields import Fields
from ....schemas.program import LINEAR, LOG2, MAX_VIEWS, TABLE, MapView
from .comments import SourceDocs
from .doc_text import Command
from .meanings import Meanings

MAX_INTERVAL = 24 * 3600 * 1000  # milliseconds
_SHOWS = {"default_kv": TABLE, "log2_hist": LOG2, "linear_hist": LINEAR}
_TYPES = frozenset(
    {"hash", "array", "percpu_hash", "percpu_array", "lru_hash", "lru_percpu_hash", "lpm_trie"}
    | {"cgroup_storage", "percpu_cgroup_storage"}
)


def find_views(facts: BpfObject, docs: SourceDocs, meanings: Meanings) -> tuple[MapView, ...]:
    """The views that @sample asks for. Raises: BadInput with file and line."""
    made = []
    for item in facts.maps:
        said = docs.of(item.name).last("sample")
        if said:
            made.append(_view(item, said, meanings))
    if len(made) > MAX_VIEWS:
        raise BadInput(f"has more than {MAX_VIEWS} maps with @sample", where="views")
    return tuple(made)


def hint_at_views(facts: BpfObject) -> list[str]:
    """What to write so that maps are shown, for a program that would show nothing of what it keeps in them."""
    names = [item.name for item in facts.maps if _is_lookable(item) and item.key is not None and item.value is not None]
    if not names:
        return []
    more = f" (or {', '.join(names[1:4])})" if len(names) > 1 else ""
    return [f'nothing of it is shown; to look at map {names[0]}{more}, put /// @sample {{"interval": 1000}} before it']


def _is_lookable(item: BpfMap) -> bool:
    return item.type < len(MAP_TYPES) and MAP_TYPES[item.type] in _TYPES


def _view(item: BpfMap, said: Command, meanings: Meanings) -> MapView:
    fields = said.fields("interval", "type", "unit", "clear_map", "step", "base")
    word = fields.text("type", limit=64, default="default_kv")
    if word not in _SHOWS:
        raise BadInput(f"{word!r} is not {', '.join(_SHOWS)}", where=fields.at("type"))
    if not _is_lookable(item):
        raise BadInput(f"{item.name} is a map of type {item.type_name}, which cannot be looked at", where=said.place)
    if item.key is None or item.value is None:
        raise BadInput(
            f"the types of {item.name}'s keys and values are not known, or cannot be shown",
            where=said.place,
            todo="Declare the map with __type(key, …) and __type(value, …)",
        )
    made = MapView(
        item.name,
        _SHOWS[word],
        meanings.of(item.key),
        meanings.of(item.value),
        fields.integer("interval", low=10, high=MAX_INTERVAL, default=1000),
        fields.text("unit", limit=32, default=""),
        fields.boolean("clear_map", default=False),
        *_slots(fields, _SHOWS[word]),
    )
    if made.show != TABLE and not _has_slots(made.key, made.value):
        raise BadInput(
            f"{item.name} has no slots for a histogram", where=said.place,
            todo="Its value is an array of integers, a struct with such an array `slots`, or an integer whose key is "
            "the slot, or has it as a member `slot`",
        )  # fmt: skip
    return made


def _slots(fields: Fields, show: str) -> tuple[int, int]:
    if show != LINEAR and (fields.has("step") or fields.has("base")):
        raise BadInput("only a linear_hist has step and base", where=fields.where)
    return fields.integer("step", low=1, default=1), fields.integer("base", low=-(2**63), default=0)


def _has_slots(key: CType, value: CType) -> bool:
    slots = next((item.type for item in value.members if item.name == "slots"), value)
    if slots.kind == ARRAY:
        return slots.item is not None and slots.item.kind == INTEGER
    slot = next((item.type for item in key.members if item.name == "slot"), key)
    return slots.kind == INTEGER and slot.kind == INTEGER
