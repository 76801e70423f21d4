"""What is expected of an event or a row, taken apart: each condition alone, so that what differs can be named.

They are bound to one kind of thing, as --filter is (client/output/filter.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ....schemas.package_tests import Expected, Scalar
from ...output.decode import Row
from ...output.filter import bound_parts, check_filter
from ...output.json_text import json_value
from ...output.lines import LABEL, EventLines
from ...output.selection import Selection, check_names
from ...output.things import Things


class Thing:
    """One event or row: its raw values, and on demand what `ecli run --json` prints of it."""

    __slots__ = ("_object", "kind", "row")

    def __init__(self, kind: Kind, row: Row) -> None:
        self.kind, self.row = kind, row
        self._object: dict[str, Any] | None = None

    @property
    def object(self) -> dict[str, Any]:
        """Its fields as JSON has them."""
        if self._object is None:
            self._object = json.loads(self.text)
        return self._object

    @property
    def text(self) -> str:
        """Its line of JSON."""
        return self.kind.lines.of_rows([self.row]).rstrip("\n")


class Condition(NamedTuple):
    """One thing that must hold: its text, its test, and what tells why it does not."""

    text: str
    holds: Callable[[Thing], bool]
    told: Callable[[Thing], str]


class Kind:
    """One kind of event or viewed map."""

    def __init__(self, selection: Selection, label: str) -> None:
        self.selection = selection
        self.lines = EventLines(selection, label=label)

    def conditions(self, expected: Expected) -> list[Condition]:
        """What must hold of a thing of this kind. Raises: BadInput."""
        made = [_of_field(name, value) for name, value in expected.fields]
        for part in bound_parts(expected.filter, self.selection) if expected.filter else ():
            names = [self.selection.fields[index].name for index in part.fields]
            made.append(Condition(part.text, _kept(part.keep), _values(names)))
        return made


def kinds_of(things: Things) -> list[Kind]:
    """The kinds of a program: its streams, then its views."""
    several = len(things.selections) > 1
    return [Kind(item, item.label if several else "") for item in things.selections]


def check_expected(expected: Expected, selections: Sequence[Selection]) -> None:
    """See that every field that is named is one of the program's. Raises: BadInput."""
    if expected.filter:
        check_filter(expected.filter, selections)
    names = [name for name, _ in expected.fields if name != LABEL or len(selections) < 2]
    check_names(names, selections, where="fields")


def _kept(keep: Callable[[Row], bool]) -> Callable[[Thing], bool]:
    return lambda thing: keep(thing.row)


def _of_field(name: str, wanted: Scalar) -> Condition:
    def holds(thing: Thing) -> bool:
        found = thing.object.get(name)
        return found == wanted and isinstance(found, bool) == isinstance(wanted, bool)

    return Condition(f"{name} == {json_value(wanted)}", holds, _values([name]))


def _values(names: Sequence[str]) -> Callable[[Thing], str]:
    def told(thing: Thing) -> str:
        found = {name: thing.object[name] for name in names if name in thing.object}
        return ", ".join(f"{name} is {json_value(value)}" for name, value in found.items()) or "it has no such field"

    return told
