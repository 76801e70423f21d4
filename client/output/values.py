"""The value of a field as people and programs count with it: a number or a text. For filters, sorting and metrics."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from math import isnan

from ...schemas.c_type import ARRAY, FLOAT, INTEGER, STRING, STRUCT, CType
from ...schemas.named import TYPE_CHECKING
from .decode import Field, Row, nested
from .json_text import json_value
from .text import decoded

if TYPE_CHECKING:
    from typing import Any

    from .meanings import Meaning

Get = Callable[[Row], "Any"]


def is_text(field: Field, meaning: Meaning | None) -> bool:
    """Tell whether a field's value is a text; else it is a number."""
    if meaning is not None and meaning.value is not None:
        return meaning.textual
    return field.type.kind in (STRING, ARRAY, STRUCT)


def getter(fields: Sequence[Field], meanings: Sequence[Meaning | None], index: int) -> Get:
    """Return what gets field number `index` from a row: a number or a text, None where it is missing."""
    meaning = meanings[index]
    change = raw_to_value(fields[index], meaning)
    if change is None:
        return lambda row: row[index]
    beside = meaning.beside if meaning is not None and meaning.value is not None else ()

    def get(row: Row) -> Any:
        values = [row[index], *(row[item] for item in beside)]
        return None if None in values else change(*values)

    return get


def raw_to_value(field: Field, meaning: Meaning | None) -> Callable[..., Any] | None:
    """Return what makes a value of a raw one and those beside it; None where the raw one is the value."""
    kind = field.type
    if meaning is not None and meaning.value is not None:
        return meaning.value
    if kind.kind == STRING:
        return decoded
    if kind.kind in (ARRAY, STRUCT):
        return lambda value: json_value(nested(kind, value))
    if kind.size == 16:
        return lambda value: int.from_bytes(value, sys.byteorder, signed=kind.signed)
    if kind.kind == FLOAT:
        return lambda value: None if isnan(value) else value  # which has no place in an order
    return None


def numeric(kind: CType) -> bool:
    """Tell whether a type's values can be added up: integers and floats."""
    return kind.kind in (INTEGER, FLOAT)
