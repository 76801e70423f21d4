"""S3: events a second from the kernel to standard output in a storm of open(), and what is lost on the way."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .first_event import _SCRIPT as SCRIPT
from .measure import Row, median
from .peers import find
from .stage import Stage

RUNS = 5
OPENS = 400_000
MARKER = b"storm-of-the-benchmark"
_SOURCE = r"""
#include <fcntl.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
    for (long left = atol(argv[1]); left; left--)
        open(argv[2], O_RDONLY);
    return 0;
}
"""


@dataclass(frozen=True, slots=True)
class Storm:
    """What came of a storm: lines, seconds from its start to the last of them, and how many the tool said were lost."""

    lines: int
    seconds: float
    said_lost: int

    @property
    def rate(self) -> float:
        """Lines a second."""
        return self.lines / self.seconds


def rows(stage: Stage) -> list[Row]:
    """Ours as JSON lines, libbpf-tools' and bpftrace's as text, in turns."""
    program = compiled(stage.folder)
    home = stage.home("storm-home", installed=True)
    env = {"ECLI_HOME": str(home)}
    commands: dict[str, tuple[Sequence[str], Mapping[str, str]]] = {
        "ours": ([str(stage.ecli), "run", "--json", "opensnoop"], env),
        "tools": ([find("opensnoop")], {}),
        "bpftrace": ([find("bpftrace"), "-e", SCRIPT], {}),
    }
    seen: dict[str, list[Storm]] = {name: [] for name in commands}
    for _ in range(RUNS):
        for name, (words, more) in commands.items():
            seen[name].append(watch(words, more, program))
    rate = {name: median([storm.rate for storm in storms]) for name, storms in seen.items()}
    kept = {name: median([storm.lines for storm in storms]) / OPENS for name, storms in seen.items()}
    shown = {name: f"{rate[name] / 1000:.0f} k/s, {100 * kept[name]:.1f} % of the events" for name in commands}
    shown["ours"] += f", {median([one.said_lost for one in seen['ours']]):.0f} said to be lost"
    return [
        Row(
            "S3",
            f"a storm of {OPENS // 1000},000 open() as JSON lines",
            shown["ours"],
            f"libbpf-tools {shown['tools']}; bpftrace {shown['bpftrace']} (text)",
            f"{rate['ours'] / rate['bpftrace']:.2f} x bpftrace",
            "≥ 1, nothing lost",
            rate["ours"] >= rate["bpftrace"] and kept["ours"] >= 1,
        )
    ]


def compiled(folder: Path) -> Path:
    """The program that opens a file that is not there, again and again."""
    source, target = folder / "storm.c", folder / "storm"
    source.write_text(_SOURCE)
    subprocess.run([sys.executable, "-m", "ziglang", "cc", "-O2", "-o", target, source], check=True)
    return target


def watch(words: Sequence[str], env: Mapping[str, str], program: Path) -> Storm:
    """Run a tool, let the storm go, count its lines."""
    reader, writer = os.pipe()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(words, stdout=writer, stderr=said, env={**os.environ, **env})
        os.close(writer)
        lines, seconds = _through(process, reader, program)
        return Storm(lines, seconds, _said_lost(said))


def _through(process: subprocess.Popen[bytes], reader: int, program: Path) -> tuple[int, float]:
    """Let the storm go once the tool writes, and end the tool when nothing more comes: lines, and their seconds."""
    counter = Counter(reader)
    counter.start()
    probe = Path("/tmp") / "before-the-storm"
    while not counter.first:  # attached and writing
        probe.exists()
        try:
            probe.open().close()
        except OSError:
            time.sleep(0.01)
    began = time.perf_counter()
    subprocess.run([program, str(OPENS), f"/tmp/{MARKER.decode()}"], check=True)
    before = -1
    while counter.lines != before:  # until nothing more comes
        before = counter.lines
        time.sleep(0.5)
    last = counter.last  # what a tool still holds back in its own buffer is written when it ends
    process.send_signal(signal.SIGINT)
    process.wait()
    counter.join()
    return counter.lines, last - began


def _said_lost(said: IO[bytes]) -> int:
    """The number in the last sentence about lost events; 0 where there is none."""
    said.seek(0)
    found = re.findall(rb"([0-9,]+) events? w(?:as|ere) lost", said.read())
    return int(found[-1].replace(b",", b"")) if found else 0


class Counter(threading.Thread):
    """Counts the lines with the marker that come through a pipe, and notes when the last one came."""

    def __init__(self, reader: int) -> None:
        super().__init__()
        self._reader = reader
        self.lines = 0
        self.last = 0.0
        self.first = False

    def run(self) -> None:
        """Read until the pipe's end."""
        rest = b""
        while data := os.read(self._reader, 1 << 20):
            self.first = True
            whole, _, after = (rest + data).rpartition(b"\n")
            found = whole.count(MARKER)
            rest = after
            if found:
                self.lines += found
                self.last = time.perf_counter()
        os.close(self._reader)
