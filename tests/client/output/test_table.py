"""The table that people see: columns, alignment, wide characters, narrow terminals, several kinds of events."""

from __future__ import annotations

import os
import struct
import time

import pytest
from ebpfhub.client.output.columns import EventTable
from ebpfhub.client.output.notices import Notices
from ebpfhub.client.output.table import Table
from ebpfhub.client.output.text import columns, fitted, visible
from ebpfhub.schemas.c_type import CType, Member
from ebpfhub.schemas.program import EventStream

U32, S32, COMM, PATH = CType("integer", 4), CType("integer", 4, signed=True), CType("string", 16), CType("string", 64)
OPEN = CType(
    "struct",
    88,
    "open",
    members=(Member("pid", 0, U32), Member("comm", 4, COMM), Member("err", 20, S32), Member("file", 24, PATH)),
)


def record(pid: int, comm: str, err: int, file: str) -> bytes:
    return struct.pack("=I16si64s", pid, comm.encode(), err, file.encode())


def shown(*records: bytes, width: int | None = 60) -> list[str]:
    table = EventTable(OPEN, width=width)
    lines, _ = table.lines(records, "12:34:56")
    return [table.header, *lines]


def test_numbers_stand_right_and_texts_left_under_their_headers() -> None:
    assert shown(record(7, "cat", 0, "/etc/passwd"), record(123456, "x", -2, "a")) == [
        "TIME        PID COMM            ERR FILE",
        "12:34:56      7 cat               0 /etc/passwd",
        "12:34:56 123456 x                -2 a",
    ]


def test_wide_characters_do_not_break_the_columns() -> None:
    header, wide, plain = shown(record(1, "日本語", 0, "文書"), record(1, "abc", 0, "x"))
    assert columns(wide[: wide.index("文書")]) == columns(plain[: plain.index("x")]) == header.index("FILE")


def test_text_that_does_not_fit_is_marked() -> None:
    line = shown(record(1, "c", 0, "/" + "d" * 60), width=60)[1]
    assert line.endswith("d…")
    assert columns(line) == 60


def test_a_number_is_never_cut_and_the_last_text_makes_room() -> None:
    line = shown(record(2**32 - 1, "c", -(2**31), "/" + "d" * 60), width=60)[1]
    assert "4294967295" in line
    assert "-2147483648" in line
    assert line.endswith("d…")
    assert columns(line) == 60


def test_a_wider_number_widens_its_column_for_good_and_the_header_moves_with_it() -> None:
    table = EventTable(OPEN, width=80)
    narrow = table.header
    table.lines([record(4_000_000, "c", 0, "f")], "12:34:56")
    assert table.header != narrow
    end = table.header.index("PID") + 3
    lines, _ = table.lines([record(5, "c", 0, "f"), record(4_000_001, "c", 0, "f")], "12:34:56")
    assert [line[:end].split()[1] for line in lines] == ["5", "4000001"]
    assert {line[end] for line in (table.header, *lines)} == {" "}


def test_a_path_keeps_its_end_and_the_most_room() -> None:
    members = (Member("pid", 0, U32), Member("comm", 4, COMM), Member("path", 20, CType("string", 256), show="path"))
    table = EventTable(CType("struct", 276, "open", members=members), width=80)
    path = "/usr/lib/python3/dist-packages/" + "x" * 40 + "/module.py"
    [line], _ = table.lines([struct.pack("=I16s256s", 1, b"c", path.encode())], "12:34:56")
    shown = line.split()[-1]
    assert columns(line) == 80
    assert len(shown) >= 48
    assert shown.startswith("/usr/lib/")
    assert shown.endswith("x/module.py")


def test_events_with_their_own_time_need_no_other() -> None:
    kind = CType("struct", 8, "tick", members=(Member("at", 0, CType("integer", 8), show="time"),))
    table = EventTable(kind, width=80)
    [line], _ = table.lines([struct.pack("=Q", time.monotonic_ns())], "99:99:99")
    assert (table.header, len(line)) == ("AT", 15)
    clock, _, micros = line.partition(".")
    assert time.strptime(clock, "%H:%M:%S")
    assert micros.isdigit()


def test_without_a_terminal_nothing_is_cut() -> None:
    assert shown(record(1, "c", 0, "/" + "d" * 62), width=None)[1].endswith("/" + "d" * 62)


def test_a_name_cannot_command_the_terminal() -> None:
    line = shown(record(1, "\x1b[2J\r\n", 0, "a\u202eb"))[1]
    assert r"\x1b[2J\r\n" in line
    assert r"a\u202eb" in line


def test_what_a_short_event_lacks_is_a_question_mark() -> None:
    table = EventTable(OPEN, width=60)
    lines, malformed = table.lines([record(1, "c", 0, "f")[:20]], "12:34:56")
    assert (lines[0].split(), malformed) == (["12:34:56", "1", "c", "?", "?"], 1)


@pytest.fixture
def two() -> tuple[Table, int]:
    reading, writing = os.pipe()
    other = CType("struct", 4, "close_it", members=(Member("descriptor", 0, U32),))
    streams = [EventStream("a", "ringbuf", OPEN), EventStream("b", "perf", other)]
    return Table(streams, width=80, descriptor=writing, notices=Notices(writing)), reading


def test_each_kind_of_event_has_its_header_and_its_name(two: tuple[Table, int]) -> None:
    table, reading = two
    table.started("x", attached=1, streams=2)
    table.batch(0, [record(1, "c", 0, "f")])
    table.batch(1, [struct.pack("=I", 3)])
    table.batch(0, [record(2, "c", 0, "f")])
    lines = [line.split() for line in os.read(reading, 4096).decode().splitlines()]
    assert lines[0] == ["TIME", "EVENT", "PID", "COMM", "ERR", "FILE"]
    assert lines[1][1:] == ["open", "1", "c", "0", "f"]
    assert lines[2] == ["TIME", "EVENT", "DESCRIPTOR"]
    assert lines[3][1:] == ["close_it", "3"]
    assert lines[4][1:3] == ["open", "2"]


def test_the_time_is_the_local_time(two: tuple[Table, int]) -> None:
    table, reading = two
    before = time.strftime("%H:%M:%S")
    table.batch(0, [record(1, "c", 0, "f")])
    after = time.strftime("%H:%M:%S")
    assert os.read(reading, 4096).split()[0].decode() in (before, after)


def test_escapes_leave_printable_text_alone() -> None:
    assert visible("naïve 日本 \\") == "naïve 日本 \\"
    assert visible("\0\u200b\U000e0001") == r"\x00\u200b\U000e0001"


def test_cutting_counts_columns_not_characters() -> None:
    assert fitted("日本語", 4) == "日… "
    assert fitted("e\u0301e\u0301e", 3) == "e\u0301e\u0301e"
    assert fitted("abc", 0) == ""
