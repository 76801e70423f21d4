"""Permissions: what people are told of a program follows from its bytes, and nothing that is unknown is harmless."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ebpfhub.schemas.bpf_helpers import HELPERS
from ebpfhub.schemas.bpf_kinds import kind_of_section
from ebpfhub.schemas.bpf_object import BpfObject, Program
from ebpfhub.schemas.btf import Btf
from ebpfhub.schemas.permission_rules import Category, Group
from ebpfhub.schemas.permissions import RULES_VERSION, Permissions, permissions_digest, permissions_of

NOTHING = BpfObject("GPL", (), (), (), (), Btf((), b""))


def _of(section: str, *helpers: int, kfuncs: tuple[str, ...] = ()) -> Permissions:
    program = Program("it", section, kind_of_section(section), 1, helpers, kfuncs)
    return permissions_of(replace(NOTHING, programs=(program,)))


def _groups(found: Permissions) -> set[tuple[str, str]]:
    return {(str(item.category), str(item.group)) for item in found.permissions}


def test_sample_shows_everything_that_it_does(sample: bytes) -> None:
    found = permissions_of(BpfObject.parse(sample))
    evidence = {(item.category, item.group): item.evidence for item in found.permissions}
    assert evidence[Category.OBSERVES, Group.FILES] == ("fentry.s/vfs_open", "tracepoint/syscalls/sys_enter_openat")
    assert evidence[Category.CHANGES, Group.USER_MEMORY] == ("bpf_probe_write_user",)
    assert evidence[Category.CHANGES, Group.OTHER_PROCESSES] == ("bpf_send_signal",)
    assert evidence[Category.CHANGES, Group.PACKETS] == ("xdp",)
    assert evidence[Category.PERSISTS, Group.PINS] == ("map seen",)
    assert found.minimum_kernel == (5, 17)
    assert found.changes_something


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("tracepoint/syscalls/sys_enter_openat", {("observes", "files")}),
        ("tp/sched/sched_process_exec", {("observes", "processes")}),
        ("tracepoint/sched/sched_switch", {("observes", "scheduling")}),
        ("kprobe/tcp_v4_connect", {("observes", "network")}),
        ("ksyscall/connect", {("observes", "network")}),
        ("kprobe/__x64_sys_execve", {("observes", "processes")}),
        ("kprobe/do_sys_openat2", {("observes", "files")}),
        ("kprobe/oom_kill_process", {("observes", "memory")}),
        ("raw_tp/sys_enter", {("observes", "processes")}),
        ("uprobe//usr/lib/libssl.so:SSL_read", {("observes", "processes")}),
        ("kprobe/made_up_function", {("observes", "other")}),
        ("fentry/vfs_read", {("observes", "files"), ("reads memory", "kernel")}),
        ("iter/task", {("observes", "processes"), ("reads memory", "kernel")}),
        ("xdp", {("observes", "network"), ("changes", "packets")}),
        ("tcx/egress", {("observes", "network"), ("changes", "packets")}),
        ("cgroup/connect4", {("changes", "decisions on files, sockets and cgroups")}),
        ("lsm/file_open", {("reads memory", "kernel"), ("changes", "decisions on files, sockets and cgroups")}),
        ("fmod_ret/security_file_open", {("reads memory", "kernel"), ("changes", "return values")}),
        ("freplace/func", {("changes", "other")}),
        ("something/else", {("changes", "other")}),
    ],
)
def test_attach_points_are_grouped_for_people(section: str, expected: set[tuple[str, str]]) -> None:
    assert _groups(_of(section)) == expected


def test_unknown_helper_counts_as_a_change_and_is_named() -> None:
    found = _of("kprobe/vfs_read", 9999, -7)
    assert found.unknown_helpers == (-7, 9999)
    assert found.changes_something
    assert ("unknown helper 9999") in next(item.evidence for item in found.permissions if item.group == Group.OTHER)


def test_unknown_kfunc_counts_as_a_change_and_a_harmless_one_does_not() -> None:
    assert _of("kprobe/vfs_read", kfuncs=("bpf_made_up_tomorrow",)).changes_something
    assert not _of("kprobe/vfs_read", kfuncs=("bpf_rcu_read_lock", "bpf_task_from_pid")).changes_something


def test_probe_point_that_user_space_chooses_is_shown_with_its_function() -> None:
    assert _of("kprobe").permissions[0].evidence == ("kprobe (it)",)


def test_observing_tools_change_nothing(tools: dict[str, bytes]) -> None:
    """None of libbpf-tools writes anything; a table that said so would be wrong."""
    for name, data in tools.items():
        found = permissions_of(BpfObject.parse(data))
        assert not found.changes_something, name
        assert found.permissions


def test_digest_depends_on_what_is_allowed_and_not_on_the_order_of_programs(sample: bytes) -> None:
    facts = BpfObject.parse(sample)
    digest = permissions_digest(permissions_of(facts))
    turned = replace(facts, programs=facts.programs[::-1], maps=facts.maps[::-1])
    assert permissions_digest(permissions_of(turned)) == digest
    assert permissions_digest(permissions_of(replace(facts, programs=facts.programs[1:]))) != digest


def test_digest_of_known_permissions_is_the_one_written_down() -> None:
    """Release entries hold it: a change needs a new RULES_VERSION."""
    assert RULES_VERSION == 1
    digest = permissions_digest(_of("tracepoint/syscalls/sys_enter_openat", 112))
    assert digest == "sha256:80b3d9940850db4fd0ac1b25806bc8b8a438854e433a73af86de6dfc59f1e34a"


def test_json_and_lines_say_the_same(sample: bytes) -> None:
    found = permissions_of(sample)
    document = found.to_json()
    assert document["digest"] == permissions_digest(found)
    assert document["minimumKernel"] == "5.17"
    assert len(document["permissions"]) == len(found.lines())
    assert any(line.startswith("changes user memory") and "bpf_probe_write_user" in line for line in found.lines())


def test_table_has_all_helpers_of_the_kernel_s_list() -> None:
    assert sorted(HELPERS) == list(range(1, 212))
    assert len({helper.name for helper in HELPERS.values()}) == 211
    assert HELPERS[113].name == "probe_read_kernel"
    assert HELPERS[131].name == "ringbuf_reserve"
    assert HELPERS[131].since == (5, 8)
