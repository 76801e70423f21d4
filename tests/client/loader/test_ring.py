"""Ring buffers read straight from memory and through libbpf: the same records, in order, discarded ones left out."""

from __future__ import annotations

import contextlib
import os
import random
import struct
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from ebpfhub.client.loader.events import BATCH, reader
from ebpfhub.client.loader.program import LoadedProgram, system_library
from ebpfhub.client.loader.ring import MappedRing, readable_directly

if TYPE_CHECKING:
    from ebpfhub.client.loader.events import Reader


@pytest.fixture
def program(compiled: Any) -> Iterator[LoadedProgram]:
    with LoadedProgram(compiled("sizes"), "sizes") as loaded:
        place = system_library().variable(loaded._object, "target_pid", ".rodata")
        assert place
        loaded.set_values([(".rodata", place[0], struct.pack("=i", os.getpid()))])
        loaded.load()
        loaded.attach()
        yield loaded


@pytest.fixture(params=[True, False], ids=["mapped", "called"])
def ring(program: LoadedProgram, request: pytest.FixtureRequest) -> Iterator[Reader]:
    assert readable_directly()
    source = reader(system_library(), program.map_named("events"), direct=request.param)
    yield source
    source.close()


def ask(size: int) -> None:
    """Cause a record of `size` bytes: the probe sees the call, whatever its answer is."""
    with contextlib.suppress(ProcessLookupError):
        os.getpgid(size | 1 << 22)


def test_records_of_all_sizes_arrive_in_order_over_many_turns_of_the_ring(ring: Reader) -> None:
    chance = random.Random(1)
    expected: list[tuple[int, int]] = []
    got: list[tuple[int, int]] = []
    for turn in range(400):
        for _ in range(chance.randrange(12)):
            size = chance.choice([4, 5, 8, 16, 16, 16, 33, 1000, 2047])
            expected.append((len(expected), size))
            ask(size)
        if turn % 3 == 0:
            got += [(struct.unpack_from("=I", record)[0], len(record)) for record in ring.take()]
    while records := ring.take():
        got += [(struct.unpack_from("=I", record)[0], len(record)) for record in records]
    assert got == expected


def test_an_empty_ring_gives_nothing(ring: Reader) -> None:
    assert ring.take() == []


def test_a_second_close_does_nothing(ring: Reader) -> None:
    ring.close()
    ring.close()


def test_a_batch_is_bounded_and_the_rest_waits(program: LoadedProgram) -> None:
    source = MappedRing(program.map_named("events").fd, 1 << 15, limit=10)
    for _ in range(25):
        ask(8)
    assert [len(source.take()) for _ in range(4)] == [10, 10, 5, 0]
    source.close()


def test_a_reader_keeps_up_with_a_writer_on_another_processor(ring: Reader) -> None:
    """Whatever the order in which memory is seen, no record may be torn, lost or seen twice."""
    total = 20_000
    read: list[int] = []
    turn = threading.Semaphore(200)

    def write() -> None:
        for number in range(total):
            turn.acquire()
            ask(4 if number % 2 else 24)

    thread = threading.Thread(target=write)
    thread.start()
    while thread.is_alive() or len(read) < total:
        records = ring.take()
        assert len(records) <= BATCH
        for record in records:
            [number] = struct.unpack_from("=I", record)
            assert len(record) == (4 if number % 2 else 24)
            read.append(number)
        if records:
            turn.release(len(records))
    thread.join()
    assert read == list(range(total))
