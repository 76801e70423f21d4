"""G1: resident memory of an idle hub, and of a running `ecli run opensnoop` beside bpftrace's."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from .first_event import _SCRIPT as SCRIPT
from .measure import Row
from .peers import find
from .stage import Stage

SETTLE = 3.0  # seconds
END = 20.0  # seconds from SIGINT to a command's end


def rows(stage: Stage) -> list[Row]:
    """Resident set sizes after some quiet seconds."""
    hub = stage.hub.process
    assert hub is not None
    hub_size = resident(hub.pid)
    home = stage.home("memory", installed=True)
    ours = settled([str(stage.ecli), "run", "opensnoop"], {"ECLI_HOME": str(home)})
    peer = settled([find("bpftrace"), "-e", SCRIPT], {})
    ratio = ours / peer
    return [
        Row(
            "G1", "memory of an idle hub", f"{hub_size:.1f} MB", "docker-registry 20 MB", "", "≤ 90 MB", hub_size <= 90
        ),
        Row(
            "G1",
            "memory of `ecli run opensnoop`",
            f"{ours:.1f} MB",
            f"bpftrace {peer:.1f} MB",
            f"{ratio:.2f} x bpftrace",
            "≤ 0.6",
            ratio <= 0.6,
        ),
    ]


def settled(words: Sequence[str], env: Mapping[str, str]) -> float:
    """The memory of a command some seconds after its start, in MB."""
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **env})
    try:
        time.sleep(SETTLE)
        return resident(process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(END)
        except subprocess.TimeoutExpired:
            process.kill()
            raise SystemExit(f"{words[0]} did not end {END:.0f} s after SIGINT") from None


def resident(pid: int) -> float:
    """VmRSS in MB (proc_pid_status(5))."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise SystemExit(f"process {pid} has ended")
