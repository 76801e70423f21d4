"""The shape of a decoded document: which fields its maps may have, and how many items its lists.

Names and nesting alone, in one walk; what the values are is read and checked by Fields.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from .fields import Fields

Shape: TypeAlias = "dict[str, Shape | Several | None]"


class Several(NamedTuple):
    """A list of at most `limit` maps of one shape."""

    limit: int
    shape: Shape


def check_shape(value: Any, shape: Shape, where: str) -> None:
    """Refuse a map with a field that its shape does not name, and so within it. None stands for any value.

    Fields that are absent or null are not looked into. Raises: BadInput.
    """
    if not isinstance(value, dict) or not value.keys() <= shape.keys():
        Fields(value, where).only(*shape)
    for name, inner in shape.items():
        held = None if inner is None else value.get(name)
        if held is None:
            continue
        if isinstance(inner, Several):
            for index, item in enumerate(Fields(value, where).items(name, limit=inner.limit)):
                check_shape(item, inner.shape, f"{where}.{name}[{index}]")
        elif inner is not None:
            check_shape(held, inner, f"{where}.{name}")
