"""Any event type with any bytes: what is decoded, written as JSON, and laid out in a table is what the bytes say."""

from __future__ import annotations

import json
import math
import struct
import sys
from typing import Any

from ebpfhub.client.output.columns import EventTable
from ebpfhub.client.output.decode import Decoder
from ebpfhub.client.output.lines import EventLines
from ebpfhub.client.output.text import columns
from ebpfhub.schemas.c_type import CType, Member
from hypothesis import given, settings
from hypothesis import strategies as st

Sample = tuple[CType, bytes, Any]  # a type, bytes of it, and what JSON should say

TEXTS = st.one_of(
    st.text(max_size=12), st.sampled_from(["日本語テキスト", "\x1b[31mred\x07", "a\u202eb", "e\u0301" * 4])
)


@st.composite
def integers(draw: st.DrawFn) -> Sample:
    size, signed = draw(st.sampled_from([1, 2, 4, 8, 16])), draw(st.booleans())
    data = draw(st.binary(min_size=size, max_size=size))
    number = int.from_bytes(data, sys.byteorder, signed=signed)
    return CType("integer", size, signed=signed), data, str(number) if size == 16 else number


@st.composite
def strings(draw: st.DrawFn) -> Sample:
    size = draw(st.integers(1, 24))
    data = draw(st.one_of(st.binary(max_size=size), TEXTS.map(str.encode)))[:size].ljust(size, b"\0")
    return CType("string", size), data, data.split(b"\0")[0].decode("utf-8", "backslashreplace")


@st.composite
def floats(draw: st.DrawFn) -> Sample:
    code, size = draw(st.sampled_from([("=f", 4), ("=d", 8)]))
    value = draw(st.floats(width=32 if size == 4 else 64))
    return CType("float", size), struct.pack(code, value), value if math.isfinite(value) else None


@st.composite
def others(draw: st.DrawFn) -> Sample:
    mood = CType("enum", 4, "mood", values=(("CALM", 0), ("ANGRY", 7)))
    address = draw(st.integers(0, 2**64 - 1))
    return draw(
        st.sampled_from(
            [
                (CType("boolean", 1), b"\1", True),
                (CType("boolean", 1), b"\0", False),
                (mood, struct.pack("=I", 7), "ANGRY"),
                (mood, struct.pack("=I", 8), 8),
                (CType("pointer", 8), struct.pack("=Q", address), address),
            ]
        )
    )


@st.composite
def arrays(draw: st.DrawFn, inner: st.SearchStrategy[Sample]) -> Sample:
    kind, data, value = draw(inner)
    count = draw(st.integers(0, 4))
    return CType("array", kind.size * count, length=count, item=kind), data * count, [value] * count


@st.composite
def structs(draw: st.DrawFn, inner: st.SearchStrategy[Sample]) -> Sample:
    members, data, values = [], b"", {}
    for index, (kind, part, value) in enumerate(draw(st.lists(inner, min_size=1, max_size=5))):
        data += bytes(draw(st.integers(0, 3)))  # padding
        name = f"m{index}"
        members.append(Member(name, len(data), kind))
        data += part
        flat = {f"{name}.{key}": item for key, item in value.items()} if isinstance(value, dict) else {name: value}
        values.update(flat)
    return CType("struct", len(data), "thing", members=tuple(members)), data, values


SCALARS = st.one_of(integers(), strings(), floats(), others())
SAMPLES = st.recursive(SCALARS, lambda inner: st.one_of(arrays(inner), structs(inner)), max_leaves=8)
EVENTS = structs(SAMPLES)


@given(EVENTS, st.binary(max_size=9), st.integers(1, 3))
def test_json_says_what_the_bytes_say(sample: Sample, padding: bytes, count: int) -> None:
    kind, data, expected = sample
    text, malformed = EventLines(kind).lines([data + padding] * count)
    assert malformed == 0
    assert [json.loads(line) for line in text.split("\n")[:-1]] == [expected] * count


@given(EVENTS, st.data())
def test_json_is_valid_and_printable_for_any_record(sample: Sample, data: st.DataObject) -> None:
    kind = sample[0]
    records = data.draw(st.lists(st.binary(max_size=kind.size + 8), max_size=4))
    text, malformed = EventLines(kind, label="thing").lines(records)
    lines = text.split("\n")[:-1]
    assert len(lines) == len(records)
    assert 0 <= malformed <= len(records)
    for line in lines:
        assert line.isprintable()
        assert json.loads(line, parse_constant=lambda word: 1 / 0)["event"] == "thing"


@given(EVENTS, st.integers(0, 400))
def test_a_record_cut_anywhere_keeps_what_it_has(sample: Sample, cut: int) -> None:
    kind, data, expected = sample
    decoder = Decoder(kind)
    text, malformed = EventLines(kind).lines([data[:cut]])
    seen = json.loads(text)
    assert malformed == (cut < decoder.needed)
    for field in decoder.fields:
        if field.offset + field.type.size <= cut:
            assert seen[field.name] == expected[field.name]


@settings(max_examples=200)
@given(EVENTS, st.integers(20, 160), st.data())
def test_no_line_of_a_table_is_wider_than_the_terminal(sample: Sample, width: int, data: st.DataObject) -> None:
    kind, good, _ = sample
    table = EventTable(kind, width=width, label=data.draw(st.sampled_from(["", "thing"])))
    records = [good, *data.draw(st.lists(st.binary(max_size=kind.size + 8), max_size=3))]
    lines, _ = table.lines(records, "12:34:56")
    assert len(lines) == len(records)
    for line in (table.header, *lines):
        assert line.isprintable()
        assert columns(line) <= width


@given(EVENTS)
def test_an_unbounded_table_cuts_nothing(sample: Sample) -> None:
    kind, data, expected = sample
    [line], _ = EventTable(kind).lines([data], "12:34:56")
    for name, value in expected.items():
        if isinstance(value, str) and value.isprintable():
            assert value.rstrip() in line, name
