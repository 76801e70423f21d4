"""Maps are looked at while a program runs: at their interval, once at the end, emptied where that is wished."""

from __future__ import annotations

import os
import struct
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from ebpfhub.client.loader.session import run_program
from ebpfhub.client.loader.stop import Stop
from ebpfhub.client.loader.target import Target
from ebpfhub.schemas.c_type import CType
from ebpfhub.schemas.errors import NotFound, Unsupported
from ebpfhub.schemas.program import MapView, Usage

from .test_iterators import target_pid
from .test_session import Recorder

U32, U64 = CType("integer", 4), CType("integer", 8)
KEY, FIRST = struct.pack("=I", 7), struct.pack("=I", 0)


def view(name: str, interval: int = 20, *, clear: bool = False) -> MapView:
    return MapView(name, "table", U32, U64, interval, clear=clear)


def number(value: bytes) -> int:
    return int(struct.unpack("=Q", value)[0])


class Looker(Recorder):
    """A sink that acts at each look, and stops the run after `looks` of them."""

    def __init__(self, looks: int, action: Callable[[], object]) -> None:
        super().__init__()
        self.wanted, self.act, self.stop = looks, action, Stop()

    def looked(self, view: int, entries: list[tuple[bytes, tuple[bytes, ...]]]) -> None:
        super().looked(view, entries)
        self.act()
        if len(self.looks) >= self.wanted:
            self.stop.set()


def run(elf: bytes, usage: Usage, sink: Looker, **more: Any) -> None:
    run_program(elf, "maps", usage, target_pid(elf), sink=sink, stop=sink.stop, **more)
    sink.stop.close()


def test_a_map_is_seen_growing_and_once_more_at_the_end(compiled: Any) -> None:
    sink = Looker(4, lambda: os.getpgid(0))
    run(compiled("maps"), Usage((), (), (view("counts"),)), sink)
    assert [number(entries[KEY][0]) if entries else 0 for _, entries in sink.looks] == [0, 1, 2, 3, 4]


def test_a_cleared_map_begins_anew(compiled: Any) -> None:
    sink = Looker(3, lambda: [os.getpgid(0) for _ in range(5)])
    run(compiled("maps"), Usage((), (), (view("counts", clear=True), view("per_processor", clear=True))), sink)
    for index, key in ((0, KEY), (1, FIRST)):
        values = [entries.get(key, ()) for seen, entries in sink.looks if seen == index]
        total = sum(number(value) for copies in values for value in copies)
        assert total == 5 * (len(sink.looks) - 2)  # the last look at each comes when nothing is attached any more


def test_every_processors_value_is_handed_on(compiled: Any) -> None:
    sink = Looker(2, lambda: os.getpgid(0))
    run(compiled("maps"), Usage((), (), (view("per_processor"),)), sink)
    last = sink.looks[-1][1][FIRST]
    assert len(last) == os.cpu_count()
    assert sum(map(number, last)) == 2


def test_views_have_their_own_intervals(compiled: Any) -> None:
    usage = Usage((), (), (view("counts", 10), view("array", 60_000)))
    sink = Looker(6, lambda: None)
    run(compiled("maps"), usage, sink)
    assert [seen for seen, _ in sink.looks] == [0] * 6 + [0, 1]


def test_a_run_without_a_look_in_time_still_ends_with_one(compiled: Any) -> None:
    sink = Looker(99, lambda: None)
    run(compiled("maps"), Usage((), (), (view("counts", 60_000),)), sink, timeout=0.05)
    assert sink.looks == [(0, {})]


def test_a_stop_does_not_wait_for_the_interval(compiled: Any) -> None:
    sink = Looker(99, lambda: None)
    timer = threading.Timer(0.05, sink.stop.set)
    sink.action = timer.start
    begun = time.monotonic()
    run(compiled("maps"), Usage((), (), (view("counts", 60_000),)), sink)
    timer.join()
    assert time.monotonic() - begun < 50


def test_what_cannot_be_looked_at_is_named(compiled: Any) -> None:
    for name, error in (("nothing", NotFound), ("queue", Unsupported)):
        with pytest.raises(error, match=name):
            run(compiled("maps"), Usage((), (), (view(name),)), Looker(1, lambda: None))


def test_a_map_with_too_many_entries_is_cut_with_a_word(compiled: Any) -> None:
    told: list[str] = []
    usage = Usage((), (), (MapView("many", "table", U32, U32),))
    sink = Looker(1, lambda: None)
    run(compiled("many"), usage, sink, timeout=0.05, tell=told.append)
    assert len(sink.looks[-1][1]) == 65_536
    assert told == ["only 65536 entries of map 'many' are read at a look"]


def test_what_is_left_out_is_told(compiled: Any, tracefs: None) -> None:
    told: list[str] = []
    elf = compiled("kinds", "NO_SUCH_CALL")
    run_program(elf, "kinds", Usage(), sink=Recorder(), timeout=0, tell=told.append)
    assert len(told) == 1
    assert "is left out" in told[0]


def test_targets_are_checked_before_anything_is_loaded(compiled: Any) -> None:
    with pytest.raises(NotFound, match="no program 'nobody'"):
        run_program(compiled("maps"), "maps", Usage(), sink=Recorder(), targets={"nobody": Target()})
