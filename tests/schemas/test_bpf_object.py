"""Facts of BPF objects: what real programs say, and that hostile bytes give BadInput and nothing else."""

from __future__ import annotations

import struct

import pytest
from ebpfhub.schemas.bpf_helpers import HELPERS
from ebpfhub.schemas.bpf_object import BpfObject, Program
from ebpfhub.schemas.c_type import CType
from ebpfhub.schemas.elf import ElfObject
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.fields import Fields
from ebpfhub.schemas.permissions import permissions_digest, permissions_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROUNDS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _program(data: bytes, name: str) -> Program:
    return next(program for program in BpfObject.parse(data).programs if program.name == name)


def test_programs_and_their_kinds_are_found(sample: bytes) -> None:
    facts = BpfObject.parse(sample)
    assert facts.license == "Dual BSD/GPL"
    assert [(program.name, program.kind.type) for program in facts.programs] == [
        ("enter_openat", "tracepoint"),
        ("open_file", "fentry"),
        ("drop", "xdp"),
    ]
    kind = _program(sample, "open_file").kind
    assert (kind.target, kind.optional, kind.sleepable) == ("vfs_open", True, True)
    assert _program(sample, "drop").instructions == 2


def test_helpers_are_found_in_subprograms_and_callbacks_too(sample: bytes) -> None:
    names = {HELPERS[number].name for number in _program(sample, "enter_openat").helpers}
    assert names == {"get_current_task", "probe_read_kernel", "map_lookup_elem", "ringbuf_output", "probe_write_user"}
    assert {HELPERS[number].name for number in _program(sample, "open_file").helpers} == {"loop", "send_signal"}
    assert _program(sample, "open_file").kfuncs == ("bpf_rcu_read_lock",)
    assert _program(sample, "drop").helpers == ()


def test_maps_are_read_with_their_types(sample: bytes) -> None:
    seen, events = BpfObject.parse(sample).maps
    assert (seen.name, seen.type_name, seen.max_entries, seen.key_size, seen.pinned) == ("seen", "hash", 128, 4, True)
    assert seen.value is not None
    assert (seen.value.name, seen.value.size) == ("event", seen.value_size)
    assert (events.name, events.type_name, events.max_entries, events.key) == ("events", "ringbuf", 4096, None)


def test_variables_have_their_place_type_and_first_value(sample: bytes) -> None:
    facts = BpfObject.parse(sample)
    rodata = next(section for section in facts.sections if section.name == ".rodata")
    kinds = {item.name: item.type.kind for item in rodata.variables if item.type is not None}
    assert kinds == {
        "target_pid": "integer", "only_new": "boolean", "prefix": "string", "paint": "enum", "ratio": "float",
        "limit": "integer", "hidden": "integer",
    }  # fmt: skip
    for name, value in (("prefix", b"abc\0\0\0\0\0"), ("paint", b"\2\0\0\0"), ("limit", b"\xff" * 8)):
        item = facts.variable(name)
        assert item is not None
        assert rodata.image[item.offset : item.offset + item.size] == value
        assert item.is_const
        assert item.is_volatile
    data, lost = facts.variable("threshold"), facts.variable("lost_events")
    assert data is not None
    assert lost is not None
    assert (data.section, data.is_const, lost.section, lost.size) == (".data", False, ".bss", 8)


def test_struct_becomes_a_type_that_travels(sample: bytes) -> None:
    event = BpfObject.parse(sample).struct("event")
    assert event is not None
    assert CType.read(Fields(event.to_json(), "type")) == event
    members = {member.name: member for member in event.members}
    assert members["is_new"].type.kind == "boolean"
    assert dict(members["colour"].type.values) == {"RED": 1, "GREEN": 2}
    assert members["comm"].type.kind == "string"
    assert (members["raw"].type.kind, members["raw"].type.length) == ("array", 4)
    inner = members["inner"].type.item
    assert inner is not None
    assert [(member.name, member.offset) for member in inner.members] == [("x", 0), ("number", 4), ("letters", 4)]
    assert BpfObject.parse(sample).struct("nothing") is None


def test_kernel_types_that_the_program_reads_are_named(sample: bytes) -> None:
    assert BpfObject.parse(sample).core_roots == ("task_struct",)


