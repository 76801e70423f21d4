"""Whole runs against this machine's kernel: true events arrive, losses are counted, and nothing stays attached."""

from __future__ import annotations

import json
import os
import signal
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ebpfhub.client.arguments import parse_arguments
from ebpfhub.client.loader.kernel import Kernel
from ebpfhub.client.loader.program import LoadedProgram, Setting, system_library
from ebpfhub.client.loader.session import RunResult, run_program
from ebpfhub.client.loader.stop import Stop
from ebpfhub.client.output.decode import Decoder
from ebpfhub.client.output.lines import JsonLines
from ebpfhub.client.output.notices import Notices
from ebpfhub.client.output.table import Table
from ebpfhub.schemas.c_type import CType, Member
from ebpfhub.schemas.errors import BadInput, NotFound, Unsupported
from ebpfhub.schemas.program import EventStream, Option, Usage

U32, S64, BOOL, COMM = CType("integer", 4), CType("integer", 8, signed=True), CType("boolean", 1), CType("string", 16)
MOOD = CType("enum", 4, "mood", values=(("CALM", 0), ("ANGRY", 7)))
INNER = CType("struct", 4, "inner", members=(Member("middle", 0, CType("integer", 2)), Member("flag", 2, BOOL)))
OPEN = CType(
    "struct",
    136,
    "event",
    members=(
        Member("pid", 0, U32),
        Member("small", 4, CType("integer", 1, signed=True)),
        Member("inner", 6, INNER),
        Member("large", 16, S64),
        Member("ratio", 24, CType("float", 8)),
        Member("written", 32, CType("integer", 8)),
        Member("zeroed", 40, U32),
        Member("mood", 44, MOOD),
        Member("parent", 48, U32),
        Member("comm", 52, COMM),
        Member("file", 68, CType("string", 64)),
    ),
)
NUMBERED = CType(
    "struct", 16, members=(Member("number", 0, CType("integer", 8)), Member("time", 8, CType("integer", 8)))
)
OPTIONS: dict[str, tuple[str, CType]] = {
    "target_pid": (".rodata", CType("integer", 4, signed=True)),
    "prefix": (".rodata", CType("string", 32)),
    "small": (".rodata", CType("integer", 1, signed=True)),
    "middle": (".rodata", CType("integer", 2)),
    "large": (".rodata", S64),
    "flag": (".rodata", BOOL),
    "mood": (".rodata", MOOD),
    "ratio": (".rodata", CType("float", 8)),
    "written": (".data", CType("integer", 8)),
    "zeroed": (".bss", U32),
}


class Recorder:
    """A sink that keeps everything, and does `action` once the programs are attached."""

    descriptor = -1

    def __init__(self, action: Callable[[], Any] = lambda: None) -> None:
        self.action = action
        self.records: list[tuple[int, bytes]] = []
        self.end: dict[str, int] = {}
        self.looks: list[tuple[int, dict[bytes, tuple[bytes, ...]]]] = []
        self.written = b""
        self.losses: list[int] = []

    def started(self, name: str, *, attached: int, streams: int) -> None:
        self.action()

    def batch(self, stream: int, records: list[bytes]) -> int:
        self.records += [(stream, record) for record in records]
        return 0

    def looked(self, view: int, entries: list[tuple[bytes, tuple[bytes, ...]]]) -> None:
        self.looks.append((view, dict(entries)))

    def text(self, data: bytes) -> None:
        self.written += data

    def lost(self, count: int) -> None:
        self.losses.append(count)

    def ended(self, *, lost: int, malformed: int) -> None:
        self.end = {"lost": lost, "malformed": malformed}


def usage_of(elf: bytes, *events: EventStream) -> Usage:
    """Find the test programs' variables in the object, as the builder would."""
    library = system_library()
    options = []
    with LoadedProgram(elf, "t") as program:
        for name, (section, kind) in OPTIONS.items():
            place = library.variable(program._object, name, section)
            if place:
                assert place[1] == kind.size
                options.append(Option(name, name, "", "", section, place[0], kind))
    return Usage(tuple(options), events)


