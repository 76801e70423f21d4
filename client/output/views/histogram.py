"""Histograms of viewed maps, drawn as bcc's: a line for each slot with its bounds, its count, and a bar.

A value with an array gives one histogram for each key; plain counts give one, whose slots are the keys.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ....schemas.c_type import ARRAY, ENUM, INTEGER, CType
from ....schemas.program import LOG2, MapView
from ..column import Column
from ..columns import stack_lines
from ..decode import Row
from ..selection import Selection
from ..text import fitted, visible

MAX_SLOTS = 4096  # drawn of one histogram
_SLOTS, _SLOT = "slots", "slot"  # names of members
_USUAL_BAR, _LEAST_BAR, _LONGEST_BAR = 40, 10, 80  # columns
_WIDE_FROM = 32  # the slot of a log2 histogram whose bounds need wide columns
_CODES = {1: "b", 2: "h", 4: "i", 8: "q"}


class Histogram(NamedTuple):
    """One histogram: which key it belongs to, by the row that holds that; counts by slot."""

    row: Row
    counts: dict[int, int]


class Slots(NamedTuple):
    """Where a view keeps its slots: fields by number. `array` holds all, or `slot` and `amount` are two fields."""

    array: int = -1
    slot: int = -1
    amount: int = -1


def find_slots(view: MapView, selection: Selection) -> Slots:
    """Find the slots among a view's fields: an array called slots, else any array of the value, else the keys."""
    fields, value_from = selection.fields, view.key.size
    arrays = [
        index
        for index, field in enumerate(fields)
        if field.offset >= value_from and field.type.kind == ARRAY and _code(field.type)
    ]
    named = [index for index in arrays if fields[index].name.rpartition(".")[2] == _SLOTS]
    if arrays:
        return Slots(array=(named or arrays)[0])
    numbers = [
        index for index, field in enumerate(fields) if field.type.kind in (INTEGER, ENUM) and field.type.size <= 8
    ]
    keys = [index for index in numbers if fields[index].offset < value_from]
    named = [index for index in keys if fields[index].name.rpartition(".")[2] == _SLOT]
    counts = [index for index in numbers if fields[index].offset >= value_from]
    return Slots(slot=(named or keys)[-1], amount=counts[0]) if keys and counts else Slots()


def histograms(slots: Slots, selection: Selection, rows: Sequence[Row]) -> list[Histogram]:
    """Return the histograms of one look."""
    if slots.array >= 0:
        layout = _layout(selection.fields[slots.array].type)
        found = [(row, row[slots.array]) for row in rows if row[slots.array] is not None]
        return [Histogram(row, dict(enumerate(layout.unpack(data)))) for row, data in found]
    made: dict[Row, Histogram] = {}
    if slots.slot >= 0:
        for row in rows:
            rest = tuple(value for index, value in enumerate(row) if index in others(slots, selection))
            histogram = made.setdefault(rest, Histogram(row, {}))
            if row[slots.slot] is not None and row[slots.amount] is not None:
                place = row[slots.slot]
                histogram.counts[place] = histogram.counts.get(place, 0) + row[slots.amount]
    return list(made.values())


def others(slots: Slots, selection: Selection) -> list[int]:
    """The shown fields that name a histogram: without slots, and where keys are slots, of the key only."""
    if slots.array >= 0:
        return [index for index in selection.indexes if index != slots.array]
    if slots.slot < 0:
        return list(selection.indexes)
    start = selection.fields[slots.amount].offset
    return [index for index in selection.indexes if index != slots.slot and selection.fields[index].offset < start]


def drawn(view: MapView, selection: Selection, rows: Sequence[Row], *, width: int | None) -> Iterator[list[str]]:
    """Draw each histogram of a look under a heading that names it."""
    slots = find_slots(view, selection)
    found = histograms(slots, selection, rows)
    for histogram in found:
        heading = _heading(slots, selection, histogram.row, lone=len(found) == 1)
        lines = heading + _bars(view, histogram.counts, width)
        yield lines if width is None else [fitted(line, width, fill=False) for line in lines]


def _heading(slots: Slots, selection: Selection, row: Row, *, lone: bool) -> list[str]:
    parts = []
    for index in others(slots, selection):
        field, meaning = selection.fields[index], selection.meanings[index]
        if (meaning and meaning.frames) or (lone and field.name == "key" and row[index] == 0):  # a map of one entry
            continue
        parts.append(f"{visible(field.name)} = {Column(index, field, meaning).plain(row)}")
    return ([", ".join(parts)] if parts else []) + stack_lines(selection, row)


def _bars(view: MapView, counts: dict[int, int], width: int | None) -> list[str]:
    filled = [slot for slot, count in counts.items() if count > 0]
    if not filled:
        return [f"{visible(view.unit) or 'value'}: nothing counted yet"]
    if view.show == LOG2:
        first, last = 0, min(max(filled), 127)
        form = "{:>20} -> {:<20}" if last > _WIDE_FROM else "{:>10} -> {:<10}"
        bounds = [form.format(*log2_bounds(slot)) for slot in range(first, last + 1)]
    else:
        first, last = min(filled), min(max(filled), min(filled) + MAX_SLOTS)
        bounds = [f"{view.base + slot * view.step:>10}" for slot in range(first, last + 1)]
    shown = [counts.get(slot, 0) for slot in range(first, last + 1)]
    most, left = max([*shown, 1]), len(bounds[0])
    digits = max(8, len(str(most)))
    room = _USUAL_BAR if width is None else min(max(width - left - digits - 6, _LEAST_BAR), _LONGEST_BAR)
    lines = [f"{visible(view.unit) or 'value':>{left}} : {'count':<{digits}} distribution"]
    for bound, count in zip(bounds, shown, strict=True):
        bar = "*" * (max(count, 0) * room // most)
        lines.append(f"{bound} : {count:<{digits}} |{bar:<{room}}|")
    return lines


def log2_bounds(slot: int) -> tuple[int, int]:
    """Return the least and the largest value of a slot: 0 to 1, 2 to 3, 4 to 7, …"""
    return (1 << slot if slot else 0), (1 << (slot + 1)) - 1


def _code(kind: CType) -> str:
    item = kind.item
    return _CODES.get(item.size, "") if item is not None and item.kind == INTEGER and kind.length else ""


def _layout(kind: CType) -> struct.Struct:
    code = _code(kind)
    signed = kind.item is not None and kind.item.signed
    return struct.Struct(f"={kind.length}{code if signed else code.upper()}")
