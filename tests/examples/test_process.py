"""execsnoop, exitsnoop, forksnoop, killsnoop, ps: processes that the test starts, ends and signals are seen."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from .conftest import Events

ME = os.getpid()


def sleeper() -> subprocess.Popen[bytes]:
    """A child that waits for a signal."""
    return subprocess.Popen(["sleep", "60"])


def killed(number: signal.Signals) -> int:
    """Start a child and end it by a signal; returns its number."""
    with sleeper() as child:
        child.send_signal(number)
        child.wait()
    return child.pid


def test_execsnoop_sees_a_program_with_its_arguments(events: Events) -> None:
    (event, *_) = events(
        "execsnoop", "--ppid", ME,
        trigger=lambda: subprocess.run(["/bin/sh", "-c", "exit 0", "first arg", "", "last"], check=True),
        where=lambda event: event["comm"] == "sh",
    )  # fmt: skip
    assert event["ppid"] == ME
    assert (event["uid"], event["ret"], event["fname"]) == (os.getuid(), 0, "/bin/sh")
    assert event["args"] == "/bin/sh -c exit 0 first arg  last"


def test_execsnoop_cuts_long_arguments(events: Events) -> None:
    (event, *_) = events(
        "execsnoop", "-P", ME, "-n", "true", trigger=lambda: subprocess.run(["true", "a" * 4000, "b"], check=True)
    )
    assert event["args"].startswith("true aaaa")
    assert set(event["args"][5:]) == {"a"}
    assert len(event["args"]) == 511


def fail_to_start(file: Path) -> None:
    """A child tries to start what is not there, and ends."""
    child = os.fork()
    if not child:
        try:
            os.execv(file, ["name", "one", "two words"])
        finally:
            os._exit(3)
    os.waitpid(child, 0)


def test_execsnoop_sees_what_could_not_be_started(events: Events, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    (event, *_) = events(
        "execsnoop", "-P", ME, "-x",
        trigger=lambda: fail_to_start(missing), where=lambda event: event["fname"] == str(missing),
    )  # fmt: skip
    assert event["args"] == "name one two words"
    assert event["ret"] in (-2, "ENOENT")


def test_exitsnoop_sees_code_and_age(events: Events) -> None:
    pids: list[int] = []

    def leave() -> None:
        with subprocess.Popen([sys.executable, "-c", "import os, time; time.sleep(0.05); os._exit(7)"]) as child:
            pids.append(child.pid)

    (event, *_) = events("exitsnoop", "--ppid", ME, trigger=leave, where=lambda event: event["code"] == 7)
    assert event["pid"] in pids
    assert event["pid"] == event["tid"]
    assert event["age"] > 50e6


def test_exitsnoop_sees_the_signal_that_ended_a_process(events: Events) -> None:
    pids: list[int] = []
    (event, *_) = events(
        "exitsnoop", "-P", ME, "-x",
        trigger=lambda: pids.append(killed(signal.SIGKILL)), where=lambda event: event["comm"] == "sleep",
    )  # fmt: skip
    assert event["pid"] in pids
    assert event["signal"] in (signal.SIGKILL, "SIGKILL")
    assert event["code"] == 0


def test_forksnoop_sees_a_child(events: Events) -> None:
    pids: list[int] = []
    (event, *_) = events("forksnoop", "-p", ME, trigger=lambda: pids.append(killed(signal.SIGTERM)))
    assert (event["pid"], event["what"]) == (ME, "PROCESS")
    assert event["child_pid"] == event["child_tid"]
    assert event["child_pid"] in pids


def test_forksnoop_sees_threads_where_asked(events: Events) -> None:
    def start() -> None:
        thread = threading.Thread(target=lambda: numbers.append(threading.get_native_id()))
        thread.start()
        thread.join()

    numbers: list[int] = []
    (event, *_) = events("forksnoop", "-p", ME, "-t", trigger=start)
    assert (event["what"], event["child_pid"]) == ("THREAD", ME)
    assert event["child_tid"] in numbers


def test_killsnoop_sees_who_signals_whom(events: Events) -> None:
    pids: list[int] = []
    (event, *_) = events(
        "killsnoop", "--pid", ME, "--signal", signal.SIGUSR1.value,
        trigger=lambda: pids.append(killed(signal.SIGUSR1)),
    )  # fmt: skip
    assert (event["pid"], event["ret"], event["call"]) == (ME, 0, "CALL_KILL")
    assert event["target"] in pids
    assert event["signal"] in (signal.SIGUSR1, "SIGUSR1")


def test_killsnoop_sees_what_could_not_be_sent(events: Events) -> None:
    def signal_nobody() -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(2**22 + 1, 0)  # numbers of processes end before

    (event, *_) = events("killsnoop", "-p", ME, "-x", trigger=signal_nobody)
    assert event["target"] == 2**22 + 1
    assert event["ret"] in (-3, "ESRCH")


def test_ps_lists_this_process(events: Events) -> None:
    (event,) = events("ps", "--pid", ME)
    assert (event["pid"], event["tid"], event["ppid"], event["uid"]) == (ME, ME, os.getppid(), os.getuid())
    assert event["comm"] == Path("/proc/self/comm").read_text().rstrip("\n")
    assert event["memory"] > 1 << 20
    assert event["age"] > event["cpu"] > 0


def test_ps_lists_a_process_that_ended_and_was_not_waited_for(events: Events) -> None:
    with subprocess.Popen(["true"]) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        (event,) = events("ps", "-p", child.pid)
    assert (event["state"], event["ppid"], event["memory"]) == ("Z", ME, 0)


def test_ps_lists_threads_where_asked(events: Events) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        found = events("ps", "-p", ME, "-t", count=2)
    finally:
        stop.set()
        thread.join()
    assert {thread.native_id, ME} <= {event["tid"] for event in found}
