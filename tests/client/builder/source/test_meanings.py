"""What members mean: by a comment's word, or by name and type where both leave no doubt."""

from __future__ import annotations

import pytest
from ebpfhub.client.builder.build import BuiltPackage
from ebpfhub.client.builder.source.comments import read_comments
from ebpfhub.client.builder.source.meanings import Meanings
from ebpfhub.schemas.bpf_maps import STACK_TRACE, BpfMap
from ebpfhub.schemas.bpf_object import BpfObject
from ebpfhub.schemas.btf import Btf
from ebpfhub.schemas.c_type import SHOWS, CType, Member
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.package import PackageConfig


def _int(size: int, name: str = "", *, signed: bool = False) -> CType:
    return CType("integer", size, name, signed)


def _array(size: int, item: int = 1) -> CType:
    return CType("array", size, length=size // item, item=_int(item))


def _facts(stack_maps: int = 0) -> BpfObject:
    maps = tuple(BpfMap(f"m{n}", STACK_TRACE, 1, 4, 8, 0, False, None, None) for n in range(stack_maps))
    return BpfObject("GPL", (), maps, (), (), Btf((), b""))


def _shown(name: str, kind: CType, *, stack_maps: int = 0, struct: str = "event", text: str = "") -> str:
    parent = CType("struct", 4096, struct, members=(Member(name, 0, kind), Member("path", 2048, CType("string", 64))))
    made = Meanings(_facts(stack_maps), read_comments(text, file="x.h")).of(parent)
    return made.members[0].show


U32, S32, U64, S64 = _int(4, "__u32"), _int(4, "int", signed=True), _int(8, "__u64"), _int(8, "long", signed=True)


@pytest.mark.parametrize(
    ("name", "kind", "show"),
    [
        ("ts", U64, "time"), ("timestamp_ns", U64, "time"), ("delta_ns", U64, "duration"), ("run_lat_ns", S64, "duration"),
        ("ret", S32, "errno"), ("err", S64, "errno"), ("sig", U32, "signal"), ("saddr", _int(4, "__be32"), "ip"),
        ("dst_ip", U32, "ip"), ("daddr_v6", _array(16), "ip"), ("saddr_v6", _int(16), "ip"), ("daddr", _array(16, 4), "ip"),
        ("addr", _int(4, "__be32"), "ip"), ("anything", CType("struct", 16, "in6_addr"), "ip"),
        ("dport", _int(2, "__be16"), "port"), ("src_mac", _array(6), "mac"), ("mode", _int(2, "umode_t"), "mode"),
        ("addr", U64, "address"), ("ip", U64, "address"), ("fname", CType("string", 64), "path"),
        ("old_path", CType("string", 64), "path"), ("kstack", _array(256, 8), "kernel-stack"),
        ("user_stack", _array(256, 8), "user-stack"), ("syscall_nr", S32, "syscall"), ("oflags", S32, "open-flags"),
    ],
)  # fmt: skip
def test_name_and_type_that_fit_tell_the_meaning(name: str, kind: CType, show: str) -> None:
    assert show in SHOWS
    assert _shown(name, kind) == show


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("dport", _int(2, "__u16")), ("ret", U32), ("ts", U32), ("ts_us", U64), ("duration", U64), ("cpu_time_ns", U64),
        ("saddr", U64), ("saddr", S32), ("addr", U32), ("mode", U32), ("len", U64), ("rx_bytes", U64), ("flags", U32),
        ("comm", CType("string", 16)), ("fname", CType("pointer", 8)), ("exit_code", S32), ("skip", U32),
        ("kern_stack_id", S32), ("kstack_sz", U32), ("port", S32),
    ],
)  # fmt: skip
def test_where_in_doubt_numbers_stay_numbers(name: str, kind: CType) -> None:
    assert _shown(name, kind) == ""


def test_flags_are_those_of_open_in_a_struct_named_so() -> None:
    assert _shown("flags", S32, struct="open_event") == "open-flags"


def test_id_of_a_stack_means_something_with_one_stack_map_only() -> None:
    assert _shown("kern_stack_id", S32, stack_maps=1) == "kernel-stack"
    assert _shown("ustack_id", S64, stack_maps=1) == "user-stack"
    assert _shown("kern_stack_id", S32, stack_maps=2) == ""


def test_comment_s_word_goes_before_the_convention() -> None:
    text = "struct event {\n/** Answer\n * @show %s\n */\nint ret;\n};\n"
    assert _shown("ret", S32, text=text % "hex") == "hex"
    assert _shown("ret", S32, text=text % "plain") == ""


@pytest.mark.parametrize(
    ("word", "kind"), [("path", S32), ("ip", U64), ("mac", S32), ("time", CType("string", 16)), ("kernel-stack", S32)]
)
def test_word_that_does_not_fit_its_member_is_refused_with_its_line(word: str, kind: CType) -> None:
    with pytest.raises(BadInput) as caught:
        _shown("thing", kind, text=f"struct event {{\n  /// Some thing\n  /// @show {word}\n  int thing;\n}};\n")
    assert caught.value.where == "x.h:3: @show"


def test_structs_inside_and_arrays_of_structs_have_meanings_too() -> None:
    text = "struct inner {\n/** How long */\n__u64 wait_ns;\n};\n"
    inner = CType("struct", 8, "inner", members=(Member("wait_ns", 0, U64),))
    outer = CType(
        "struct", 32, "event",
        members=(Member("one", 0, inner), Member("all", 8, CType("array", 24, length=3, item=inner))),
    )  # fmt: skip
    made = Meanings(_facts(), read_comments(text, file="x.h")).of(outer)
    many = made.members[1].type.item
    assert many is not None
    for found in (made.members[0].type, many):
        assert (found.members[0].show, found.members[0].help) == ("duration", "How long")


def test_program_tells_what_its_members_mean(opensnoop: BuiltPackage) -> None:
    (stream,) = opensnoop.config.usage.events
    assert {item.name: item.show for item in stream.type.members if item.show} == {
        "ret": "errno", "flags": "open-flags", "fname": "path",
    }  # fmt: skip
    assert PackageConfig.parse(opensnoop.config.to_json()) == opensnoop.config
