"""A filter's expression bound to the fields of one kind of thing: a function that tells whether a row is shown.

A comparison with a value that is missing, or with a field that this kind of thing does not have, is false.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from ...schemas.errors import BadInput
from .decode import Row
from .filter_syntax import AND, NAME, NOT, NUMBER, TEXT, Compared, Joined, Token, misread, parse_filter, written
from .selection import Selection, find_name, unknown_field
from .values import is_text

MAX_PATTERN = 256  # characters after ~
Keep = Callable[[Row], bool]
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_LABEL = "event"  # the name of the kind of thing, where no field has that name
_CONSTANTS = {"true": 1, "false": 0}


def bound_filter(text: str, selection: Selection) -> Keep:
    """Return the function that tells whether a row is kept. Raises: BadInput."""
    return _Binder(text, selection).bind(parse_filter(text))


class Part(NamedTuple):
    """One of the comparisons that must all hold: its text, its test, and the numbers of the fields that it names."""

    text: str
    keep: Keep
    fields: tuple[int, ...]


def bound_parts(text: str, selection: Selection) -> list[Part]:
    """Return what a filter joins by `and` at its top, for those who ask why a row is not kept. Raises: BadInput."""
    tree, binder = parse_filter(text), _Binder(text, selection)
    trees = tree.parts if isinstance(tree, Joined) and tree.how == AND else (tree,)
    return [Part(written(part), binder.bind(part), _fields_in(part, selection)) for part in trees]


def _fields_in(tree: Compared | Joined, selection: Selection) -> tuple[int, ...]:
    sides = [side for compared in _comparisons(tree) for side in (compared.left, compared.right)]
    found = [_field(side, selection) for side in sides]
    return tuple(dict.fromkeys(index for index in found if index is not None and index >= 0))


def check_filter(text: str, selections: Sequence[Selection]) -> None:
    """See that each name is a field of something, or a name of a value beside one. Raises: BadInput."""
    for compared in _comparisons(parse_filter(text)):
        sides = (compared.left, compared.right) if compared.operator else (compared.left,)
        names = [side for side in sides if side.kind == NAME]
        if any(_known(side, compared, selections) for side in names) or not names:
            unknown = [side for side in names if not _known(side, compared, selections)]
        else:
            unknown = names
        for side in unknown:
            fields = list(dict.fromkeys(field.name for item in selections for field in item.fields))
            error = unknown_field(str(side.value), fields, where="--filter")
            raise misread(error.what, text, side.at, error.todo)


def _known(side: Token, compared: Compared, selections: Sequence[Selection]) -> bool:
    """Tell whether a name is a field of something, or names a value of the other side."""
    other = compared.right if side is compared.left else compared.left
    for selection in selections:
        if _field(side, selection) is not None:
            return True
        beside = _field(other, selection)
        if beside is not None and beside >= 0 and _named(str(side.value), beside, selection) is not None:
            return True
    return False


def _comparisons(tree: Compared | Joined) -> Iterator[Compared]:
    if isinstance(tree, Compared):
        yield tree
        return
    for part in tree.parts:
        yield from _comparisons(part)


def _field(token: Token, selection: Selection) -> int | None:
    """The number of the field that a token names, -1 for the label; None if it names none."""
    if token.kind != NAME:
        return None
    name = str(token.value)
    place = find_name(name, selection.fields)
    if place >= 0:
        return place
    return -1 if name == _LABEL else None


def _named(name: str, index: int, selection: Selection) -> int | None:
    """The number that a name stands for beside a field: SIGKILL, ENOENT, true, an enumerator."""
    field, meaning = selection.fields[index], selection.meanings[index]
    if meaning is not None and meaning.number is not None and (number := meaning.number(name)) is not None:
        return number
    for known, value in field.type.values:
        if known == name:
            return value
    return _CONSTANTS.get(name)


class _Binder:
    def __init__(self, text: str, selection: Selection) -> None:
        self.text, self.selection = text, selection

    def bind(self, tree: Compared | Joined) -> Keep:
        if isinstance(tree, Compared):
            return self.comparison(tree)
        parts = [self.bind(part) for part in tree.parts]
        if tree.how == NOT:
            inner = parts[0]
            return lambda row: not inner(row)
        if tree.how == AND:
            return lambda row: all(part(row) for part in parts)
        return lambda row: any(part(row) for part in parts)

    def comparison(self, compared: Compared) -> Keep:
        left, right = compared.left, compared.right
        here = [side for side in (left, right) if _field(side, self.selection) is not None]
        if not here:
            return self.without_field(compared)
        if not compared.operator:
            get, _ = self.side(left, left)
            return lambda row: bool(get(row))
        (first, first_text), (second, second_text) = self.side(left, right), self.side(right, left)
        if compared.operator in ("~", "!~"):
            return self.match(compared, first, first_text)
        if first_text != second_text:
            raise self.mixed(left if first_text else right, compared)
        test = _ORDERS[compared.operator]

        def keep(row: Row) -> bool:
            one, other = first(row), second(row)
            return one is not None and other is not None and test(one, other)

        return keep

    def without_field(self, compared: Compared) -> Keep:
        """A comparison of no field of this kind: of others' fields it is false, of constants an error."""
        if NAME not in (compared.left.kind, compared.right.kind):
            raise misread("a comparison needs a field", self.text, compared.left.at)
        return lambda row: False

    def match(self, compared: Compared, get: Callable[[Row], Any], is_a_text: bool) -> Keep:
        """Match a text with a pattern; the search takes time in proportion to both, whatever the pattern."""
        from fnmatch import translate
        from re import compile as compiled
        from re import error as bad_pattern

        pattern = compared.right
        if pattern.kind != TEXT or len(str(pattern.value)) > MAX_PATTERN:
            raise misread(f"~ needs a 'pattern' of at most {MAX_PATTERN} characters", self.text, pattern.at)
        if not is_a_text:
            raise misread(f"{compared.left.value!r} is a number, and ~ is for texts", self.text, compared.left.at)
        try:
            found, wanted = compiled(translate(str(pattern.value))).match, compared.operator == "~"
        except (bad_pattern, RecursionError, OverflowError) as error:
            raise misread("this pattern cannot be read", self.text, pattern.at) from error

        def keep(row: Row) -> bool:
            value = get(row)
            return value is not None and (found(value) is not None) == wanted

        return keep

    def side(self, token: Token, other: Token) -> tuple[Callable[[Row], Any], bool]:
        """Return what gets one side's value, and whether that is a text."""
        value: Any = token.value
        index, beside = _field(token, self.selection), _field(other, self.selection)
        if index is not None and index >= 0:
            field, meaning = self.selection.fields[index], self.selection.meanings[index]
            return self.selection.value(index), is_text(field, meaning)
        if index is not None:
            label = self.selection.label
            return (lambda row: label), True
        if token.kind in (NAME, TEXT) and beside is not None and beside >= 0:
            number = _named(str(value), beside, self.selection)
            if number is not None and not is_text(self.selection.fields[beside], self.selection.meanings[beside]):
                return (lambda row: number), False
        if token.kind == NAME:
            return (lambda row: None), self.textual(other)
        return (lambda row: value), token.kind != NUMBER

    def textual(self, token: Token) -> bool:
        index = _field(token, self.selection)
        if index is None or index < 0:
            return token.kind != NUMBER
        return is_text(self.selection.fields[index], self.selection.meanings[index])

    def mixed(self, text_side: Token, compared: Compared) -> BadInput:
        number_side = compared.right if text_side is compared.left else compared.left
        what = f"{text_side.value!r} is a text and {number_side.value!r} is a number: they cannot be compared"
        return misread(what, self.text, compared.at)
