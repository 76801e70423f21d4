"""BTF: types and CO-RE relocations are read within limits, or refused."""

from __future__ import annotations

import struct

import pytest
from ebpfhub.schemas.btf import Btf, Kind
from ebpfhub.schemas.btf_types import c_type, size_of
from ebpfhub.schemas.c_type import MAX_TYPE_DEPTH
from ebpfhub.schemas.elf import ElfObject
from ebpfhub.schemas.errors import BadInput

INT = struct.pack("<IIII", 1, Kind.INT << 24, 4, 1 << 24 | 32)  # "int"
STRINGS = b"\0int\0a\0b\0"


def _btf(*types: bytes, strings: bytes = STRINGS) -> bytes:
    body = b"".join(types)
    return struct.pack("<HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(body), len(body), len(strings)) + body + strings


def _struct(size: int, *members: tuple[int, int, int], bit_fields: bool = False) -> bytes:
    head = struct.pack("<III", 5, bit_fields << 31 | Kind.STRUCT << 24 | len(members), size)
    return head + b"".join(struct.pack("<III", *member) for member in members)


def _section(data: bytes, name: str) -> bytes:
    section = ElfObject.parse(data).section(name)
    assert section is not None
    return bytes(section.data)


def test_compiler_s_types_are_read(sample: bytes) -> None:
    btf = Btf.parse(_section(sample, ".BTF"))
    event = btf.types[btf.find("event", Kind.STRUCT)]
    assert [member.name for member in event.members] == ["pid", "is_new", "colour", "comm", "raw", "inner", "where"]
    assert dict(btf.types[btf.find("colour", Kind.ENUM)].values) == {"RED": 1, "GREEN": 2}


def test_core_relocations_name_the_members_that_a_program_reads(sample: bytes) -> None:
    btf = Btf.parse(_section(sample, ".BTF"))
    found = btf.core_relocations(_section(sample, ".BTF.ext"))
    assert {(btf.types[item.root].name, item.access) for item in found} == {
        ("task_struct", "0:1"),
        ("task_struct", "0:2"),
    }
    assert {item.section for item in found} == {"tracepoint/syscalls/sys_enter_openat"}


@pytest.mark.parametrize("cut", [0, 10, 24, 40, -1])
def test_truncated_btf_is_refused(sample: bytes, cut: int) -> None:
    with pytest.raises(BadInput):
        Btf.parse(_section(sample, ".BTF")[:cut])


def test_reference_to_a_missing_type_is_refused() -> None:
    with pytest.raises(BadInput, match="not there"):
        Btf.parse(_btf(struct.pack("<III", 0, Kind.PTR << 24, 99)))


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(BadInput):
        Btf.parse(_btf(struct.pack("<III", 0, 31 << 24, 0)))


def test_name_without_an_end_is_refused() -> None:
    with pytest.raises(BadInput, match="name"):
        Btf.parse(_btf(INT, strings=b"\0int"))


def test_typedef_that_is_its_own_type_is_refused() -> None:
    btf = Btf.parse(_btf(struct.pack("<III", 5, Kind.TYPEDEF << 24, 1)))
    with pytest.raises(BadInput, match="itself"):
        size_of(btf, 1)


def test_struct_that_holds_itself_is_refused() -> None:
    btf = Btf.parse(_btf(INT, _struct(8, (5, 2, 0))))
    with pytest.raises(BadInput, match="deep"):
        c_type(btf, 2)


def test_struct_of_structs_that_would_grow_without_bound_is_refused() -> None:
    """Eight levels of sixteen members each would make four thousand million nodes."""
    levels = [_struct(4, *[(5, number, 0)] * 16) for number in range(1, 9)]
    with pytest.raises(BadInput, match="too large"):
        c_type(Btf.parse(_btf(INT, *levels)), 9)


def test_deepest_type_that_travels_is_accepted_and_one_more_is_not() -> None:
    levels = [_struct(4, (5, number, 0)) for number in range(1, MAX_TYPE_DEPTH + 2)]
    btf = Btf.parse(_btf(INT, *levels))
    assert c_type(btf, MAX_TYPE_DEPTH + 1).size == 4
    with pytest.raises(BadInput):
        c_type(btf, MAX_TYPE_DEPTH + 2)


def test_member_outside_its_struct_is_refused() -> None:
    btf = Btf.parse(_btf(INT, _struct(4, (5, 1, 32))))
    with pytest.raises(BadInput, match="outside"):
        c_type(btf, 2)


def test_bit_field_is_named_when_refused() -> None:
    btf = Btf.parse(_btf(INT, _struct(4, (5, 1, 3 << 24 | 8), bit_fields=True)))
    with pytest.raises(BadInput, match="'a' is a bit field"):
        c_type(btf, 2)


def test_huge_array_is_refused_without_being_made() -> None:
    array = struct.pack("<IIIIII", 0, Kind.ARRAY << 24, 0, 1, 1, 2**32 - 1)
    btf = Btf.parse(_btf(INT, array))
    assert size_of(btf, 2) == 4 * (2**32 - 1)
    with pytest.raises(BadInput, match="larger"):
        c_type(btf, 2)
