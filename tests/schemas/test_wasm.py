"""BPF objects in Wasm modules: found wherever a linker puts them, in one piece or without their zeros."""

from __future__ import annotations

import re
import struct

import pytest
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.wasm import MAX_OBJECTS, bpf_objects_in, objects_of_package
from ebpfhub.schemas.wasm_data import MemoryData
from hypothesis import given
from hypothesis import strategies as st
from wasmtime import wat2wasm

Part = tuple[int, bytes]


def _object(body: bytes = b"program") -> bytes:
    """What passes for a BPF object: a header that tells where its last bytes are, with many zeros."""
    sections = 64 + len(body)
    head = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 1, 247, 1, 0, 0, sections, 0, 64, 0, 0, 64, 1, 0)
    return head + body + bytes(64)


def _escaped(data: bytes) -> str:
    return "".join(f"\\{byte:02x}" for byte in data)


def _module(*parts: Part, place: str = "(i32.const {at})") -> bytes:
    data = " ".join(f'(data {place.format(at=at)} "{_escaped(part)}")' for at, part in parts)
    return bytes(wat2wasm(f'(module (memory 1000) (func (export "_start")) {data})'))


def _without_zeros(data: bytes, at: int) -> list[Part]:
    return [(at + found.start(), found[0]) for found in re.finditer(rb"(?s)[^\0].*?(?=\0{4}|\Z)", data)]


def test_object_in_one_piece_is_found() -> None:
    assert bpf_objects_in(_module((4096, b"text" + _object() + b"text"))) == (_object(),)


def test_object_whose_zeros_a_linker_left_out_is_found() -> None:
    parts = _without_zeros(_object(), 70000)
    assert len(parts) > 3
    assert bpf_objects_in(_module((0, b"before"), *parts)) == (_object(),)


def test_segments_need_no_order() -> None:
    parts = _without_zeros(_object(), 70000)
    assert bpf_objects_in(_module(*reversed(parts))) == (_object(),)


def test_object_in_a_passive_segment_is_found() -> None:
    assert bpf_objects_in(_module((0, _object()), place="")) == (_object(),)


def test_object_beside_segments_that_cannot_be_read_is_found() -> None:
    base = '(import "env" "base" (global $base i32))'
    module = bytes(wat2wasm(f'(module {base} (memory 1) (data (global.get $base) "{_escaped(_object())}"))'))
    assert bpf_objects_in(module) == (_object(),)
    assert bpf_objects_in(_module((0, _object()))[:-70]) == ()  # cut off


def test_same_object_twice_counts_once_and_others_in_order() -> None:
    one, two = _object(b"one"), _object(b"other")
    assert bpf_objects_in(_module((0, one), (1000, two), (2000, one))) == (one, two)


def test_package_counts_an_object_once_that_its_module_holds_too() -> None:
    one, two = _object(b"one"), _object(b"other")
    module = _module((0, two), (1000, one))
    assert objects_of_package(module, one) == (one, two)
    assert objects_of_package(module) == (two, one)
    assert objects_of_package(None, one) == (one,)
    assert objects_of_package(None, None, None) == ()


def test_too_many_objects_are_refused() -> None:
    many = [(1000 * index, _object(b"%d" % index)) for index in range(MAX_OBJECTS + 1)]
    with pytest.raises(BadInput, match=f"more than {MAX_OBJECTS}"):
        bpf_objects_in(_module(*many))


def test_zeros_that_are_not_there_are_bounded() -> None:
    size = 12 * 1024 * 1024
    head = bytearray(_object()[:64])
    struct.pack_into("<Q", head, 40, size - 64)
    assert [len(made) for made in bpf_objects_in(_module((0, bytes(head))))] == [size]
    with pytest.raises(BadInput, match="bytes of them"):
        bpf_objects_in(_module(*((size * index, bytes(head)) for index in range(3))))


@given(
    data=st.lists(st.one_of(st.binary(max_size=20), st.integers(0, 30).map(bytes)), max_size=12).map(b"".join),
    start=st.integers(0, 1000),
    size=st.integers(0, 300),
)
def test_memory_is_read_as_it_was_before_its_zeros_were_left_out(data: bytes, start: int, size: int) -> None:
    data = b"\x01" + data
    module = _module(*_without_zeros(data, start))
    found = MemoryData.of(module)
    assert found.by_place[0].address == start
    assert found.read(module, found.by_place[0].place, size) == data[:size].ljust(size, b"\0")


@given(module=st.binary(max_size=200).map(lambda tail: b"\0asm\1\0\0\0\x0b" + tail))
def test_no_data_section_harms_the_reader(module: bytes) -> None:
    found = MemoryData.of(module)
    for segment in found.by_place:
        assert segment.place + segment.size <= len(module)
        assert found.read(module, segment.place, segment.size) == module[segment.place :][: segment.size]
