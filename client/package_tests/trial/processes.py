"""The processes below this one, found and ended: what a trigger left running, whatever groups and sessions it made.

It works where this process adopts orphans (loader/privileges.py): then nothing that it started gets out of its tree.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

_LONGEST_SECONDS = 10.0  # that a tree may go on to grow while it is ended


def end_descendants(*, spare: int = 0) -> None:
    """Kill and reap all processes below this one, but for the child `spare` and what is below it."""
    end = time.monotonic() + _LONGEST_SECONDS
    while (found := _descendants(os.getpid(), spare)) and time.monotonic() < end:
        for pid in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        for pid in found:
            with suppress(ChildProcessError):  # it is a child's child, or was reaped
                os.waitpid(pid, os.WNOHANG)
        time.sleep(0.001)


def _descendants(root: int, spare: int) -> list[int]:
    """All processes below a process, parents first."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 — thousands of paths for each call
        if name.isdigit():
            children.setdefault(_parent(name), []).append(int(name))
    found, left = list[int](), [root]
    while left:
        below = [pid for pid in children.get(left.pop(), ()) if pid != spare]
        found += below
        left += below
    return found


def _parent(pid: str) -> int:
    """A process's parent, 0 if it is gone (proc_pid_stat(5)); the name before it may hold anything."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
            return int(file.read(4096).rpartition(b")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return 0