def test_known_facts_of_libbpf_tools(tools: dict[str, bytes]) -> None:
    facts = BpfObject.parse(tools["tcpconnect"])
    assert sorted(program.section for program in facts.programs) == [
        "kprobe/tcp_v4_connect", "kprobe/tcp_v6_connect", "kretprobe/tcp_v4_connect", "kretprobe/tcp_v6_connect",
    ]  # fmt: skip
    assert sorted(item.type_name for item in facts.maps) == ["hash", "hash", "hash", "perf_event_array"]
    assert {"sock", "pt_regs"} <= set(facts.core_roots) | {"pt_regs"}
    assert facts.license == "GPL"
    assert len({number for program in facts.programs for number in program.helpers}) == 9


def test_every_helper_of_libbpf_tools_is_known(tools: dict[str, bytes]) -> None:
    for name, data in tools.items():
        facts = BpfObject.parse(data, where=name)
        assert facts.programs
        assert permissions_of(facts).unknown_helpers == ()


def test_two_sections_of_maps_are_refused(sample: bytes) -> None:
    """libbpf and we could read different ones."""
    names = _names_at(sample)
    twice = sample[:names].rfind(b".bss\0"), sample.find(b".bss\0", names)
    assert twice[1] > 0
    with pytest.raises(BadInput, match="two sections"):
        BpfObject.parse(sample[: twice[1]] + b".BTF\0" + sample[twice[1] + 5 :])


def _names_at(data: bytes) -> int:
    table, index = struct.unpack_from("<Q", data, 40)[0], struct.unpack_from("<H", data, 62)[0]
    return int(struct.unpack_from("<Q", data, table + 64 * index + 24)[0])


def test_call_that_leads_nowhere_is_refused(sample: bytes) -> None:
    elf = ElfObject.parse(sample)
    section = elf.section("xdp")
    assert section is not None
    header = struct.unpack_from("<Q", sample, 40)[0] + 64 * section.index
    start = struct.unpack_from("<Q", sample, header + 24)[0]
    call = struct.pack("<BBhi", 0x85, 1 << 4, 0, 1000)
    with pytest.raises(BadInput, match="no function"):
        BpfObject.parse(sample[:start] + call + sample[start + 8 :])


@ROUNDS
@given(data=st.data())
def test_mutated_objects_give_facts_or_bad_input(sample: bytes, data: st.DataObject) -> None:
    made = bytearray(sample)
    for _ in range(data.draw(st.integers(1, 8))):
        made[data.draw(st.integers(0, len(made) - 1))] = data.draw(st.integers(0, 255))
    _parse(bytes(made))


@ROUNDS
@given(data=st.data())
def test_mutated_headers_and_types_give_facts_or_bad_input(sample: bytes, data: st.DataObject) -> None:
    """The bytes that decide: ELF header, section table, BTF, symbols."""
    elf = ElfObject.parse(sample)
    table = struct.unpack_from("<Q", sample, 40)[0]
    spans = [(0, 64), (table, len(sample))]
    for section in elf.sections:
        if section.name in (".BTF", ".BTF.ext", ".symtab", ".rel.BTF", "xdp", ".maps"):
            start = struct.unpack_from("<Q", sample, table + 64 * section.index + 24)[0]
            spans.append((start, start + section.size))
    made = bytearray(sample)
    for _ in range(data.draw(st.integers(1, 4))):
        low, high = data.draw(st.sampled_from(spans))
        at = data.draw(st.integers(low, high - 4))
        struct.pack_into("<I", made, at, data.draw(st.sampled_from([0, 1, 2, 8, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF])))
    _parse(bytes(made))


@ROUNDS
@given(data=st.data())
def test_truncated_objects_give_facts_or_bad_input(tools: dict[str, bytes], data: st.DataObject) -> None:
    whole = tools[data.draw(st.sampled_from(sorted(tools)))]
    _parse(whole[: data.draw(st.integers(0, len(whole)))])


@ROUNDS
@given(st.binary(max_size=4096))
def test_noise_gives_bad_input(noise: bytes) -> None:
    with pytest.raises(BadInput):
        BpfObject.parse(noise)


def _parse(data: bytes) -> None:
    try:
        facts = BpfObject.parse(data)
        permissions_digest(permissions_of(facts))
        facts.struct("event")
    except BadInput:
        pass
