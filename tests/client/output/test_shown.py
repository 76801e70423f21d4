"""The user's wishes: fields, filter, order, CSV; several kinds of events at once; text of programs."""

from __future__ import annotations

import csv
import json
import struct

import pytest
from ebpfhub.client.output import held
from ebpfhub.client.output.shown import Shown
from ebpfhub.schemas.c_type import CType, Member
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.program import EventStream, Usage
from hypothesis import given

from .looks import COUNTS, STREAMS, Piped, count, executed
from .test_shown_values import EVENTS, Sample

ONE, TWO = Usage(events=STREAMS[:1]), Usage(events=STREAMS)


def test_fields_come_as_asked() -> None:
    piped = Piped(ONE, Shown("json", fields=("comm", "pid", "comm")))
    piped.sink.batch(0, [executed(7, "cat")])
    assert piped.lines() == ['{"comm":"cat","pid":7}']


def test_a_table_has_the_fields_asked_for() -> None:
    piped = Piped(ONE, Shown(fields=("COMM",), width=80))
    piped.sink.started("x", attached=1, streams=1)
    piped.sink.batch(0, [executed(7, "cat")])
    assert [line.split()[1:] for line in piped.lines()] == [["COMM"], ["cat"]]


def test_each_kind_shows_those_fields_that_it_has() -> None:
    piped = Piped(TWO, Shown("json", fields=("comm",)))
    piped.sink.batch(0, [executed(7, "cat")])
    piped.sink.batch(1, [struct.pack("=II", 7, 1)])
    assert piped.lines() == ['{"event":"exec","comm":"cat"}']


def test_a_kind_with_none_of_the_fields_leaves_no_trace() -> None:
    piped = Piped(Usage(events=STREAMS, views=(COUNTS,)), Shown(fields=("code",), width=80))
    piped.sink.started("x", attached=1, streams=2)
    piped.sink.batch(0, [executed(7, "cat")])
    piped.sink.looked(0, [count(1, "a", (1, 1))])
    piped.sink.batch(1, [struct.pack("=II", 7, 41)])
    assert [line.split()[-1] for line in piped.lines()] == ["CODE", "41"]


@pytest.mark.parametrize(
    "shown", [Shown(fields=("cmm",)), Shown(sort="-cmm"), Shown(where="cmm == 'x'"), Shown("json", fields=("cmm",))]
)
def test_an_unknown_name_is_refused_with_what_is_near(shown: Shown) -> None:
    with pytest.raises(BadInput, match="cmm") as caught:
        Piped(TWO, shown)
    assert "comm" in caught.value.todo


def test_a_filter_chooses_among_kinds_of_events() -> None:
    piped = Piped(TWO, Shown("json", where="event == 'exit' or comm ~ 'c*'"))
    piped.sink.batch(0, [executed(7, "cat"), executed(8, "ls")])
    piped.sink.batch(1, [struct.pack("=II", 7, 1)])
    assert [json.loads(line)["event"] for line in piped.lines()] == ["exec", "exit"]


def test_malformed_events_count_even_when_they_are_filtered_out() -> None:
    piped = Piped(ONE, Shown("json", where="pid == 1"))
    assert piped.sink.batch(0, [b"\0", executed(2, "x")]) == 1
    assert piped.lines() == []


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_sorted_events_come_at_the_end(form: str) -> None:
    piped = Piped(ONE, Shown(form, sort="-pid", where="pid != 3", width=80))
    piped.sink.started("x", attached=1, streams=1)
    for pid in (2, 9, 3, 5):
        piped.sink.batch(0, [executed(pid, f"c{pid}")])
    assert len(piped.lines()) == (form == "csv")
    piped.sink.ended(lost=0, malformed=0)
    lines = piped.lines()
    assert [line for line in lines if "c" in line and "COMM" not in line] == sorted(
        lines[form == "table" :], reverse=True
    )
    assert [name in line for name, line in zip(("c9", "c5", "c2"), lines[form == "table" :], strict=True)] == [True] * 3


def test_what_is_too_much_to_sort_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "MAX_EVENTS", 3)
    piped = Piped(ONE, Shown("json", sort="pid"))
    piped.sink.batch(0, [executed(pid, "x") for pid in (5, 4, 3, 2, 1)])
    piped.sink.ended(lost=0, malformed=0)
    assert [json.loads(line)["pid"] for line in piped.lines()] == [3, 4, 5]
    assert piped.notices().startswith("2 events were dropped")


def test_csv_has_one_header_for_all_kinds() -> None:
    piped = Piped(Usage(events=STREAMS, views=(COUNTS,)), Shown("csv"))
    piped.sink.started("x", attached=1, streams=2)
    piped.sink.batch(0, [executed(7, 'a,"b"')])
    piped.sink.batch(1, [struct.pack("=II", 7, 1)])
    piped.sink.looked(0, [count(1, " x", (2, 3))])
    assert list(csv.reader(piped.lines())) == [
        ["event", "pid", "comm", "code", "reads", "bytes"],
        ["exec", "7", 'a,"b"', "", "", ""],
        ["exit", "7", "", "1", "", ""],
        ["counts", "1", " x", "", "2", "3"],
    ]


@given(EVENTS)
def test_csv_says_what_json_says(sample: Sample) -> None:
    kind, data, expected = sample
    piped = Piped(Usage(events=(EventStream("e", "ringbuf", kind),)), Shown("csv"))
    piped.sink.started("x", attached=1, streams=1)
    piped.sink.batch(0, [data])
    lines = piped.lines()
    piped.close()
    names, values = csv.reader(lines)
    assert names == list(expected)
    for value, wanted in zip(values, expected.values(), strict=True):
        if not isinstance(wanted, str):
            assert (json.loads(value) if value else None) == wanted
        elif wanted.isprintable():
            assert value == wanted


def test_text_of_a_program_is_passed_on_line_by_line() -> None:
    for form, expected in (
        ("table", ["one", "tw\\x1b[2J o"]),
        ("json", ['{"text":"one"}', '{"text":"tw\\u001b[2J o"}']),
        ("csv", ["text", "one", "tw\\x1b[2J o"]),
    ):
        piped = Piped(Usage(), Shown(form))
        piped.sink.started("x", attached=1, streams=0)
        piped.sink.text(b"one\ntw")
        piped.sink.text(b"\x1b[2J o")
        piped.sink.ended(lost=0, malformed=0)
        assert piped.lines() == expected


def test_a_reader_that_is_gone_when_sorted_events_come_is_no_failure() -> None:
    piped = Piped(ONE, Shown("json", sort="pid"))
    piped.sink.batch(0, [executed(1, "x")])
    piped.leave()
    piped.sink.ended(lost=0, malformed=0)


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(BadInput):
        Piped(ONE, Shown("xml"))


def test_formatters_take_names_that_look_like_code() -> None:
    names = ["{v0}", "%s", "'", '"', "\\", "{", "}}", "\n", "__import__('os')"]
    members = tuple(Member(name, 4 * place, CType("integer", 4)) for place, name in enumerate(names))
    kind = CType("struct", 4 * len(names), "odd{}", members=members)
    piped = Piped(Usage(events=(EventStream("e", "ringbuf", kind),)), Shown("json"))
    piped.sink.batch(0, [struct.pack(f"={len(names)}I", *range(len(names)))])
    assert json.loads(piped.lines()[0]) == {name: place for place, name in enumerate(names)}
