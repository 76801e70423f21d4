"""S3: open() events a second that tools carry to standard output with none lost, and what is lost of a burst.

A storm of a given pace opens files in ticks of a millisecond. Each tool is given faster ones until it loses something:
its figure is the most events a second, from the first open() to the last line, of a storm that it showed whole.
"""

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

RUNS = 3
OPENS = 400_000  # of the burst
PACES = (25_000, 50_000, 75_000, 100_000, 150_000, 200_000, 300_000, 400_000, 600_000, 800_000)  # open() a second
SECONDS = 1.5  # of a storm with a pace
MARKER = b"storm-of-the-benchmark"
_SOURCE = r"""
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
int main(int argc, char **argv)
{
    long left = atol(argv[1]), pace = atol(argv[3]), tick = pace / 1000;
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    while (left) {
        for (long now = pace && tick < left ? tick : left; now; now--, left--)
            open(argv[2], O_RDONLY);
        if (!pace)
            continue;
        next.tv_nsec += 1000000;
        if (next.tv_nsec >= 1000000000) {
            next.tv_nsec -= 1000000000;
            next.tv_sec++;
        }
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
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
    most: dict[str, list[float]] = {name: [] for name in commands}
    burst: dict[str, list[Storm]] = {name: [] for name in commands}
    for _ in range(RUNS):
        for name, (words, more) in commands.items():
            most[name].append(carried(words, more, program))
            burst[name].append(watch(words, more, program, opens=OPENS, pace=0))
    rate = {name: median(rates) for name, rates in most.items()}
    shown = {name: f"{rate[name] / 1000:.0f} k/s" for name in commands}
    return [
        Row(
            "S3",
            "open() events a second as JSON lines, none of them lost",
            shown["ours"],
            f"libbpf-tools {shown['tools']}; bpftrace {shown['bpftrace']} (text)",
            f"{rate['ours'] / rate['bpftrace']:.2f} x bpftrace",
            "≥ 1",
            rate["ours"] >= rate["bpftrace"],
        ),
        Row(
            "S3",
            f"a burst of {OPENS // 1000},000 open() as fast as the machine can",
            _told(burst["ours"]) + f", {median([one.said_lost for one in burst['ours']]):.0f} said to be lost",
            f"libbpf-tools {_told(burst['tools'])}; bpftrace {_told(burst['bpftrace'])}",
            "",
            "losses counted and shown",
            all(one.lines + one.said_lost >= OPENS for one in burst["ours"]),  # others' open() may be lost too
        ),
    ]


def carried(words: Sequence[str], env: Mapping[str, str], program: Path) -> float:
    """The most events a second of a storm that a tool showed whole; 0 if it lost some of the slowest."""
    best = 0.0
    for pace in PACES:
        opens = int(pace * SECONDS)
        storm = watch(words, env, program, opens=opens, pace=pace)
        if storm.lines < opens:
            break
        best = max(best, storm.rate)
    return best


def _told(storms: Sequence[Storm]) -> str:
    kept = median([storm.lines for storm in storms]) / OPENS
    return f"{median([storm.rate for storm in storms]) / 1000:.0f} k/s, {100 * kept:.1f} % of the events"


def compiled(folder: Path) -> Path:
    """The program that opens a file that is not there, again and again."""
    source, target = folder / "storm.c", folder / "storm"
    source.write_text(_SOURCE)
    subprocess.run([sys.executable, "-m", "ziglang", "cc", "-O2", "-o", target, source], check=True)
    return target


def watch(words: Sequence[str], env: Mapping[str, str], program: Path, *, opens: int, pace: int) -> Storm:
    """Run a tool, let a storm go (pace 0: as fast as it can), count its lines."""
    reader, writer = os.pipe()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(words, stdout=writer, stderr=said, env={**os.environ, **env})
        os.close(writer)
        lines, seconds = _through(process, reader, [str(program), str(opens), f"/tmp/{MARKER.decode()}", str(pace)])
        return Storm(lines, seconds, _said_lost(said))


def _through(process: subprocess.Popen[bytes], reader: int, storm: Sequence[str]) -> tuple[int, float]:
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
    subprocess.run(storm, check=True)
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
