"""JSON of a hub as values of frozen dataclasses: each field is checked by its type, unknown ones are left alone."""

from __future__ import annotations

import types
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from ...schemas.errors import BadInput

MAX_ITEMS = 10_000  # of one list
MAX_TEXT_CHARS = 1024 * 1024  # of one text

T = TypeVar("T")


def read_answer(kind: type[T], document: Any, where: str) -> T:
    """Make a value of a dataclass from decoded JSON. Raises: BadInput, which names the place."""
    if not isinstance(document, dict):
        raise BadInput("must be an object", where=where)
    given = {}
    for name, hint, default in _shape(kind):
        if name in document or default is MISSING:
            given[name] = _value(hint, document.get(name), f"{where}: {name}")
    return kind(**given)


def _shape(kind: Any) -> tuple[tuple[str, Any, Any], ...]:
    hints = get_type_hints(kind)
    return tuple((item.name, hints[item.name], item.default) for item in fields(kind))


def _value(hint: Any, value: Any, where: str) -> Any:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):  # X | None
        (kind,) = [item for item in inner if item is not type(None)]
        return None if value is None else _value(kind, value, where)
    if origin is tuple:
        if not isinstance(value, list) or len(value) > MAX_ITEMS:
            raise BadInput(f"must be a list of at most {MAX_ITEMS} items", where=where)
        return tuple(_value(inner[0], item, f"{where}[{index}]") for index, item in enumerate(value))
    if origin is dict:
        if not isinstance(value, dict) or len(value) > MAX_ITEMS:
            raise BadInput(f"must be a map of at most {MAX_ITEMS} items", where=where)
        return {name: _value(inner[1], item, f"{where}: {name[:80]}") for name, item in value.items()}
    if is_dataclass(hint):
        return read_answer(hint, value, where)  # type: ignore[arg-type]
    if type(value) is not hint or (hint is str and len(value) > MAX_TEXT_CHARS):
        raise BadInput(f"must be {hint.__name__}, not {type(value).__name__}", where=where)
    return value
