"""runqlat, cpudist, offcputime, profile, syscount, softirqs: maps that fill with what the test's own processes do."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .conftest import Event, Events

ME = os.getpid()
SLEEPS = "import time\nwhile True: time.sleep(0.04)"
SPINS = "while True: pass"


@contextmanager
def running(program: str) -> Iterator[int]:
    """A process that runs a program for the length of a block; its number."""
    with subprocess.Popen([sys.executable, "-c", program]) as child:
        try:
            yield child.pid
        finally:
            child.kill()


@pytest.fixture
def sleeper() -> Iterator[int]:
    """A process that sleeps 40 milliseconds again and again."""
    with running(SLEEPS) as pid:
        yield pid


@pytest.fixture
def spinner() -> Iterator[int]:
    """A process that never rests."""
    with running(SPINS) as pid:
        yield pid


def total(event: Event) -> int:
    """How many a histogram has counted."""
    return sum(event["slots"])


def test_runqlat_sees_a_process_wait_for_its_turn(events: Events, sleeper: int) -> None:
    *_, event = events("runqlat", "-p", sleeper, "-P", where=total, count=2)
    assert event["pid"] == sleeper
    assert event["comm"].startswith("python")


def test_runqlat_counts_all_together(events: Events, sleeper: int) -> None:
    (event, *_) = events("runqlat", where=total)
    assert (event["pid"], event["comm"]) == (0, "(all)")


def test_cpudist_sees_how_long_a_process_sleeps(events: Events, sleeper: int) -> None:
    *_, event = events("cpudist", "--off", "-p", sleeper, "-P", where=total, count=2)
    assert event["pid"] == sleeper
    assert sum(event["slots"][15:]) > 0  # 32,768 microseconds and longer


def test_cpudist_sees_how_long_a_process_runs(events: Events, sleeper: int) -> None:
    *_, event = events("cpudist", "-p", sleeper, "-P", where=total, count=2)
    assert event["pid"] == sleeper
    assert sum(event["slots"][:15]) > 0


def test_offcputime_sees_where_a_process_sleeps(events: Events, sleeper: int) -> None:
    (event, *_) = events("offcputime", "-p", sleeper, where=lambda event: "nanosleep" in str(event["kernel_stack"]))
    assert event["pid"] == sleeper
    assert event["time"] >= event["count"] * 40e6 > 0


def test_profile_sees_what_runs(events: Events, spinner: int) -> None:
    *_, event = events("profile", "--pid", spinner, where=lambda event: event["count"] > 1)
    assert event["pid"] == spinner
    assert event["comm"].startswith("python")
    assert "EvalFrame" in str(event["user_stack"])


def test_syscount_counts_what_this_process_calls(events: Events) -> None:
    def call() -> None:
        for _ in range(1000):
            os.getppid()

    (event, *_) = events(
        "syscount", "-p", ME, "-P", trigger=call,
        where=lambda event: event["syscall"] in (110, "getppid") and event["count"] >= 1000,
    )  # fmt: skip
    assert (event["pid"], event["errors"]) == (ME, 0)
    assert event["time"] > 0


def test_syscount_counts_failures(events: Events, tmp_path: Path) -> None:
    def call() -> None:
        for _ in range(1000):
            os.access(tmp_path / "missing", os.R_OK)

    (event, *_) = events("syscount", "-p", ME, "-x", trigger=call, where=lambda event: event["errors"] >= 1000)
    assert event["errors"] == event["count"]
    assert event["pid"] == 0


def test_softirqs_counts_received_packets(events: Events) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))

        def send() -> None:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                for _ in range(1000):
                    sender.sendto(b"packet", receiver.getsockname())

        (event, *_) = events(
            "softirqs", trigger=send,
            where=lambda event: event["softirq"] == "SOFTIRQ_NET_RX" and event["count"] >= 1000,
        )  # fmt: skip
    assert event["time"] > 0
