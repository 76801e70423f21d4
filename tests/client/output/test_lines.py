"""JSON lines as `ecli run --json` promises them: flat objects, one a line, always valid, for whoever reads the pipe."""

from __future__ import annotations

import json
import os
import struct
import threading

import pytest
from ebpfhub.client.output.lines import EventLines, JsonLines
from ebpfhub.client.output.notices import Notices
from ebpfhub.schemas.c_type import CType, Member
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.program import EventStream

U32, COMM = CType("integer", 4), CType("string", 16)
EXEC = CType("struct", 20, "exec", members=(Member("pid", 0, U32), Member("comm", 4, COMM)))
EXIT = CType("struct", 4, "exit", members=(Member("pid", 0, U32),))


def pipe_sink(*types: CType) -> tuple[JsonLines, int, int]:
    reading, writing = os.pipe()
    streams = [EventStream(f"map{index}", "ringbuf", kind) for index, kind in enumerate(types)]
    return JsonLines(streams, descriptor=writing, notices=Notices(writing)), reading, writing


def test_one_stream_gives_just_its_fields_in_their_order() -> None:
    text, _ = EventLines(EXEC).lines([struct.pack("=I16s", 7, b"cat\0junk")])
    assert text == '{"pid":7,"comm":"cat"}\n'


def test_several_streams_are_told_apart() -> None:
    sink, reading, _ = pipe_sink(EXEC, EXIT)
    sink.batch(1, [struct.pack("=I", 3)])
    sink.batch(0, [struct.pack("=I16s", 4, b"x")])
    lines = [json.loads(line) for line in os.read(reading, 4096).splitlines()]
    assert lines == [{"event": "exit", "pid": 3}, {"event": "exec", "pid": 4, "comm": "x"}]


def test_the_label_gives_way_to_a_field_of_its_name() -> None:
    kind = CType("struct", 4, members=(Member("event", 0, U32),))
    text, _ = EventLines(kind, label="here").lines([struct.pack("=I", 3)])
    assert json.loads(text) == {"_event": "here", "event": 3}


def test_terminal_controls_are_escaped_and_other_languages_are_not() -> None:
    hostile = "\x1b]0;x\x07\x7f\x9b"
    text, _ = EventLines(EXEC).lines(
        [struct.pack("=I16s", 1, hostile.encode()), struct.pack("=I16s", 1, "日本".encode())]
    )
    assert text.replace("\n", "").isprintable()
    assert json.loads(text.splitlines()[0])["comm"] == hostile
    assert "日本" in text


def test_unions_overlap() -> None:
    kind = CType("struct", 4, members=(Member("whole", 0, U32), Member("part", 2, CType("integer", 2))))
    text, _ = EventLines(kind).lines([struct.pack("=HH", 1, 2)])
    assert json.loads(text) == {"whole": 0x20001, "part": 2}


def test_members_of_anonymous_structs_stand_in_the_outer_one() -> None:
    inner = CType("struct", 4, members=(Member("x", 0, U32),))
    kind = CType("struct", 8, members=(Member("", 0, inner), Member("in", 4, inner)))
    text, _ = EventLines(kind).lines([struct.pack("=II", 1, 2)])
    assert json.loads(text) == {"x": 1, "in.x": 2}


def test_an_event_that_is_no_struct_is_one_value() -> None:
    text, _ = EventLines(CType("integer", 8, "u64")).lines([struct.pack("=Q", 2**64 - 1)])
    assert text == '{"u64":18446744073709551615}\n'


def test_an_event_may_end_inside_its_last_text() -> None:
    text, malformed = EventLines(EXEC).lines([struct.pack("=I", 9) + b"ab", struct.pack("=I", 9)])
    assert ([json.loads(line)["comm"] for line in text.splitlines()], malformed) == (["ab", ""], 0)


def test_an_event_that_is_too_short_is_shown_with_nulls_and_counted() -> None:
    text, malformed = EventLines(EXEC).lines([b"\1\0", struct.pack("=I16s", 7, b"cat")])
    assert [json.loads(line) for line in text.splitlines()] == [{"pid": None, "comm": None}, {"pid": 7, "comm": "cat"}]
    assert malformed == 1


def test_two_fields_of_one_name_are_refused() -> None:
    with pytest.raises(BadInput):
        EventLines(CType("struct", 4, members=(Member("a", 0, U32), Member("a", 0, U32))))


def test_a_reader_that_is_gone_is_a_broken_pipe() -> None:
    sink, reading, _ = pipe_sink(EXEC)
    os.close(reading)
    with pytest.raises(BrokenPipeError):
        sink.batch(0, [bytes(20)])
    sink.ended(lost=1, malformed=1)  # nobody hears it, and that is no failure


def test_a_slow_reader_of_a_non_blocking_pipe_gets_everything() -> None:
    sink, reading, writing = pipe_sink(EXEC)
    os.set_blocking(writing, False)
    got = bytearray()

    def read() -> None:
        while data := os.read(reading, 4096):
            got.extend(data)

    thread = threading.Thread(target=read)
    thread.start()
    sink.batch(0, [struct.pack("=I16s", number, b"x") for number in range(8192)])
    os.close(writing)
    thread.join()
    assert [json.loads(line)["pid"] for line in got.splitlines()] == list(range(8192))


def test_losses_are_told_beside_the_events() -> None:
    sink, reading, _ = pipe_sink(EXEC)
    sink.lost(1)
    sink.lost(1_234_567)
    assert os.read(reading, 4096) == b"ecli: 1 event lost so far\necli: 1,234,567 events lost so far\n"
    sink.ended(lost=0, malformed=0)
    sink.ended(lost=2, malformed=1)
    said = os.read(reading, 4096).decode()
    assert said.startswith("2 events were lost")
    assert "1 event was shorter" in said


def test_a_program_without_events_says_that_it_runs() -> None:
    sink, reading, _ = pipe_sink()
    sink.started("block\x1b[2J", attached=2, streams=0)
    said = os.read(reading, 4096).decode()
    assert "2 BPF programs attached" in said
    assert "Ctrl-C" in said
    assert "\x1b" not in said
