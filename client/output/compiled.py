"""Lines from rows by one function for each layout, compiled when its event type is known: the quickest way here.

The source it compiles holds only names that are made here; what a stranger wrote is bound to them as values.
"""

from __future__ import annotations

from ...schemas.named import TYPE_CHECKING
from .decode import Row
from .text import Remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Lines = Callable[[Sequence[Row], str], list[str]]


class Cell:
    """A value's place in a line: field number `field`, shown by `show` (None: as it is), at least `width` columns wide.

    A show that also needs other fields of the row takes them as further arguments: numbers `beside`. One that is a
    Remembered is looked up, with a tuple where it needs more. Only values that are shown as they are have a width.
    """

    __slots__ = ("beside", "field", "show", "width")

    def __init__(
        self,
        field: int,
        show: Callable[..., str] | Remembered | None = None,
        beside: tuple[int, ...] = (),
        width: int = 0,
    ) -> None:
        self.field, self.show, self.beside, self.width = field, show, beside, width

    def shown(self, row: Row, missing: str) -> str:
        """Show this cell of a row in which values may be missing."""
        value = row[self.field]
        if value is None:
            return missing
        if self.show is None:
            return str(value).rjust(self.width)
        more = [row[index] for index in self.beside]
        if None in more:
            return missing
        if isinstance(self.show, Remembered):
            return self.show[(value, *more) if more else value]
        return self.show(value, *more)


def compile_lines(parts: Sequence[str | Cell], *, fields: int) -> Lines:
    """Return the function of rows of `fields` values, and of a text before each line, that makes one line of each."""
    if not fields:
        constant = "".join(part for part in parts if isinstance(part, str))
        return lambda rows, lead: [lead + constant for _ in rows]
    bound: dict[str, Any] = {}
    source = "".join(_source(number, part, bound) for number, part in enumerate(parts))
    names = "".join(f"v{index}, " for index in range(fields))
    code = f"def make({', '.join(bound)}):\n return lambda rows, lead: [f'{{lead}}{source}' for ({names}) in rows]"
    space: dict[str, Any] = {}
    exec(compile(code, "<event type>", "exec"), space)  # noqa: S102
    made: Lines = space["make"](**bound)
    return made


def _source(number: int, part: str | Cell, bound: dict[str, Any]) -> str:
    """The part's place in the f-string; what it stands for goes to `bound`."""
    name = f"p{number}"
    if isinstance(part, str):
        bound[name] = part
        return f"{{{name}}}"
    if part.show is None:
        return f"{{v{part.field}:>{part.width}}}" if part.width else f"{{v{part.field}}}"
    bound[name] = part.show
    key = ", ".join(f"v{index}" for index in (part.field, *part.beside))
    return f"{{{name}[{key}]}}" if isinstance(part.show, Remembered) else f"{{{name}({key})}}"
