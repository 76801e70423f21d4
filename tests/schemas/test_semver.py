"""Versions: SemVer 2.0.0 sections 2, 9 and 11, without build parts."""

from itertools import pairwise

import pytest
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.semver import MAX_VERSION_CHARS, Version
from hypothesis import given
from hypothesis import strategies as st

NUMBERS = st.integers(0, 999_999_999)
PARTS = st.from_regex(r"(0|[1-9][0-9]{0,8}|[0-9]{0,3}[a-zA-Z-][0-9a-zA-Z-]{0,5})", fullmatch=True)
VERSIONS = st.builds(Version, NUMBERS, NUMBERS, NUMBERS, st.lists(PARTS, max_size=3).map(tuple))


def test_order_is_the_specifications_example() -> None:
    ordered = [
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
    ]
    parsed = [Version.parse(text) for text in ordered]
    assert sorted(parsed, reverse=True) == parsed[::-1]
    assert all(low < high and not high < low for low, high in pairwise(parsed))


def test_numbers_are_compared_as_numbers() -> None:
    assert Version.parse("1.9.0") < Version.parse("1.10.0") < Version.parse("2.0.0")


@pytest.mark.parametrize("text", ["0.0.0", "1.2.3", "1.0.0--", "1.0.0-0a", "1.0.0-01a", "1.0.0-rc.0", "999999999.0.0"])
def test_version_reads_and_writes_itself(text: str) -> None:
    assert str(Version.parse(text)) == text
    assert Version.spells(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "1",
            "1.2",
            "1.2.3.4",
            "v1.2.3",
            "01.2.3",
            "1.02.3",
            "1.2.03",
            "-1.2.3",
            "1.2.3-",
            "1.2.3-01",
            "1.2.3-a..b",
        ),
        *("1.2.3-.a", "1.2.3+build", "1.2.3-a+b", " 1.2.3", "1.2.3\n", "1.2.3-é", "1.2.3-a_b", "1.2.3-1234567890"),
        *(
            "\u0661.\u0662.\u0663",
            "1.2.3-\u0661",
            "9999999999.0.0",
            "latest",
            "1.0.0-" + "a" * MAX_VERSION_CHARS,
            "1" * 10_000,
        ),
    ],
)
def test_other_text_is_no_version(text: str) -> None:
    assert not Version.spells(text)
    with pytest.raises(BadInput):
        Version.parse(text)


@given(VERSIONS)
def test_every_version_round_trips(version: Version) -> None:
    assert len(str(version)) > MAX_VERSION_CHARS or Version.parse(str(version)) == version


@given(VERSIONS, VERSIONS, VERSIONS)
def test_order_is_total(one: Version, two: Version, three: Version) -> None:
    assert (one < two) + (two < one) + (one == two) == 1
    assert not (one < two and two < three) or one < three


@given(st.text(max_size=40))
def test_arbitrary_text_is_a_version_or_refused(text: str) -> None:
    try:
        assert str(Version.parse(text)) == text
    except BadInput:
        assert not Version.spells(text)
