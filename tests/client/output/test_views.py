"""Maps that are looked at: top-like tables, histograms, JSON, CSV; on a terminal they are drawn in place."""

from __future__ import annotations

import json
import os
import pty
import struct
import termios
from itertools import pairwise

import pytest
from ebpfhub.client.output.shown import Shown, sink_for
from ebpfhub.client.output.views.histogram import log2_bounds
from ebpfhub.schemas.c_type import CType, Member
from ebpfhub.schemas.program import MapView, Usage
from hypothesis import given
from hypothesis import strategies as st

from .looks import COMM, COUNTS, HIST, KEY, LATENCY, SIZES, U32, U64, Piped, count, latency

THREE = [count(1, "a", (5, 100)), count(2, "b", (1, 4096)), count(3, "c", (9, 0))]


def test_the_largest_last_value_comes_first() -> None:
    piped = Piped(Usage(views=(COUNTS,)), Shown(width=80))
    piped.sink.looked(0, THREE)
    clock, *lines, end = piped.lines()
    assert len(clock) == 8
    assert [line.split() for line in lines] == [
        ["PID", "COMM", "READS", "BYTES"],
        ["2", "b", "1", "4.0K"],
        ["1", "a", "5", "100B"],
        ["3", "c", "9", "0B"],
    ]
    assert end == ""


@pytest.mark.parametrize(
    ("sort", "order"), [("reads", [2, 1, 3]), ("-reads", [3, 1, 2]), ("comm", [1, 2, 3]), ("-comm", [3, 2, 1])]
)
def test_the_order_may_be_chosen(sort: str, order: list[int]) -> None:
    piped = Piped(Usage(views=(COUNTS,)), Shown("json", sort=sort, fields=("pid",)))
    piped.sink.looked(0, THREE)
    assert [json.loads(line) for line in piped.lines()] == [{"pid": pid} for pid in order]


def test_values_of_all_processors_are_added_up() -> None:
    piped = Piped(Usage(views=(COUNTS,)), Shown("json"))
    piped.sink.looked(0, [count(1, "a", (5, 100), (6, 2**64 - 1), (0, 1))])
    assert json.loads(piped.lines()[0]) == {"pid": 1, "comm": "a", "reads": 11, "bytes": 100}


def test_of_texts_and_times_of_all_processors_one_is_taken() -> None:
    value = CType(
        "struct", 28, members=(Member("last", 0, U64, show="time"), Member("n", 8, U32), Member("comm", 12, COMM))
    )
    piped = Piped(Usage(views=(MapView("m", "table", U32, value),)), Shown("json"))
    values = (struct.pack("=QI16s", 7, 1, b"x"), struct.pack("=QI16s", 9, 2, b"y"))
    piped.sink.looked(0, [(struct.pack("=I", 4), values)])
    assert json.loads(piped.lines()[0]) == {"key": 4, "last": 9, "n": 3, "comm": "x"}


def test_a_filter_is_for_keys_and_values() -> None:
    piped = Piped(Usage(views=(COUNTS,)), Shown("csv", where="bytes >= 100 and comm != 'b'"))
    piped.sink.started("x", attached=1, streams=0)
    piped.sink.looked(0, THREE)
    assert piped.lines() == ["pid,comm,reads,bytes", "1,a,5,100"]


def test_names_that_meet_are_told_apart() -> None:
    piped = Piped(Usage(views=(MapView("m", "table", KEY, KEY),)), Shown("json"))
    key = struct.pack("=I16s", 1, b"k")
    piped.sink.looked(0, [(key, (struct.pack("=I16s", 2, b"v"),))])
    assert json.loads(piped.lines()[0]) == {"key.pid": 1, "key.comm": "k", "value.pid": 2, "value.comm": "v"}


