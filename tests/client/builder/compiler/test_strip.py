"""Stripping: the same program in a tenth of the bytes, and the kernel takes it as it took the whole one."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from ebpfhub.client.builder.compiler.compile import compile_source
from ebpfhub.client.builder.compiler.strip import strip_object
from ebpfhub.client.builder.compiler.toolchain import find_toolchain
from ebpfhub.client.builder.compiler.types import kernel_types
from ebpfhub.schemas.bpf_object import BpfObject
from ebpfhub.schemas.btf import Btf, Kind
from ebpfhub.schemas.elf import ElfObject
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.permissions import permissions_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SOURCE = """#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
struct value { struct task_struct *task; __u64 seen; struct { int a; } inner; };
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, __u32);
	__type(value, struct value); } seen SEC(".maps");
struct inner_map { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32);
	__type(value, __u64); } first SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); __uint(max_entries, 1); __type(key, __u32);
	__array(values, struct inner_map); } outer SEC(".maps") = { .values = { &first } };
const volatile int wanted = 3;
__u64 total;
struct event { int pid; };
static __attribute__((used)) void __keep_event(struct event *unused) {}

static long each(__u32 index, void *context) { total += index; return 0; }
__noinline int slow(int x) { return x * (int)bpf_get_prandom_u32() + wanted; }

SEC("raw_tp/sys_enter")
int enter(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 key = BPF_CORE_READ(task, real_parent, real_parent, tgid);
	struct value value = { .seen = BPF_CORE_READ(task, mm, arg_start) };

	if (bpf_core_enum_value_exists(enum bpf_map_type, BPF_MAP_TYPE_ARRAY))
		value.inner.a = bpf_core_type_size(struct file) + bpf_core_enum_value(enum bpf_map_type, BPF_MAP_TYPE_HASH);
	value.seen += BPF_CORE_READ_BITFIELD_PROBED(task, sched_contributes_to_load);
	bpf_map_update_elem(&seen, &key, &value, 0);
	bpf_loop(2, each, NULL, 0);
	return slow(key) ? 0 : 0;
}
char LICENSE[] SEC("license") = "GPL";
"""


@pytest.fixture(scope="module")
def whole(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return compile_source(
        SOURCE, file_name="x.bpf.c", folder=tmp_path_factory.mktemp("x"), types=kernel_types(cache), cache=cache,
        toolchain=find_toolchain(),
    ).data  # fmt: skip


@pytest.fixture(scope="module")
def small(whole: bytes) -> bytes:
    return strip_object(whole, generated="__keep_")


def test_debug_sections_go_and_types_stay(whole: bytes) -> None:
    names = {section.name for section in ElfObject.parse(strip_object(whole)).sections}
    assert {".BTF", ".BTF.ext", ".maps", "license", "raw_tp/sys_enter", ".rodata", ".bss"} <= names
    assert not any(name.startswith((".debug", ".rel.debug", ".llvm", ".eh_frame")) for name in names)


def test_kernel_takes_whole_stripped_and_slim_objects(
    whole: bytes, small: bytes, loads: Callable[[bytes], bool]
) -> None:
    assert loads(whole)
    assert loads(strip_object(whole))
    assert loads(small)


def test_slim_object_says_the_same_of_itself(whole: bytes, small: bytes) -> None:
    before, after = BpfObject.parse(whole), BpfObject.parse(small)
    assert (after.programs, after.maps, after.sections) == (before.programs, before.maps, before.sections)
    assert (after.license, after.core_roots) == (before.license, before.core_roots)
    assert after.struct("event") == before.struct("event")
    assert permissions_of(after) == permissions_of(before)


def test_slim_object_keeps_only_the_members_of_kernel_types_that_it_reads(whole: bytes, small: bytes) -> None:
    section = ElfObject.parse(small).section(".BTF")
    assert section is not None
    btf = Btf.parse(bytes(section.data))
    task = btf.types[btf.find("task_struct", Kind.STRUCT)]
    names = {member.name for member in task.members}
    assert {"real_parent", "tgid", "mm"} <= names
    assert len(names) <= 5
    assert len(small) < len(strip_object(whole)) / 3


def test_result_is_the_same_every_time_and_strips_to_itself(whole: bytes, small: bytes) -> None:
    assert strip_object(whole, generated="__keep_") == small
    assert strip_object(strip_object(whole)) == strip_object(whole)
    assert strip_object(small, generated="__keep_") == small


def test_objects_of_others_behave_as_before_when_slimmed(loads: Callable[[bytes], bool]) -> None:
    """Real programs of libbpf-tools: what the kernel took or refused before, it takes or refuses after."""
    folder = next(path for path in (Path("/usr/sbin"), Path("/sbin")) if (path / "tcpconnect").is_file())
    for name in ("opensnoop", "tcpconnect", "execsnoop", "runqlat", "tcprtt", "javagc", "sigsnoop", "vfsstat"):
        data = _carved((folder / name).read_bytes())
        made = strip_object(data, generated="__keep_")
        assert loads(made) == loads(data), name
        assert permissions_of(BpfObject.parse(made)) == permissions_of(BpfObject.parse(data))


def _carved(data: bytes) -> bytes:
    at = 4
    while struct.unpack_from("<HH", data, (at := data.index(b"\x7fELF\x02\x01\x01", at)) + 16) != (1, 247):
        at += 4
    (table,), (count,) = struct.unpack_from("<Q", data, at + 40), struct.unpack_from("<H", data, at + 60)
    return data[at : at + table + 64 * count]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_objects_are_stripped_or_refused(small: bytes, data: st.DataObject) -> None:
    made = bytearray(small)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(made) - 4))
        struct.pack_into("<I", made, at, data.draw(st.sampled_from([0, 1, 8, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF])))
    with contextlib.suppress(BadInput):
        strip_object(bytes(made), generated="__keep_")
