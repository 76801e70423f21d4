"""S1 and S2: from the start of a command to its first event on a terminal of 200 columns."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .measure import Row, median, spread
from .peers import find
from .stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNS = 21
SECONDS = 20.0  # that a first event may take
MARKER = "first-event-of-the-benchmark"
_SCRIPT = (
    "tracepoint:syscalls:sys_enter_open,tracepoint:syscalls:sys_enter_openat { @f[tid] = args->filename }\n"
    "tracepoint:syscalls:sys_exit_open,tracepoint:syscalls:sys_exit_openat /@f[tid]/ {\n"
    '  $ret = args->ret; printf("%-6d %-16s %4d %s\\n", pid, comm, $ret, str(@f[tid])); delete(@f[tid]) }\n'
)


def installed(stage: Stage) -> list[Row]:
    """S1: an installed package."""
    home = stage.home("installed", installed=True)
    env = {"ECLI_HOME": str(home)}
    ours = [str(stage.ecli), "run", "--verify", "opensnoop"]
    times = alternate(
        {"ours": (ours, env), "tools": ([find("opensnoop")], {}), "bpftrace": ([find("bpftrace"), "-e", _SCRIPT], {})}
    )
    tools = median(times["ours"]) / median(times["tools"])
    trace = median(times["ours"]) / median(times["bpftrace"])
    return [
        Row(
            "S1",
            "`ecli run --verify opensnoop`, installed, to its first event",
            spread(times["ours"], unit="ms", scale=1000),
            f"libbpf-tools {spread(times['tools'], unit='ms', scale=1000)}; "
            f"bpftrace {spread(times['bpftrace'], unit='ms', scale=1000)}",
            f"{tools:.2f} x libbpf-tools, {trace:.2f} x bpftrace",
            "≤ 1.5 (aim 1.2), ≤ 0.3",
            tools <= 1.5 and trace <= 0.3,
        )
    ]


def first_run(stage: Stage) -> list[Row]:
    """S2: the first run of a package from a hub: resolve, download, verify, load."""
    homes = iter([stage.home(f"new{number}", installed=False) for number in range(RUNS)])

    def fresh() -> tuple[Sequence[str], Mapping[str, str]]:
        return [str(stage.ecli), "run", "--verify", "opensnoop"], {"ECLI_HOME": str(next(homes))}

    times = alternate({"ours": fresh, "bpftrace": ([find("bpftrace"), "-e", _SCRIPT], {})})
    ratio = median(times["ours"]) / median(times["bpftrace"])
    return [
        Row(
            "S2",
            "first `ecli run` from a hub on loopback, to its first event",
            spread(times["ours"], unit="ms", scale=1000),
            f"bpftrace {spread(times['bpftrace'], unit='ms', scale=1000)}",
            f"{ratio:.2f} x bpftrace",
            "≤ 6",
            ratio <= 6,
        )
    ]


Command = tuple[Sequence[str], Mapping[str, str]]


def alternate(commands: Mapping[str, Command | Callable[[], Command]]) -> dict[str, list[float]]:
    """Time each command RUNS times, in turns, after one run that counts for nothing. Seconds."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    with opening():
        for turn in range(-1, RUNS):
            for name, command in commands.items():
                if callable(command) and turn < 0:
                    continue
                words, env = command() if callable(command) else command
                took = to_first_event(words, env)
                if turn >= 0:
                    times[name].append(took)
    return times


def to_first_event(words: Sequence[str], env: Mapping[str, str]) -> float:
    """Seconds from the start of a command until a line on its terminal names the marker's file."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
    began = time.perf_counter()
    process = subprocess.Popen(
        words, stdin=slave, stdout=slave, stderr=slave, env={**os.environ, **env}, start_new_session=True
    )
    os.close(slave)
    seen = b""
    try:
        while MARKER.encode() not in seen:
            seen += _more(master)
            if time.perf_counter() - began > SECONDS or process.poll() is not None:
                raise SystemExit(f"{words[0]} showed no event: {seen.decode(errors='replace')}")
        return time.perf_counter() - began
    finally:
        process.send_signal(signal.SIGINT)
        _drain(master, process)
        os.close(master)


def _more(master: int) -> bytes:
    try:
        return os.read(master, 65536)
    except OSError:  # the terminal's other end was closed
        return b""


def _drain(master: int, process: subprocess.Popen[bytes]) -> None:
    """Read on while the program ends, or it would wait for its terminal."""
    os.set_blocking(master, False)
    end = time.monotonic() + SECONDS
    while process.poll() is None:
        try:
            os.read(master, 65536)
        except BlockingIOError:
            time.sleep(0.005)
        except OSError:
            break
        if time.monotonic() > end:
            process.kill()
    process.wait()


@contextmanager
def opening() -> Iterator[None]:
    """Another process that opens the marker's file all the time, but leaves the processor to the others."""
    child = os.fork()
    if child == 0:
        path = Path("/tmp") / MARKER
        while os.getppid() != 1:
            path.exists()
            try:
                os.close(os.open(path, os.O_RDONLY))
            except OSError:
                time.sleep(0.0005)
        os._exit(0)
    try:
        yield
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
