"""The security packages that this machine's kernel can run: privileges that change, programs that load BPF.

What needs a kernel with kprobes, fentry, LSM or modules is in test_kernels.py.
"""

from __future__ import annotations

import ctypes
import os
import subprocess

from .conftest import Events

ME = os.getpid()
NOBODY = 65534
BPF_NUMBER = {"x86_64": 321, "aarch64": 280}[os.uname().machine]


def in_child(act: object) -> int:
    """Run something in a child, whose number is returned."""
    child = os.fork()
    if not child:
        try:
            act()  # type: ignore[operator]
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    return child


def test_setuidsnoop_sees_privileges_dropped_and_not_regained(events: Events) -> None:
    def drop() -> None:
        os.setresuid(NOBODY, NOBODY, NOBODY)
        os.setuid(0)

    pids: list[int] = []
    found = events(
        "setuidsnoop",
        trigger=lambda: pids.append(in_child(drop)), where=lambda event: event["pid"] in pids, count=2,
    )  # fmt: skip
    dropped, refused = found[:2]
    assert (dropped["call"], dropped["wanted"], dropped["ret"]) == ("SETRESUID", NOBODY, 0)
    assert (dropped["before"], dropped["after"]) == (os.getuid(), NOBODY)
    assert (refused["call"], refused["wanted"], refused["after"], refused["ret"]) == ("SETUID", 0, NOBODY, -1)


def test_setuidsnoop_leaves_out_what_changed_nothing(events: Events) -> None:
    def drop() -> None:
        os.setuid(os.getuid())
        os.setreuid(NOBODY, NOBODY)

    pids: list[int] = []
    found = events(
        "setuidsnoop", "--changed",
        trigger=lambda: pids.append(in_child(drop)), where=lambda event: event["pid"] in pids, count=2,
    )  # fmt: skip
    assert {event["call"] for event in found} == {"SETREUID"}


def test_bpfsnoop_sees_who_lists_programs(events: Events) -> None:
    found = events(
        "bpfsnoop",
        trigger=lambda: subprocess.run(["bpftool", "prog", "show"], check=True, capture_output=True),
        where=lambda event: event["comm"] == "bpftool" and event["command"] == "PROG_GET_NEXT_ID",
    )  # fmt: skip
    assert (found[0]["uid"], found[0]["ret"]) == (os.getuid(), 0)


def test_bpfsnoop_sees_the_name_of_a_map_that_is_made(events: Events) -> None:
    """A map by bpf(2) itself: BPF_MAP_CREATE with type, sizes, entries, flags, inner map, node, name."""
    attributes = b"".join(number.to_bytes(4, "little") for number in (2, 4, 8, 1, 0, 0, 0)) + b"made_by_test\0\0\0\0"

    def make() -> None:
        descriptor = ctypes.CDLL(None).syscall(BPF_NUMBER, 0, ctypes.c_char_p(attributes), len(attributes))
        assert descriptor >= 0
        os.close(descriptor)

    found = events("bpfsnoop", "--pid", ME, trigger=make)
    assert (found[0]["command"], found[0]["name"]) == ("MAP_CREATE", "made_by_test")
    assert found[0]["ret"] > 2


def test_bpfsnoop_sees_what_is_refused(events: Events) -> None:
    def fail() -> None:
        ctypes.CDLL(None).syscall(BPF_NUMBER, 5, None, 0)  # BPF_PROG_LOAD of nothing

    found = events("bpfsnoop", "-p", ME, trigger=fail)
    assert found[0]["command"] == "PROG_LOAD"
    assert found[0]["ret"] < 0
