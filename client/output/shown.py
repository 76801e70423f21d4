"""What the user wants to see of a run, and the sink that shows it. Only what the chosen form needs is imported."""

from __future__ import annotations

from ...schemas.errors import BadInput
from ...schemas.named import TYPE_CHECKING, NamedTuple
from ...schemas.program import Usage
from .notices import Notices
from .things import Things

if TYPE_CHECKING:
    from ..loader.sink import Sink
    from .meanings import Stacks

TABLE, JSON, CSV = "table", "json", "csv"


class Shown(NamedTuple):
    """How a run is shown: `form` is TABLE, JSON or CSV; then fields, a filter, the field to sort by (-descending).

    `width` is the columns of a terminal, for tables; None is as wide as needed.
    """

    form: str = TABLE
    fields: tuple[str, ...] = ()
    where: str = ""
    sort: str = ""
    width: int | None = None


def sink_for(
    usage: Usage,
    shown: Shown,
    *,
    descriptor: int = 1,
    notices: Notices | None = None,
    stacks: Stacks | None = None,
) -> Sink:
    """Return the sink that writes to `descriptor`; `stacks` finds stacks that events only name by an id.

    Raises: BadInput for a field or filter that cannot be.
    """
    things = Things(usage, shown=shown, stacks=stacks)
    if shown.form == TABLE:
        from .table import Table

        return Table(things, width=shown.width, descriptor=descriptor, notices=notices)
    if shown.form == JSON:
        from .lines import JsonLines

        return JsonLines(things, descriptor=descriptor, notices=notices)
    if shown.form == CSV:
        from .comma_lines import CommaLines

        return CommaLines(things, descriptor=descriptor, notices=notices)
    raise BadInput(f"{shown.form[:40]!r} is not table, json or csv", where="--output")
