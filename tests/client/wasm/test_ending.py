"""Signals and lost readers end a guest wherever it is, and nothing stays attached."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CHILD = Path(__file__).with_name("child.py")
Start = Callable[[str], "subprocess.Popen[bytes]"]


@pytest.fixture
def start(guest: bytes, tmp_path: Path) -> Any:
    """Start child.py, and wait until its guest says that it is attached."""
    children: list[subprocess.Popen[bytes]] = []

    def start_(what: str) -> subprocess.Popen[bytes]:
        path = tmp_path / "guest.wasm"
        path.write_bytes(guest)
        command = [sys.executable, str(CHILD), str(path), str(tmp_path / "cache"), what]
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
        )
        children.append(child)
        assert child.stdout is not None
        assert child.stdout.read(8) == b"started\n"
        return child

    yield start_
    for child in children:
        child.kill()
        child.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("what", ["poll", "poll-on", "loop", "sleep", "write"])
def test_a_signal_ends_the_guest_wherever_it_is(
    start: Start, kernel: Any, program_name: str, number: int, what: str
) -> None:
    child = start(what)
    assert kernel.attached(program_name)
    child.send_signal(number)
    if what == "write":  # into a pipe that nobody reads: its output is taken only once it has ended
        child.wait(20)
    out, told = child.communicate(timeout=20)
    assert told == b"exit code 0\n"
    assert child.returncode == 0
    assert kernel.forgot(program_name)
    assert (out == b"ended\n") is (what == "poll")


@pytest.mark.parametrize("what", ["poll", "loop"])
def test_a_reader_that_is_gone_ends_the_guest(start: Start, kernel: Any, program_name: str, what: str) -> None:
    child = start(what)
    assert child.stdout is not None
    child.stdout.close()
    child.stdout = None
    assert child.wait(20) == 0
    assert kernel.forgot(program_name)


def test_a_killed_guest_leaves_nothing(start: Start, kernel: Any, program_name: str) -> None:
    child = start("poll")
    assert kernel.attached(program_name)
    child.kill()
    child.wait()
    assert kernel.forgot(program_name)
