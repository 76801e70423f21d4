"""A package's tests in its config: read back as they were written, bounded, and fit for the published schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.fields import Fields
from ebpfhub.schemas.package import PackageConfig
from ebpfhub.schemas.package_tests import MAX_SECONDS, MAX_TESTS, MAX_TIMES, Expected, PackageTest, read_tests
from hypothesis import given
from hypothesis import strategies as st

SCHEMA = jsonschema.Draft202012Validator(
    json.loads((Path(__file__).parents[2] / "schemas" / "package-config.schema.json").read_text())
)
HEAD: dict[str, Any] = {"schemaVersion": 1, "namespace": "tools", "name": "opensnoop", "version": "1.0.0"}
FULL = PackageTest(
    "sees-cat.2",
    ("--pid", "1"),
    "cat /etc/passwd\n",
    (
        Expected(filter="ret >= 0", fields=(("comm", "cat"), ("failed", False)), times=2),
        Expected(line="*done*"),
        Expected(said="root:*", times=0),
    ),
    3,
    ("changes:packets",),
    ("command:cat", "kernel:5.15"),
    True,
    300,
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
WORDS = st.lists(TEXTS, max_size=4).map(tuple)
NAMED = st.from_regex(r"[a-z0-9]{1,8}([._-][a-z0-9]{1,8}){0,2}", fullmatch=True)
FIELDS = st.dictionaries(TEXTS, TEXTS | st.integers() | st.booleans(), max_size=3).map(
    lambda d: tuple(sorted(d.items()))
)
TIMES = st.integers(1, MAX_TIMES)
NOTHING = st.just("")
EXPECTED = (
    st.builds(Expected, TEXTS.filter(bool), FIELDS, NOTHING, NOTHING, TIMES)
    | st.builds(Expected, NOTHING, st.just(()), TEXTS.filter(bool), NOTHING, TIMES)
    | st.builds(Expected, NOTHING, st.just(()), NOTHING, TEXTS.filter(bool), TIMES)
)
PACKAGE_TESTS = st.builds(
    PackageTest, NAMED, WORDS, TEXTS, st.lists(EXPECTED, min_size=1, max_size=3).map(tuple),
    st.none() | st.integers(0, 255), WORDS, WORDS, st.booleans(), st.integers(1, MAX_SECONDS),
)  # fmt: skip


def read(*tests: dict[str, Any]) -> tuple[PackageTest, ...]:
    """The tests of a config that has these."""
    return PackageConfig.parse(json.dumps({**HEAD, "tests": tests}).encode()).tests


@given(st.lists(PACKAGE_TESTS, max_size=4, unique_by=lambda test: test.name).map(tuple))
def test_tests_read_back_and_fit_the_published_schema(tests: tuple[PackageTest, ...]) -> None:
    document = json.loads(PackageConfig("tools", "opensnoop", "1.0.0", tests=tests).to_json())
    assert read_tests(Fields(document, "config")) == tests
    SCHEMA.validate(document)


def test_every_field_is_read() -> None:
    assert read(FULL.to_json()) == (FULL,)


def test_what_is_usual_is_not_written() -> None:
    test = PackageTest("ends", exit=0)
    assert test.to_json() == {"name": "ends", "exit": 0}
    assert b"tests" not in PackageConfig("tools", "opensnoop", "1.0.0").to_json()


def test_fields_of_later_versions_are_left_alone() -> None:
    expected = {"filter": "ret", "mood": "good"}
    assert read({"name": "a", "expect": [expected], "color": 3}) == (PackageTest("a", expect=(Expected("ret"),)),)


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "two words"},
        {"name": "../up"},
        {"name": "a" * 65},
        {"options": ["x"] * 33},
        {"options": ["x" * 257]},
        {"options": ["a\0b"]},
        {"trigger": "x" * 4097},
        {"trigger": "a\0b"},
        {"trigger": ["cat"]},
        {"expect": []},
        {"expect": [{}]},
        {"expect": [{"times": 0, "filter": "x"}]},
        {"expect": [{"filter": "x", "line": "y"}]},
        {"expect": [{"line": "x", "said": "y"}]},
        {"expect": [{"filter": "x" * 1025}]},
        {"expect": [{"fields": {"x": []}}]},
        {"expect": [{"fields": {"x": None}}]},
        {"expect": [{"fields": {str(number): 1 for number in range(33)}}]},
        {"expect": [{"filter": "x", "times": MAX_TIMES + 1}]},
        {"expect": [{"filter": "x"}] * 17},
        {"exit": 256},
        {"exit": "0"},
        {"timeout": 0},
        {"timeout": MAX_SECONDS + 1},
        {"optional": "yes"},
        {"needs": [1]},
    ],
    ids=str,
)
def test_a_test_outside_its_bounds_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        read({"name": "a", "expect": [{"filter": "x"}], **change})


def test_two_tests_of_one_name_and_too_many_are_refused() -> None:
    test = FULL.to_json()
    with pytest.raises(BadInput, match="two tests have the name"):
        read(test, test)
    with pytest.raises(BadInput, match="more than"):
        read(*({**test, "name": f"t{number}"} for number in range(MAX_TESTS + 1)))


JUNK = st.none() | st.booleans() | st.integers() | TEXTS | st.lists(st.integers(), max_size=2) | st.just({"a": 1})


@given(st.data())
def test_one_wrong_value_is_read_or_refused(data: st.DataObject) -> None:
    test = FULL.to_json()
    target: Any = test
    while isinstance(target, dict | list) and target:
        parent, target = target, None
        step = data.draw(st.sampled_from(sorted(parent) if isinstance(parent, dict) else range(len(parent))))
        if data.draw(st.booleans()):
            target = parent[step]
        else:
            parent[step] = data.draw(JUNK)
    try:
        (made,) = read(test)
    except BadInput:
        return
    assert read(made.to_json()) == (made,)