def me(usage: Usage, *more: str) -> list[Setting]:
    return parse_arguments([f"--target-pid={os.getpid()}", *more], usage)


@pytest.mark.parametrize(("defines", "transport"), [((), "ringbuf"), (("PERF",), "perf")])
def test_an_opened_file_is_seen_with_every_option_set(
    compiled: Any, tracefs: None, defines: tuple[str, ...], transport: str
) -> None:
    elf = compiled("opens", *defines)
    usage = usage_of(elf, EventStream("events", transport, OPEN))
    path = f"/tmp/é-{os.urandom(6).hex()}"
    settings = me(
        usage,
        f"--prefix={path}",
        *("--small", "-128", "--middle=65535", "--large", str(-(2**63)), "--flag", "--mood=ANGRY"),
        *("--ratio=0.25", "--written", str(2**64 - 1), "--zeroed=9"),
    )

    def opens() -> None:
        Path("/proc/self/comm").read_text()  # also opened, but not asked for
        with pytest.raises(FileNotFoundError):
            os.open(path, os.O_RDONLY)

    reading, writing = os.pipe()
    sink = JsonLines(usage.events, descriptor=writing, notices=Notices(writing))
    sink.started = lambda *_, **__: opens()  # type: ignore[method-assign]
    assert run_program(elf, "opensnoop", usage, settings, sink=sink, max_events=1, timeout=20) == RunResult(1, 0, 0)
    assert json.loads(os.read(reading, 4096)) == {
        "pid": os.getpid(),
        "small": -128,
        "inner.middle": 65535,
        "inner.flag": True,
        "large": -(2**63),
        "ratio": 0.25,
        "written": 2**64 - 1,
        "zeroed": 9,
        "mood": "ANGRY",
        "parent": os.getppid(),
        "comm": Path("/proc/self/comm").read_text().rstrip("\n"),
        "file": path,
    }


def test_untouched_options_keep_what_the_program_says(compiled: Any, tracefs: None) -> None:
    elf = compiled("opens")
    usage = usage_of(elf, EventStream("events", "ringbuf", OPEN))
    sink = Recorder(lambda: Path("/proc/self/stat").read_text())
    run_program(elf, "opensnoop", usage, me(usage, "--prefix=/proc/self/stat"), sink=sink, max_events=1, timeout=20)
    [row], _ = Decoder(OPEN).rows([sink.records[0][1]])
    assert row[1:8] == (-1, 2, False, -3, 0.5, 11, 0)


def test_two_streams_of_one_object_are_read_at_once(compiled: Any) -> None:
    elf = compiled("two")
    usage = usage_of(elf, EventStream("sessions_of_processes", "perf", OPEN), EventStream("groups", "ringbuf", OPEN))

    def calls() -> None:
        os.getpgid(0)
        os.getsid(os.getpid())

    sink = Recorder(calls)
    run_program(elf, "two", usage, me(usage), sink=sink, max_events=2, timeout=20)
    by_stream = dict(sink.records)
    assert struct.unpack("=II", by_stream[1]) == (os.getpid(), 0)
    assert struct.unpack_from("=Q", by_stream[0])[0] == os.getpid()


def test_a_user_space_probe_is_hit(compiled: Any) -> None:
    elf = compiled("uprobe")
    usage = usage_of(elf, EventStream("events", "ringbuf", U32))
    sink = Recorder(os.getppid)
    run_program(elf, "uprobe", usage, me(usage), sink=sink, max_events=1, timeout=20)
    assert sink.records == [(0, struct.pack("=I", os.getpid()))]


def test_what_a_full_ring_could_not_take_is_counted_by_the_program(compiled: Any) -> None:
    elf = compiled("flood")
    usage = usage_of(elf, EventStream("events", "ringbuf", NUMBERED))
    sink = Recorder(lambda: [os.getpgid(0) for _ in range(3)])
    result = run_program(elf, "flood", usage, me(usage), sink=sink, timeout=0.2)
    assert result.events == len(sink.records) > 0
    assert result.events + result.lost == 1500
    assert sink.losses == [result.lost]  # told with the first batch, and never the same again
    assert sink.end == {"lost": result.lost, "malformed": 0}


