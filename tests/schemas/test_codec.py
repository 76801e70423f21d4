"""Canonical MessagePack and bounded JSON: one spelling for each value, nothing else accepted."""

from typing import Any

import pytest
from ebpfhub.schemas.codec import MAX_DEPTH, canonical_json, decode, decode_any, decode_json, encode
from ebpfhub.schemas.errors import BadInput
from hypothesis import given
from hypothesis import strategies as st

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
INTEGERS = st.integers(-(2**63), 2**64 - 1)
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXT | st.binary(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_encoded_value_decodes_to_itself(value: Any) -> None:
    assert decode(encode(value), limit=65535) == value


@given(st.dictionaries(TEXT, INTEGERS, min_size=2, max_size=6), st.randoms())
def test_order_of_keys_does_not_change_the_bytes(value: dict[str, int], random: Any) -> None:
    items = list(value.items())
    random.shuffle(items)
    assert encode(dict(items)) == encode(value)


def test_keys_are_sorted_by_their_utf8_bytes() -> None:
    assert encode({"\ue000": 1, "\U00010000": 2, "z": 3}).index(b"\xf0\x90") > encode({"\ue000": 1}).index(b"\xee")
    assert encode({"b": 1, "aa": 2, "a": 3}) == bytes.fromhex("83 a161 03 a26161 02 a162 01")


@given(st.dictionaries(TEXT, st.just(0), max_size=8))
def test_any_keys_are_sorted_by_their_utf8_bytes(value: dict[str, int]) -> None:
    assert list(decode_any(encode(value), limit=65535)) == sorted(value, key=str.encode)


@pytest.mark.parametrize("key", ["\ud800", "a\udfff"])
def test_half_of_a_character_is_no_key(key: str) -> None:
    with pytest.raises(BadInput):
        encode({key: 1})


@pytest.mark.parametrize(
    ("story", "data"),
    [
        ("an integer in two bytes that fits in one", "cc07"),
        ("an integer in nine bytes that fits in one", "cf0000000000000007"),
        ("a signed form of a positive integer", "d007"),
        ("a text with a long length", "d90161"),
        ("a binary with a long length", "c5000161"),
        ("a list with a long length", "dc000101"),
        ("a map with a long length", "de0001a16101"),
        ("unsorted keys", "82a16201a16101"),
        ("a duplicate key", "82a16101a16101"),
        ("a duplicate key with another value", "82a16101a16102"),
        ("a binary key", "81c4016101"),
        ("an integer key", "810101"),
        ("a nil key", "81c001"),
        ("a float", "cb3ff0000000000000"),
        ("a short float", "ca3f800000"),
        ("an extension", "d40100"),
        ("a timestamp", "d6ff00000001"),
        ("a timestamp of a wrong length", "d4ff00"),
        ("text that is not UTF-8", "a1ff"),
        ("half of a surrogate pair", "a3eda080"),
        ("the unused byte", "c1"),
        ("trailing bytes", "0101"),
        ("a cut list", "9201"),
        ("a list that claims four billion items", "ddffffffff"),
        ("a map that claims four billion items", "dfffffffff"),
        ("a binary that claims four billion bytes", "c6ffffffff"),
        ("nothing", ""),
    ],
)
def test_other_spelling_is_refused(story: str, data: str) -> None:
    with pytest.raises(BadInput):
        decode(bytes.fromhex(data), limit=65535)


@given(st.binary(max_size=300))
def test_arbitrary_bytes_decode_canonically_or_are_refused(data: bytes) -> None:
    try:
        value = decode(data, limit=65535)
    except BadInput:
        return
    assert encode(value) == data


@given(VALUES, st.data())
def test_changed_byte_is_another_value_or_refused(value: Any, data: st.DataObject) -> None:
    raw = bytearray(encode(value))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    try:
        other = decode(bytes(raw), limit=65535)
    except BadInput:
        return
    assert (other, type(other)) != (value, type(value)) or encode(other) != encode(value)


def test_larger_message_than_the_limit_is_refused() -> None:
    data = encode(b"x" * 100)
    assert decode(data, limit=len(data)) == b"x" * 100
    for read in (decode, decode_any):
        with pytest.raises(BadInput, match="more than"):
            read(data, limit=len(data) - 1)


def test_deep_nesting_is_refused() -> None:
    allowed = b"\x91" * MAX_DEPTH + b"\x01"
    assert encode(decode(allowed, limit=65535)) == allowed
    for depth in (MAX_DEPTH + 1, 1000, 60000):
        with pytest.raises(BadInput):
            decode(b"\x91" * depth + b"\x01", limit=65535)


@pytest.mark.parametrize("value", [1.5, {1: 2}, {b"a": 1}, {"a"}, object(), 2**64, "\ud800"])
def test_value_without_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(BadInput):
        encode(value)
    with pytest.raises(BadInput):
        encode({"nested": [value]})


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64) | TEXT | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(JSON_VALUES)
def test_canonical_json_reads_back(value: Any) -> None:
    assert decode_json(canonical_json(value)) == value


def test_canonical_json_has_one_spelling() -> None:
    assert canonical_json({"b": [1, "é"], "a": None}) == '{"a":null,"b":[1,"é"]}'.encode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"a":1,"a":1}',
        '[{"b":{"a":1,"a":2}}]',
        "NaN",
        "[Infinity]",
        "-Infinity",
        "1e999",
        '{"a":-1e400}',
        '"\\ud800"',
        '{"\\udc00":1}',
        "[" * 100_000,
        "1" * 5000,
        "\ufeff{}",
    ],
)
def test_json_that_others_read_otherwise_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        decode_json(text.encode())


def test_escaped_pair_of_surrogates_is_one_character() -> None:
    assert decode_json(b'"\\ud83d\\udc1d"') == "\N{HONEYBEE}"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_what_json_cannot_say_is_not_written(value: Any) -> None:
    with pytest.raises(BadInput):
        canonical_json({"default": value})


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_json_or_refused(data: bytes) -> None:
    try:
        value = decode_json(data)
    except BadInput:
        return
    assert decode_json(canonical_json(value)) == value


def test_json_that_is_too_large_is_refused() -> None:
    with pytest.raises(BadInput, match="more than"):
        decode_json(b" " * 11, limit=10)