def test_a_histogram_is_drawn_for_each_key() -> None:
    piped = Piped(Usage(views=(LATENCY,)), Shown())
    piped.sink.looked(0, [latency(2, "dd", 0, 0, 20, 5), latency(1, "cat", 10, 40)])
    _, *lines = piped.lines()
    assert lines == [
        "key = 1, comm = cat",
        "                      us : count    distribution",
        "         0 -> 1          : 10       |**********                              |",
        "         2 -> 3          : 40       |****************************************|",
        "",
        "key = 2, comm = dd",
        "                      us : count    distribution",
        "         0 -> 1          : 0        |                                        |",
        "         2 -> 3          : 0        |                                        |",
        "         4 -> 7          : 20       |****************************************|",
        "         8 -> 15         : 5        |**********                              |",
        "",
    ]


def test_counts_by_key_are_one_histogram() -> None:
    piped = Piped(Usage(views=(SIZES,)), Shown(width=60))
    piped.sink.looked(0, [(struct.pack("=I", slot), (struct.pack("=Q", n),)) for slot, n in ((4, 8), (2, 4))])
    _, *lines = piped.lines()
    assert lines == [
        "     bytes : count    distribution",
        "       120 : 4        |******************                  |",
        "       130 : 0        |                                    |",
        "       140 : 8        |************************************|",
        "",
    ]


def test_an_empty_histogram_says_so() -> None:
    piped = Piped(Usage(views=(LATENCY, SIZES)), Shown())
    piped.sink.looked(0, [latency(0, "")])
    piped.sink.looked(1, [])
    assert sum("nothing counted yet" in line for line in piped.lines()) == 2


def test_slots_of_a_logarithm_follow_each_other() -> None:
    bounds = [log2_bounds(slot) for slot in range(64)]
    assert bounds[:3] == [(0, 1), (2, 3), (4, 7)]
    assert all(low == high + 1 for (_, high), (low, _) in pairwise(bounds))


def test_json_names_the_map_where_there_are_several() -> None:
    piped = Piped(Usage(views=(COUNTS, LATENCY)), Shown("json"))
    piped.sink.looked(1, [latency(1, "cat", 3)])
    assert json.loads(piped.lines()[0]) == {
        "event": "latency",
        "key": 1,
        "slots": [3, 0, 0, 0, 0, 0, 0, 0],
        "comm": "cat",
    }


@pytest.fixture
def terminal() -> tuple[int, int]:
    """A terminal of 60 columns and 10 lines: what a person sees, and what a program writes to."""
    seen, written = pty.openpty()
    termios.tcsetwinsize(written, (10, 60))
    return seen, written


def test_a_terminal_is_drawn_in_place_and_never_too_long(terminal: tuple[int, int]) -> None:
    seen, written = terminal
    sink = sink_for(Usage(views=(COUNTS,)), Shown(width=60), descriptor=written)
    many = [count(pid, "c" * 15, (pid, pid)) for pid in range(1000)]
    sink.looked(0, many)
    first = os.read(seen, 65536).decode()
    sink.looked(0, many)
    second = os.read(seen, 65536).decode()
    assert first.startswith("\r\n" * 10 + "\x1b[H")
    assert second.startswith("\x1b[H")
    assert second.endswith("\x1b[J")
    lines = second.split("\r\n")
    assert len(lines) <= 10
    assert [line.split()[0] for line in lines[1:4]] == ["PID", "999", "998"]
    termios.tcsetwinsize(written, (5, 60))
    sink.looked(0, many)
    assert os.read(seen, 65536).count(b"\r\n") <= 4


@given(
    st.lists(st.tuples(st.binary(max_size=24), st.lists(st.binary(max_size=50), max_size=3)), max_size=4),
    st.integers(20, 120),
)
def test_any_entries_are_shown(entries: list[tuple[bytes, list[bytes]]], width: int) -> None:
    usage = Usage(views=(COUNTS, MapView("h", "log2", KEY, HIST), MapView("n", "linear", KEY, U64)))
    for form in ("table", "json", "csv"):
        piped = Piped(usage, Shown(form, width=width), much=True)
        for view in range(3):
            piped.sink.looked(view, [(key, tuple(values)) for key, values in entries])
        piped.sink.ended(lost=0, malformed=0)
        lines = piped.lines()
        assert all(line.isprintable() for line in lines)
        if form == "json":
            assert len([json.loads(line) for line in lines]) == 3 * len(entries)
        if form == "table":
            assert all(len(line) <= width for line in lines)
        piped.close()
