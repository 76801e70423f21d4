"""A process that is told to end, or killed, in the midst of a run leaves nothing in the kernel."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CHILD = Path(__file__).with_name("child.py")
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Any:
    """Start child.py on an object, and wait until it says that it is attached."""
    children: list[subprocess.Popen[str]] = []

    def start_(elf: bytes, mode: str, *stream: str) -> subprocess.Popen[str]:
        path = tmp_path / "object.o"
        path.write_bytes(elf)
        child = subprocess.Popen(
            [sys.executable, str(CHILD), str(path), "child", mode, *stream], stdout=subprocess.PIPE, text=True
        )
        children.append(child)
        assert child.stdout is not None
        assert child.stdout.readline() == "started\n"
        return child

    yield start_
    for child in children:
        child.kill()
        child.wait()
        assert child.stdout is not None
        child.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("defines", [("attach", "QUIET"), ("opens",)])
def test_a_signal_ends_the_run_in_order(
    compiled: Any, kernel: Any, tracefs: None, start: Start, number: int, defines: tuple[str, ...]
) -> None:
    name = kernel.fresh_name()
    child = start(compiled(*defines, f"FIRST={name}"), "plain")
    assert kernel.attached(name)
    child.send_signal(number)
    assert child.communicate()[0] == "ended\ndone 0\n"
    assert child.returncode == 0
    assert kernel.forgot(name)


def test_a_killed_run_leaves_nothing(compiled: Any, kernel: Any, tracefs: None, start: Start) -> None:
    name = kernel.fresh_name()
    child = start(compiled("opens", f"FIRST={name}"), "plain", "events", "ringbuf")
    assert kernel.attached(name)
    child.kill()
    child.wait()
    assert kernel.forgot(name)


def test_a_second_signal_frees_a_run_whose_output_is_stuck(compiled: Any, kernel: Any, start: Start) -> None:
    child = start(compiled("flood"), "stuck", "events", "ringbuf")
    assert child.stdout is not None
    assert child.stdout.readline() == "batch\n"
    child.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.5)
    child.send_signal(signal.SIGINT)
    assert child.communicate()[0] == "interrupted\n"
    assert child.returncode == 130