def test_what_a_full_perf_buffer_could_not_take_is_counted_by_the_kernel(compiled: Any) -> None:
    elf = compiled("flood", "PERF")
    usage = usage_of(elf, EventStream("events", "perf", NUMBERED))
    numbers: list[int] = []

    class Slow(Recorder):
        def batch(self, stream: int, records: list[bytes]) -> int:
            numbers.extend(struct.unpack_from("=Q", record)[0] for record in records)
            if len(numbers) < 100_000 and numbers[-1] < 50_000:
                os.getpgid(0)  # the kernel tells of a loss with the next event that it can write
            return 0

    processors = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(processors)})
    try:
        sink = Slow(lambda: [os.getpgid(0) for _ in range(100)])
        result = run_program(elf, "flood", usage, me(usage), sink=sink, timeout=1)
    finally:
        os.sched_setaffinity(0, processors)
    assert result.lost > 0
    assert numbers == sorted(set(numbers))
    assert result.events + result.lost == numbers[-1] + 1


def test_max_events_is_exact_even_in_a_flood(compiled: Any) -> None:
    elf = compiled("flood")
    usage = usage_of(elf, EventStream("events", "ringbuf", NUMBERED))
    sink = Recorder(lambda: os.getpgid(0))
    assert run_program(elf, "flood", usage, me(usage), sink=sink, max_events=7).events == 7
    assert [struct.unpack_from("=Q", record)[0] for _, record in sink.records] == list(range(7))
    assert run_program(elf, "flood", usage, me(usage), sink=Recorder(), max_events=0).events == 0


def test_a_stop_from_another_thread_ends_a_silent_run(compiled: Any, kernel: Any) -> None:
    name = kernel.fresh_name()
    elf = compiled("attach", "QUIET", f"FIRST={name}")
    stop = Stop()
    seen: list[bool] = []

    def wait() -> None:
        seen.append(kernel.attached(name))
        stop.set()

    thread = threading.Thread(target=wait)
    assert run_program(elf, "quiet", Usage(), sink=Recorder(thread.start), stop=stop) == RunResult(0, 0, 0)
    thread.join()
    stop.close()
    assert seen == [True]
    assert kernel.forgot(name)


