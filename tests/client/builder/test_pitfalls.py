"""What compiles and loads but will not do what was meant is said when it is built."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ebpfhub.client.builder.build import BuiltPackage, build_project

Write = Callable[..., Path]


def test_tables_of_addresses_are_told_for_they_are_empty_in_the_kernel(project: Write, cache: Path) -> None:
    body = """
static const char *const names[] = { "open", "close" };
int numbers[2];
int *first = &numbers[1];

SEC("raw_tp/sys_exit")
int leave(void *context)
{
	bpf_printk("%s", names[bpf_get_smp_processor_id() & 1]);
	return first != 0;
}
"""
    told = [notice for notice in build_project(project(body), cache=cache).notices if "holds addresses" in notice]
    assert [notice.split()[0] for notice in told] == ["first", "names"]


def test_a_missing_licence_is_told(project: Write, cache: Path) -> None:
    tail = '\nSEC("raw_tp/sys_enter")\nint enter(void *context) { return 0; }\n'
    assert any("names no licence" in notice for notice in build_project(project("", tail=tail), cache=cache).notices)


def test_a_program_without_pitfalls_is_told_nothing(opensnoop: BuiltPackage) -> None:
    assert opensnoop.notices == ()
