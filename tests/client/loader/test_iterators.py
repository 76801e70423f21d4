"""Iterators are read to their end: as text, as records, over maps, beside programs that go on."""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path
from typing import Any

import pytest
from ebpfhub.client.loader.iteration import Cutter
from ebpfhub.client.loader.maps import MapHandle
from ebpfhub.client.loader.program import LoadedProgram, system_library
from ebpfhub.client.loader.session import run_program
from ebpfhub.client.loader.stop import Stop
from ebpfhub.client.loader.target import Target
from ebpfhub.schemas.c_type import CType
from ebpfhub.schemas.errors import BadInput, NotFound, Unsupported
from ebpfhub.schemas.program import EventStream, Usage
from hypothesis import given
from hypothesis import strategies as st

from .test_session import Recorder

RECORDS = EventStream("tasks", "iterator", CType("struct", 24))
ME = os.getpid()


def target_pid(elf: bytes) -> list[tuple[str, int, bytes]]:
    with LoadedProgram(elf, "t") as program:
        place = system_library().variable(program._object, "target_pid", ".rodata")
    assert place
    return [(".rodata", place[0], struct.pack("=i", ME))]


def test_what_an_iterator_writes_is_text_and_then_the_run_is_over(compiled: Any) -> None:
    sink = Recorder()
    result = run_program(compiled("iterators", "TEXT"), "tasks", Usage(), sink=sink)
    lines = dict(line.split(" ", 1) for line in sink.written.decode().splitlines())
    assert lines[str(ME)] == Path("/proc/self/comm").read_text().rstrip("\n")
    assert str(os.getppid()) in lines
    assert result == (0, 0, 0)
    assert sink.end == {"lost": 0, "malformed": 0}


def test_an_iterator_of_one_process_writes_only_of_that(compiled: Any) -> None:
    sink = Recorder()
    run_program(compiled("iterators", "TEXT"), "tasks", Usage(), sink=sink, targets={"tasks": Target(pid=ME)})
    numbers = {int(line.split()[0]) for line in sink.written.decode().splitlines()}
    assert numbers == {int(path.name) for path in Path("/proc/self/task").iterdir()}


def test_records_of_an_iterator_come_as_events(compiled: Any) -> None:
    sink = Recorder()
    elf = compiled("iterators", "RECORDS")
    result = run_program(elf, "tasks", Usage((), (RECORDS,)), sink=sink)
    seen = {struct.unpack_from("=I", record)[0] for _, record in sink.records}
    assert {os.getppid(), ME} <= seen
    assert result.events == len(sink.records) > 10
    assert {len(record) for _, record in sink.records} == {24}
    assert run_program(elf, "tasks", Usage((), (RECORDS,)), sink=Recorder(), max_events=3).events == 3
    assert run_program(elf, "tasks", Usage((), (RECORDS,)), sink=Recorder(), max_events=0).events == 0


def test_records_that_are_cut_short_are_counted(compiled: Any) -> None:
    elf = compiled("iterators", "RECORDS")
    odd = EventStream("tasks", "iterator", CType("struct", 24 * 2**40 + 1))
    assert run_program(elf, "tasks", Usage((), (odd,)), sink=Recorder()) == (0, 0, 1)


def test_an_iterator_reads_the_entries_of_the_named_map_or_is_refused_in_plain_words(compiled: Any) -> None:
    with LoadedProgram(compiled("iterators", "MAP"), "map") as program:
        with pytest.raises(BadInput, match="which symbol"):
            program.check({})
        try:
            program.load()
        except Unsupported as error:  # this project's machines; other kernels take it
            assert "program 'entries' (section iter/bpf_map_elem)" in str(error)
            assert "does not permit it (EPERM)" in str(error)
            return
        numbers = MapHandle(system_library(), program.map_named("numbers").fd)
        for number in range(5):
            numbers.update(struct.pack("=I", number), (struct.pack("=Q", number * number),))
        with pytest.raises(NotFound, match="no map 'nothing'"):
            program.attach({"entries": Target(symbol="nothing")})
        program.attach({"entries": Target(symbol="numbers")})
        [(name, link)] = program.iterators
        descriptor = system_library().done("bpf_iter_create", link)
        text = os.read(descriptor, 4096).decode()
        os.close(descriptor)
        assert name == "entries"
        assert sorted(text.splitlines()) == ["0=0", "1=1", "2=4", "3=9", "4=16"]


def test_an_iterator_walks_the_cgroups_below_the_root(compiled: Any) -> None:
    sink = Recorder()
    run_program(compiled("iterators", "CGROUPS"), "cgroups", Usage(), sink=sink)
    assert sink.written


def test_a_program_beside_goes_on_when_the_iterator_is_done(compiled: Any) -> None:
    elf = compiled("iterators", "RECORDS", "TOO")
    usage = Usage((), (RECORDS, EventStream("events", "ringbuf", CType("integer", 8))))

    class Caller(Recorder):
        def batch(self, stream: int, records: list[bytes]) -> int:
            if not self.records:
                os.getpgid(0)
            super().batch(stream, records)
            if stream == 1:
                stop.set()
            return 0

    stop = Stop()
    sink = Caller()
    run_program(elf, "tasks", usage, target_pid(elf), sink=sink, stop=stop)
    stop.close()
    assert sink.records[0][0] == 0
    assert sink.records[-1] == (1, ME.to_bytes(8, sys.byteorder))


def test_a_stop_ends_the_reading(compiled: Any) -> None:
    stop = Stop()
    sink = Recorder(stop.set)
    assert run_program(compiled("iterators", "TEXT"), "tasks", Usage(), sink=sink, stop=stop) == (0, 0, 0)
    stop.close()
    assert sink.written == b""


@given(st.lists(st.binary(max_size=20), max_size=20), st.integers(1, 30))
def test_pieces_are_cut_into_whole_records(pieces: list[bytes], size: int) -> None:
    cutter = Cutter(size)
    records = [record for piece in pieces for record in cutter.cut(piece)]
    assert b"".join(records) + cutter.rest == b"".join(pieces)
    assert {len(record) for record in records} <= {size}
    assert len(cutter.rest) < size
