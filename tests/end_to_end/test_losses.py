"""A storm that is not read in time: what is lost is told while the program runs, and again at its end."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

from ebpfhub.client.library import run

from ..hubs import BIN, COMMAND_SECONDS, Ecli

OPENS = 60_000  # of some 300 bytes each, for a ring of 1 MiB
_STORM = """
import os, sys, time
def miss():
    try: os.open("/storm-of-the-test", os.O_RDONLY)
    except FileNotFoundError: pass
sys.stdin.readline()
for _ in range(int(sys.argv[1])): miss()
print("over", flush=True)
while True: time.sleep(0.01); miss()
"""


class Storm:
    """A process that is silent until it is told to open a file again and again, and then now and then."""

    def __enter__(self) -> Storm:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _STORM, str(OPENS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        return self

    def blow(self) -> None:
        """Let it go, and wait until it is over."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(b"go\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == b"over\n"

    def __exit__(self, *_: object) -> None:
        with self.process:
            self.process.kill()


def test_what_is_lost_is_told_while_the_program_runs(installed: Ecli) -> None:
    env = {**os.environ, "ECLI_HOME": str(installed.home)}
    with (
        Storm() as storm,
        subprocess.Popen(
            [BIN / "ecli", "run", "--json", "opensnoop"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env
        ) as process,
    ):
        assert process.stdout is not None and process.stderr is not None
        while not select.select([process.stdout], [], [], 0.01)[0]:  # until it is attached and writes
            assert process.poll() is None
            Path("/proc/self/comm").read_text()
        storm.blow()  # nobody reads: the pipe fills, then the ring
        reading = threading.Thread(target=process.stdout.read)
        reading.start()
        told = process.stderr.readline().decode()
        process.send_signal(signal.SIGINT)
        reading.join(COMMAND_SECONDS)
        rest = process.stderr.read().decode()
    so_far = re.fullmatch(r"ecli: ([\d,]+) events lost so far\n", told)
    assert so_far, told
    in_all = re.search(r"^(\d+) events were lost", rest, re.MULTILINE)
    assert in_all, rest
    assert 0 < int(so_far[1].replace(",", "")) <= int(in_all[1])
    assert process.returncode == 0


def test_a_library_knows_it_while_the_program_runs(installed: Ecli) -> None:
    with Storm() as storm, run("opensnoop", options={"pid": storm.process.pid}, home=installed.home) as events:
        storm.blow()
        for _ in events:
            if events.lost:
                break
        assert events.lost > 0
