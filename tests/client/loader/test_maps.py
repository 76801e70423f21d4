"""Maps of every shape, read and written in this machine's kernel."""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from ebpfhub.client.loader.maps import MapHandle
from ebpfhub.client.loader.program import LoadedProgram, system_library

U32, U64 = struct.Struct("=I"), struct.Struct("=Q")


@pytest.fixture
def maps(compiled: Any) -> Iterator[Any]:
    """Open the maps of a freshly loaded object by name."""
    with LoadedProgram(compiled("maps"), "maps") as program:
        program.load()
        yield lambda name: MapHandle(system_library(), program.map_named(name).fd)


def odd(number: int) -> bytes:
    return b"v%04d" % (number % 10_000)


def test_the_kernel_says_what_a_map_is(maps: Any) -> None:
    made = maps("hash")
    assert (made.type, made.key_size, made.value_size, made.max_entries) == (1, 8, 5, 100_000)
    assert not made.per_processor
    made = maps("percpu_array")
    assert (made.type, made.key_size, made.value_size, made.per_processor) == (6, 4, 5, True)
    with pytest.raises(OSError, match="descriptor"):
        MapHandle(system_library(), -1)


@pytest.mark.parametrize("name", ["hash", "percpu_hash", "array", "percpu_array"])
def test_what_is_written_is_read(maps: Any, name: str) -> None:
    made = maps(name)
    key = (3).to_bytes(made.key_size, "little")
    copies = os.cpu_count() if made.per_processor else 1
    values = tuple(odd(number) for number in range(copies or 1))
    made.update(key, values)
    assert made.lookup(key) == values
    made.update(key, values[::-1], 2)
    assert made.lookup(key) == values[::-1]
    assert (key, values[::-1]) in made.entries(100)


def test_what_is_not_there_is_none_and_cannot_be_deleted(maps: Any) -> None:
    made = maps("hash")
    assert made.lookup(U64.pack(1)) is None
    assert made.next_key(None) is None
    assert made.entries(10) == made.take(10) == []
    with pytest.raises(OSError) as caught:
        made.delete(U64.pack(1))
    assert caught.value.errno == errno.ENOENT
    made.update(U64.pack(1), (odd(1),))
    with pytest.raises(OSError) as caught:
        made.update(U64.pack(1), (odd(2),), 1)
    assert caught.value.errno == errno.EEXIST
    made.delete(U64.pack(1))
    assert made.lookup(U64.pack(1)) is None


@pytest.mark.parametrize("size", [0, 7, 9])
def test_keys_and_values_of_a_wrong_size_never_reach_the_kernel(maps: Any, size: int) -> None:
    made = maps("hash")
    for call in (made.lookup, made.delete, made.next_key):
        with pytest.raises(OSError, match="Invalid"):
            call(bytes(size))
    for key, values in (
        (bytes(size), (odd(1),)),
        (bytes(8), (bytes(size),)),
        (bytes(8), ()),
        (bytes(8), (odd(1),) * 2),
    ):
        with pytest.raises(OSError, match="Invalid"):
            made.update(key, values)


def test_every_entry_of_a_large_map_is_read_once(maps: Any) -> None:
    made = maps("hash")
    wanted = {U64.pack(number): (odd(number),) for number in range(20_000)}
    for key, values in wanted.items():
        made.update(key, values)
    entries = made.entries(65_536)
    assert len(entries) == len(wanted)
    assert dict(entries) == wanted
    assert len(set(made.entries(777))) == 777
    walked, key = set(), made.next_key(None)
    while key is not None:
        walked.add(key)
        key = made.next_key(key)
    assert walked == set(wanted)


def test_taken_entries_are_gone_and_the_rest_stays(maps: Any) -> None:
    made = maps("hash")
    wanted = {U64.pack(number): (odd(number),) for number in range(9000)}
    for key, values in wanted.items():
        made.update(key, values)
    first = dict(made.take(5000))
    rest = dict(made.entries(10_000))
    assert 0 < len(first) <= 5000
    assert first | rest == wanted
    assert len(first) + len(rest) == 9000
    made.take(10_000)
    assert made.entries(10) == []


@pytest.mark.parametrize(("name", "count"), [("percpu_hash", 5000), ("lru", 100)])
def test_other_hashes_are_taken_too(maps: Any, name: str, count: int) -> None:
    made = maps(name)
    copies = os.cpu_count() if made.per_processor else 1
    wanted = {U32.pack(number): (bytes([number & 255]) * made.value_size,) * (copies or 1) for number in range(count)}
    for key, values in wanted.items():
        made.update(key, values)
    assert dict(made.entries(10_000)) == wanted
    assert dict(made.take(10_000)) == wanted
    assert made.entries(1) == []


@pytest.mark.parametrize("name", ["array", "percpu_array"])
def test_taken_arrays_are_zero(maps: Any, name: str) -> None:
    made = maps(name)
    copies = os.cpu_count() if made.per_processor else 1
    made.update(U32.pack(2), (odd(5),) * (copies or 1))
    entries = made.take(100)
    assert [key for key, _ in entries] == [U32.pack(number) for number in range(made.max_entries)]
    assert entries[2][1] == (odd(5),) * (copies or 1)
    assert set(dict(made.entries(100)).values()) == {(bytes(5),) * (copies or 1)}


def test_a_trie_is_read_whole(maps: Any) -> None:
    made = maps("trie")
    wanted = {struct.pack("=I4B", 32, 10, 0, 0, number): (U32.pack(number),) for number in range(200)}
    for key, values in wanted.items():
        made.update(key, values)
    assert dict(made.entries(65_536)) == wanted
    assert len(made.entries(20)) == 20
    assert dict(made.take(300)) == wanted
    assert made.entries(20) == []


def test_a_queue_has_a_head_but_no_keys(maps: Any) -> None:
    made = maps("queue")
    assert made.lookup(b"") is None
    made.update(b"", (U32.pack(5),))
    assert made.lookup(b"") == (U32.pack(5),)
    with pytest.raises(OSError):
        made.entries(5)