@pytest.mark.parametrize("moment", ["started", "batch", "ended"])
def test_nothing_stays_attached_when_the_sink_fails(
    compiled: Any, kernel: Any, tracefs: None, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = kernel.fresh_name()
    elf = compiled("opens", f"FIRST={name}")
    usage = usage_of(elf, EventStream("events", "ringbuf", OPEN))
    sink = Recorder(lambda: Path("/proc/self/stat").read_text())
    seen: list[bool] = []

    def fail(*_: Any, **__: Any) -> int:
        seen.append(kernel.attached(name))
        raise ArithmeticError(moment)

    monkeypatch.setattr(sink, moment, fail)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with pytest.raises(ArithmeticError, match=moment):
        run_program(elf, "opensnoop", usage, me(usage), sink=sink, max_events=1, timeout=20)
    assert kernel.forgot(name)
    assert seen == [moment != "ended"]  # by then all is detached already
    assert {number: signal.getsignal(number) for number in before} == before


def test_a_reader_that_is_gone_ends_the_run_quietly(compiled: Any) -> None:
    elf = compiled("flood")
    usage = usage_of(elf, EventStream("events", "ringbuf", NUMBERED))
    reading, writing = os.pipe()
    sink = JsonLines(usage.events, descriptor=writing)

    def gone(*_: Any, **__: Any) -> None:
        os.close(reading)
        os.getpgid(0)

    sink.started = gone  # type: ignore[method-assign]
    assert run_program(elf, "flood", usage, me(usage), sink=sink).events == 0


def test_a_reader_that_is_gone_ends_even_a_silent_run(compiled: Any) -> None:
    elf = compiled("flood")
    usage = usage_of(elf, EventStream("events", "ringbuf", NUMBERED))
    reading, writing = os.pipe()
    sink = JsonLines(usage.events, descriptor=writing)
    sink.started = lambda *_, **__: os.close(reading)  # type: ignore[method-assign]
    assert run_program(elf, "flood", usage, [], sink=sink).events == 0


def test_a_reader_that_was_never_there_is_no_failure(compiled: Any) -> None:
    elf = compiled("flood")
    usage = usage_of(elf, EventStream("events", "ringbuf", NUMBERED))
    reading, writing = os.pipe()
    os.close(reading)
    assert run_program(elf, "flood", usage, sink=Table(usage.events, descriptor=writing)) == RunResult(0, 0, 0)


def test_a_run_in_another_thread_needs_no_signal_handlers(compiled: Any) -> None:
    elf = compiled("attach", "QUIET")
    results: list[RunResult] = []
    thread = threading.Thread(
        target=lambda: results.append(run_program(elf, "quiet", Usage(), sink=Recorder(), timeout=0.05))
    )
    thread.start()
    thread.join()
    assert results == [RunResult(0, 0, 0)]


def test_the_timeout_ends_a_run_that_never_falls_silent(compiled: Any) -> None:
    elf = compiled("flood")
    usage = usage_of(elf, EventStream("events", "ringbuf", NUMBERED))
    sink = Recorder(lambda: os.getpgid(0))

    def again(stream: int, records: list[bytes]) -> int:
        os.getpgid(0)
        return 0

    sink.batch = again  # type: ignore[method-assign]
    assert run_program(elf, "flood", usage, me(usage), sink=sink, timeout=0.2).events > 0


def test_a_stream_whose_map_is_missing_or_carries_no_events_is_refused(compiled: Any) -> None:
    elf = compiled("flood")
    with pytest.raises(NotFound, match="no map 'nothing'"):
        run_program(elf, "flood", Usage((), (EventStream("nothing", "ringbuf", U32),)), sink=Recorder())
    with pytest.raises(Unsupported, match="carries no events"):
        run_program(elf, "flood", Usage((), (EventStream("flood.bss", "ringbuf", U32),)), sink=Recorder())


def test_two_streams_of_one_map_are_refused(compiled: Any) -> None:
    streams = (EventStream("events", "ringbuf", U32), EventStream("events", "ringbuf", U32))
    with pytest.raises(BadInput, match="two event streams read 'events'"):
        run_program(compiled("flood"), "flood", Usage((), streams), sink=Recorder())


def test_an_object_without_programs_just_stays_until_the_end(compiled: Any) -> None:
    usage = Usage((), (EventStream("events", "ringbuf", U32),))
    begun = time.monotonic()
    assert run_program(compiled("empty"), "empty", usage, sink=Recorder(), timeout=0.05) == RunResult(0, 0, 0)
    assert time.monotonic() - begun >= 0.05


def test_settings_outside_of_the_object_are_refused(compiled: Any) -> None:
    elf = compiled("flood")
    for setting in ((".rodata", 2, b"1234"), (".rodata", -1, b"1"), (".nothing", 0, b"1"), (".data", 0, b"1")):
        with pytest.raises(BadInput):
            run_program(elf, "flood", Usage(), [setting], sink=Recorder(), timeout=0)


def test_a_tracepoint_without_tracefs_is_refused_before_loading(compiled: Any, tmp_path: Path) -> None:
    kernel = Kernel(tracing=(str(tmp_path / "tracing"),))
    with pytest.raises(Unsupported, match="not mounted") as caught:
        run_program(compiled("opens"), "opensnoop", Usage(), sink=Recorder(), kernel=kernel)
    assert "mount -t tracefs" in caught.value.todo


def test_time_passes_only_as_asked(compiled: Any) -> None:
    started = time.monotonic()
    run_program(compiled("attach", "QUIET"), "quiet", Usage(), sink=Recorder(), timeout=0.3)
    assert time.monotonic() - started >= 0.3
