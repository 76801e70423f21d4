"""What the demo must not leave behind: processes, BPF programs in the kernel, files outside its own folders."""

from __future__ import annotations

import contextlib
import ctypes
import os
import time
from collections.abc import Iterator

from .stage import Stage, demand, marked_processes

FREED_SECONDS = 10.0  # the kernel frees programs a moment after the last reference is gone
_INFO_BYTES = 256  # of struct bpf_prog_info (linux/bpf.h)
_NAME = slice(64, 80)  # its field `name`: 15 characters and a NUL


def bpf_programs() -> dict[int, str]:
    """Every BPF program in the kernel: number and name. Needs root."""
    libbpf = ctypes.CDLL("libbpf.so.1", use_errno=True)
    found = {}
    for number in _numbers(libbpf):
        handle = libbpf.bpf_prog_get_fd_by_id(ctypes.c_uint32(number))
        if handle < 0:
            continue  # it has gone since
        info, size = ctypes.create_string_buffer(_INFO_BYTES), ctypes.c_uint32(_INFO_BYTES)
        with contextlib.closing(os.fdopen(handle, "rb", buffering=0)):
            if libbpf.bpf_obj_get_info_by_fd(handle, info, ctypes.byref(size)) == 0:
                found[number] = info.raw[_NAME].rstrip(b"\0").decode(errors="replace")
    return found


def check_processes(stage: Stage) -> None:
    """Demand that no process of the demo is left. Raises: Failed."""
    demand(not (left := marked_processes(stage.folder)), f"processes are left: {left}")


def check_programs(names: set[str], before: dict[int, str]) -> None:
    """Demand that no BPF program of these names has come and stayed. Raises: Failed."""
    short = {name[:15] for name in names}
    deadline = time.monotonic() + FREED_SECONDS
    while left := {name for number, name in bpf_programs().items() if number not in before and name in short}:
        demand(time.monotonic() < deadline, f"BPF programs are left in the kernel: {sorted(left)}")
        time.sleep(0.05)


def check_files(stage: Stage) -> None:
    """Demand that nothing was written to the user's home or left in the folder for temporary files. Raises: Failed."""
    for place in (stage.home, stage.temporary):
        left = [str(path.relative_to(stage.folder)) for path in place.rglob("*")]
        demand(not left, f"files are left outside the demo's own folders: {left[:10]}")


def _numbers(libbpf: ctypes.CDLL) -> Iterator[int]:
    number = ctypes.c_uint32(0)
    while libbpf.bpf_prog_get_next_id(number, ctypes.byref(number)) == 0:
        yield number.value
