"""The demo's stage: one temporary folder, the processes started in it, and the commands shown on it with their output.

It knows nothing of hubs or packages. Whatever happens, leaving the stage ends its processes and removes the folder.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import NoReturn

MARK = "EBPFHUB_DEMO"  # in the environment of every process of the demo; its value is the stage's folder
COMMAND_SECONDS = 120.0
STOP_SECONDS = 10.0
Process = subprocess.Popen[str]


class Failed(Exception):
    """The demo did not show what it should."""


def demand(condition: object, what: str) -> None:
    """Stop the demo when something is not as it should be. Raises: Failed."""
    if not condition:
        raise Failed(what)


class Stage:
    """Runs commands as a user in one folder would type them."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ebpfhub-demo-"))
        self.home = self.folder / "user"  # must stay empty: programs of ours have no business in a user's home
        self.temporary = self.folder / "tmp"  # likewise
        for path in (self.home, self.temporary):
            path.mkdir()
        self._running: list[Process] = []
        self.environment: dict[str, str] = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin",
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "LC_ALL": "C.UTF-8",
            "DEMO": str(Path(__file__).resolve().parent),
            MARK: str(self.folder),
        }

    def __enter__(self) -> Stage:
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _interrupt)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # cleaning up is not interrupted
        for process in reversed(self._running):
            _end(process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def say(self, text: str) -> None:
        """Tell what comes next."""
        print(f"\n# {text}", flush=True)

    def export(self, **variables: str) -> None:
        """Set variables for the commands that follow, as `export` does; $PWD is the stage's folder."""
        for name, value in variables.items():
            print(f"$ export {name}={value}", flush=True)
            self.environment[name] = value.replace("$PWD", str(self.folder))

    def run(self, command: str, *, fails: int = 0) -> str:
        """Show a command and what it prints; returns that. It must end with the exit code `fails`. Raises: Failed."""
        print(f"$ {command}", flush=True)
        code, text = self._run(command, show=True)
        if fails:
            print(f"$ echo $?\n{code}", flush=True)
        demand(code == fails, f"`{command}` ended with exit code {code}, not {fails}")
        return text

    def ask(self, command: str) -> str:
        """Run a command without showing it, for the demo's own checks. Raises: Failed."""
        code, text = self._run(command, show=False)
        demand(code == 0, f"`{command}` ended with exit code {code}:\n{text}")
        return text

    def start(self, command: str, *, shown: str | None = None) -> Process:
        """Start a command in the background. `shown` is what is printed for it: nothing when it is empty."""
        if shown != "":
            print(f"$ {shown or command} &", flush=True)
        return self._popen(f"exec {command}", output=subprocess.DEVNULL)

    def stop(self, process: Process) -> None:
        """End what `start` started, by SIGTERM. Raises: Failed when it does not end in time."""
        demand(_end(process), "a process of the demo had to be killed")
        self._running.remove(process)

    def wait(self, ready: Callable[[], bool], what: str, *, seconds: float = 20.0) -> None:
        """Wait until something is so. Raises: Failed."""
        deadline = time.monotonic() + seconds
        while not ready():
            demand(time.monotonic() < deadline, f"after {seconds:.0f} seconds still not: {what}")
            time.sleep(0.05)

    def _run(self, command: str, *, show: bool) -> tuple[int, str]:
        process = self._popen(command, output=subprocess.PIPE)
        late = threading.Timer(COMMAND_SECONDS, _kill, (process,))
        late.start()
        lines = []
        try:
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line)
                if show:
                    print(line, end="", flush=True)
            return process.wait(), "".join(lines)
        finally:
            late.cancel()
            _end(process)
            self._running.remove(process)

    def _popen(self, command: str, *, output: int) -> Process:
        process = subprocess.Popen(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # so that Ctrl-C reaches the demo alone, and it ends the others in order
        )
        self._running.append(process)
        return process


def _interrupt(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _kill(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _end(process: Process) -> bool:
    """End a process and its group; False when it did not want to."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        _kill(process)
        process.wait()
        return False
    _kill(process)  # whatever it left behind
    return True


def marked_processes(mark: Path, processes: Path = Path("/proc")) -> Mapping[int, str]:
    """Processes whose environment names this stage's folder, by number, with their command lines."""
    found = {}
    for place in processes.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"{MARK}={mark}".encode() in (place / "environ").read_bytes().split(b"\0"):
                found[int(place.name)] = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return found
