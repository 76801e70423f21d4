"""mmapsnoop, pagefaults, oomkill: memory that the test takes, touches and runs out of is seen."""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import Events

ME = os.getpid()
MEGABYTE = 1 << 20
V1, V2 = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")
TAKE_ALL = """
import sys
open(sys.argv[1], "w").write("0")  # join the control group
taken = [bytearray(1 << 20) for _ in range(256)]
"""


def test_mmapsnoop_sees_what_is_mapped(events: Events) -> None:
    length = 37 * MEGABYTE
    (event, *_) = events(
        "mmapsnoop", "-p", ME, "--larger", MEGABYTE,
        trigger=lambda: mmap.mmap(-1, length).close(), where=lambda event: event["length"] == length, count=2,
    )  # fmt: skip
    assert (event["pid"], event["call"], event["ret"]) == (ME, "MMAP", 0)
    assert event["prot"] == mmap.PROT_READ | mmap.PROT_WRITE


def test_mmapsnoop_sees_memory_that_may_be_executed(events: Events) -> None:
    prot = mmap.PROT_READ | mmap.PROT_EXEC
    (event, *_) = events(
        "mmapsnoop", "-p", ME, "-e",
        trigger=lambda: mmap.mmap(-1, MEGABYTE, prot=prot).close(), where=lambda event: event["length"] == MEGABYTE,
    )  # fmt: skip
    assert event["prot"] == prot


def test_pagefaults_counts_pages_that_are_touched(events: Events) -> None:
    def touch() -> None:
        with mmap.mmap(-1, 4 * MEGABYTE) as memory:
            memory.madvise(mmap.MADV_NOHUGEPAGE)
            for start in range(0, 4 * MEGABYTE, mmap.PAGESIZE):
                memory[start] = 1

    (event, *_) = events("pagefaults", "-p", ME, trigger=touch, where=lambda event: event["writes"] >= 1024)
    assert event["pid"] == ME
    assert event["count"] >= event["writes"]


@pytest.fixture
def small_group() -> Iterator[Path]:
    """A control group of 16 megabytes, of version 1 or 2, whichever has the memory controller here."""
    version_1 = (V1 / "memory.limit_in_bytes").exists()
    group = (V1 if version_1 else V2) / f"ebpfhub-{uuid.uuid4().hex[:8]}"
    if not version_1:
        (V2 / "cgroup.subtree_control").write_text("+memory")
    group.mkdir()
    try:
        (group / ("memory.limit_in_bytes" if version_1 else "memory.max")).write_text(str(16 * MEGABYTE))
        if not version_1:
            (group / "memory.swap.max").write_text("0")
        yield group
    finally:
        group.rmdir()


def test_oomkill_sees_who_is_killed(events: Events, small_group: Path) -> None:
    pids: list[int] = []

    def run_out_of_memory() -> None:
        with subprocess.Popen([sys.executable, "-c", TAKE_ALL, small_group / "cgroup.procs"]) as child:
            pids.append(child.pid)
        assert child.returncode == -9

    (event, *_) = events("oomkill", trigger=run_out_of_memory, where=lambda event: event["pid"] in pids)
    assert event["asker_pid"] == event["pid"]
    assert event["comm"] == event["asker_comm"]
    assert 8 * MEGABYTE < event["anonymous"] < 64 * MEGABYTE  # with what it held before it joined
