"""What is shown of one kind of thing: which rows (--filter), which of their fields (--fields), in which order (--sort).

A filter's language is in filter.py. Several kinds of things share one wish: each shows those named fields that it has.
"""

from __future__ import annotations

from ...schemas.c_type import CType
from ...schemas.errors import BadInput
from ...schemas.named import TYPE_CHECKING
from .decode import Decoder, Field, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from .meanings import Meaning, Stacks
    from .shown import Shown

MAX_NAMES = 512  # that --fields may give


class Selection:
    """One kind of thing under the user's wishes. `indexes` are the fields to show, in the order asked for.

    `descending` is None where nothing is sorted. Nothing is shown of a kind that has none of the named fields.
    Raises (constructor): BadInput.
    """

    def __init__(
        self, event: CType, *, label: str = "", shown: Shown | None = None, stacks: Stacks | None = None
    ) -> None:
        self.label = label
        self.decoder = Decoder(event)
        fields = self.decoder.fields
        self.meanings: list[Meaning | None] = [None] * len(fields)
        if any(field.show for field in fields):
            from .meanings import meanings

            self.meanings = meanings(fields, stacks)
        found = [find_name(name, fields) for name in shown.fields] if shown else []
        self.indexes = (
            list(dict.fromkeys(index for index in found if index >= 0)) if found else list(range(len(fields)))
        )
        self.nothing = bool(found) and not self.indexes
        self._keep: Callable[[Row], bool] | None = None
        if shown and shown.where:
            from .filter import bound_filter

            self._keep = bound_filter(shown.where, self)
        self._by = find_name(shown.sort.removeprefix("-"), fields) if shown and shown.sort else -1
        self.descending = shown.sort.startswith("-") if shown and self._by >= 0 else None

    @property
    def fields(self) -> tuple[Field, ...]:
        """All fields of this kind, shown or not."""
        return self.decoder.fields

    def rows(self, records: Sequence[bytes]) -> tuple[list[Row], int]:
        """Decode records; return the rows to show, and how many records were malformed."""
        rows, malformed = self.decoder.rows(records)
        if self.nothing:
            return [], malformed
        return (list(filter(self._keep, rows)) if self._keep else rows), malformed

    def chosen(self, records: Sequence[bytes]) -> tuple[list[bytes], int]:
        """Return the records whose rows are to be shown, and how many records were malformed."""
        rows, malformed = self.decoder.rows(records)
        if self.nothing:
            return [], malformed
        keep = self._keep
        return [item for item, row in zip(records, rows, strict=True) if keep is None or keep(row)], malformed

    def order(self, rows: Sequence[Row]) -> list[int]:
        """Return the places of the rows in the order asked for; what lacks the value comes last."""
        if self.descending is None:
            return list(range(len(rows)))
        value = self.value(self._by)
        keys: list[Any] = [None if row[self._by] is None else value(row) for row in rows]
        there = [place for place, key in enumerate(keys) if key is not None]
        there.sort(key=keys.__getitem__, reverse=self.descending)
        return there + [place for place, key in enumerate(keys) if key is None]

    def sort_by(self, index: int, *, descending: bool) -> None:
        """Sort by field number `index` where the user did not say."""
        if self.descending is None:
            self._by, self.descending = index, descending

    def value(self, index: int) -> Callable[[Row], Any]:
        """Return what gets a row's value of a field: a number, a text, or None where it is missing."""
        from .values import getter

        return getter(self.fields, self.meanings, index)


def find_name(name: str, fields: Sequence[Field]) -> int:
    """Return the number of the field of that name, in any case where that is clear; -1 for none."""
    names = [field.name for field in fields]
    if name in names:
        return names.index(name)
    alike = [index for index, other in enumerate(names) if other.lower() == name.lower()]
    return alike[0] if len(alike) == 1 else -1


def check_names(names: Sequence[str], selections: Sequence[Selection], *, where: str) -> None:
    """See that each name is a field of something. Raises: BadInput, with names that are near."""
    if len(names) > MAX_NAMES:
        raise BadInput(f"names more than {MAX_NAMES} fields", where=where)
    for name in names:
        if all(find_name(name, selection.fields) < 0 for selection in selections):
            known = list(dict.fromkeys(field.name for selection in selections for field in selection.fields))
            raise unknown_field(name, known, where=where)


def unknown_field(name: str, known: Sequence[str], *, where: str) -> BadInput:
    """The error for a name that is no field's."""
    from difflib import get_close_matches

    near = get_close_matches(name[:128].lower(), [item.lower() for item in known[:1024]], n=3)
    matches = [item for item in known if item.lower() in near]
    todo = f"Did you mean {' or '.join(matches)}?" if matches else f"There is {', '.join(known[:32]) or 'no field'}"
    return BadInput(f"there is no field {name[:128]!r}", where=where, todo=todo)
