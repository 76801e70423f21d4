"""Closed intervals of time: when a key or an authority of a trusted root may be believed.

Only the reading of `validFor` and the comparison; which times are compared is decided by the verifier.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..schemas.errors import BadInput
from ..schemas.fields import Fields

_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_TICK = timedelta(microseconds=1)  # the resolution of every time here


@dataclass(frozen=True, slots=True)
class Window:
    """`[start, end]`, both ends inside (protobuf-specs, sigstore_common.proto, TimeRange); no end means still open."""

    start: datetime
    end: datetime | None

    @classmethod
    def read(cls, fields: Fields) -> Window:
        """Read a `validFor`; its start must be there. Raises: BadInput."""
        fields.only("start", "end")
        start = _time(fields, "start")
        end = _time(fields, "end") if fields.has("end") else None
        if end is not None and end < start:
            raise BadInput("ends before it starts", where=fields.where)
        return cls(start, end)

    def holds(self, times: tuple[datetime, ...]) -> bool:
        """Tell whether all `times` lie inside."""
        return all(self.start <= time and (self.end is None or time <= self.end) for time in times)

    @property
    def open_end(self) -> str | None:
        """The first moment after the window, in RFC 3339: the same window for a reader who takes the end as outside."""
        return None if self.end is None else (self.end + _TICK).isoformat()

    def __str__(self) -> str:
        end = f"{self.end:%Y-%m-%d %H:%M:%S}" if self.end else "now"
        return f"{self.start:%Y-%m-%d %H:%M:%S} to {end} UTC"


def _time(fields: Fields, name: str) -> datetime:
    text = fields.text(name, limit=40)
    if not _RFC3339.fullmatch(text):
        raise BadInput(f"{text!r} is not an RFC 3339 time", where=fields.at(name))
    try:
        made = datetime.fromisoformat(text.upper()).astimezone(UTC)
        _ = made + _TICK
    except (ValueError, OverflowError) as error:
        raise BadInput(f"{text!r} is not a time", where=fields.at(name)) from error
    return made
