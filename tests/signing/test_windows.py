"""Validity windows: closed intervals, read from RFC 3339."""

from datetime import UTC, datetime, timedelta

import pytest
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.fields import Fields
from ebpfhub.signing.windows import Window
from hypothesis import given
from hypothesis import strategies as st

MOMENTS = st.integers(0, 4_000_000_000_000_000).map(
    lambda ticks: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks)
)


def window(**fields: object) -> Window:
    return Window.read(Fields(fields, "validFor"))


@given(st.lists(MOMENTS, min_size=2, max_size=2).map(sorted))
def test_both_ends_are_inside_and_nothing_beyond(ends: list[datetime]) -> None:
    made = window(start=ends[0].isoformat(), end=ends[1].isoformat())
    tick = timedelta(microseconds=1)
    assert made.holds((ends[0], ends[1]))
    assert not made.holds((ends[0] - tick,))
    assert not made.holds((ends[0], ends[1] + tick))


def test_window_without_end_stays_open() -> None:
    assert window(start="2021-01-12T11:53:27Z").holds((datetime(2999, 1, 1, tzinfo=UTC),))


def test_fractions_and_offsets_are_read() -> None:
    made = window(start="2022-12-31T23:59:59.999Z", end="2023-01-01T02:00:00+02:00")
    assert made.start == datetime(2022, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)
    assert made.end == datetime(2023, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"end": "2023-01-01T00:00:00Z"},
        {"start": 1689177396},
        {"start": "2023-01-01"},
        {"start": "2023-W01-1T00:00:00Z"},
        {"start": "2023-13-01T00:00:00Z"},
        {"start": "2023-01-01T00:00:00"},
        {"start": "9999-12-31T23:59:59.999999Z"},
        {"start": "0001-01-01T00:00:00+14:00"},
        {"start": "2023-01-02T00:00:00Z", "end": "2023-01-01T00:00:00Z"},
        {"start": "2023-01-01T00:00:00Z", "until": "2024-01-01T00:00:00Z"},
    ],
)
def test_malformed_window_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(BadInput, match="validFor"):
        window(**fields)
