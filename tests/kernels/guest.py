"""What runs inside a guest: each case by `ecli run`, two at a time, and one line of JSON about each.

It is copied into the guest alone, so it imports nothing of the tests. Lines go to a serial port of their own, where
the kernel writes nothing.
"""

from __future__ import annotations

import fcntl
import gc
import json
import os
import re
import signal
import subprocess
import sys
import termios
import time
import tty
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

AGAIN = 1.0  # seconds after which a case is triggered again: it may have come too early
LIMIT = 64 * 1024  # bytes that are kept of each output
WORKERS = 2  # while one waits, the other has the processor
GRACE = 120.0  # seconds that a run may take to end after it was asked to: some look up thousands of symbols then
SCRIPT_SECONDS = 20.0


def main(cases: str, port: str) -> None:
    """Run the cases of a file, WORKERS at a time, and tell the port."""
    out = os.open(port, os.O_WRONLY | os.O_NOCTTY)
    if os.isatty(out):
        tty.setraw(out, termios.TCSANOW)
    Path("/proc/self/oom_score_adj").write_text("-1000")  # a case may run out of memory, but not take the others along
    _import_client()
    wanted = json.loads(Path(cases).read_text())
    children = [_fork(partial(_work, wanted[first::WORKERS], out)) for first in range(WORKERS)]
    for child in children:
        os.waitpid(child, 0)


def _fork(act: Callable[[], object]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        act()
    finally:
        os._exit(0)


def _work(cases: list[dict[str, Any]], out: int) -> None:
    """Run cases one after the other."""
    for case in cases:
        began = time.monotonic()
        told = _run(case, Path("/tmp") / str(case["name"]))
        _tell(out, told | {"name": case["name"], "seconds": round(time.monotonic() - began, 1)})


def _tell(port: int, told: dict[str, Any]) -> None:
    """Write one line; no other worker writes meanwhile."""
    left = memoryview(json.dumps(told).encode() + b"\n")
    with Path("/tmp/port.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        while left:
            left = left[os.write(port, left) :]
        termios.tcdrain(port)


def _import_client() -> None:
    """Import what nearly every run imports, once: on a processor that is emulated it takes seconds."""
    import ebpfhub.client.cli
    import ebpfhub.client.commands.run
    import ebpfhub.client.kernel_types.fit
    import ebpfhub.client.kernel_types.reduce
    import ebpfhub.client.output.lines
    import ebpfhub.client.package_files
    import ebpfhub.client.sources.found
    import ebpfhub.federation.package_file  # noqa: F401

    gc.freeze()  # so that children do not copy all of it when they collect garbage


def _run(case: dict[str, Any], files: Path) -> dict[str, Any]:
    """Run one case to its end; whatever is left running is killed."""
    out, err, said = (files.with_suffix(f".{name}") for name in ("out", "err", "said"))
    for path in (out, err, said):
        path.touch()
    child = _start(case["words"], out, err)
    until, end = re.compile(case["until"]), time.monotonic() + case["seconds"]
    status = None
    while status is None and time.monotonic() < end:
        if _has_loaded(child):
            _shell(case["trigger"], said)
        pause = time.monotonic() + AGAIN
        while status is None and time.monotonic() < pause:
            status = _ended(child)
            time.sleep(0.03)
        if until.search(_text(out)):
            break
    code = _finish(child) if status is None else status
    after = files.with_suffix(".after")
    _shell(case["after"], after)
    return {"code": code, "out": _text(out), "err": _text(err), "said": _text(said), "after": _text(after)}


def _start(words: list[str], out: Path, err: Path) -> int:
    """Fork this process, which has imported the client, into one that is `ecli`."""
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        os.setsid()
        for number, path, flags in ((0, "/dev/null", os.O_RDONLY), (1, out, os.O_WRONLY), (2, err, os.O_WRONLY)):
            os.dup2(os.open(path, flags | os.O_APPEND), number)
        sys.argv = ["ecli", *words]
        from ebpfhub.client.cli import main as ecli

        try:
            ecli()
            code = 0
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
        sys.stdout.flush()
    except BaseException:
        import traceback

        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(code)


def _has_loaded(child: int) -> bool:
    """Tell whether a process holds a BPF program; until then it needs the processor more than a script does."""
    for entry in Path(f"/proc/{child}/fd").glob("*"):
        with suppress(OSError):
            if str(entry.readlink()).endswith(("bpf-prog", "bpf_link", "[perf_event]")):
                return True
    return False


def _finish(child: int) -> int:
    """Ask a run to end as Ctrl-C does; one that does not is killed."""
    os.kill(child, signal.SIGINT)
    end = time.monotonic() + GRACE
    while time.monotonic() < end:
        status = _ended(child)
        if status is not None:
            return status
        time.sleep(0.03)
    os.killpg(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _ended(child: int) -> int | None:
    pid, status = os.waitpid(child, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if pid else None


def _shell(script: str, said: Path) -> None:
    """Run a script; a trigger that fails says so in what it prints."""
    if not script:
        return
    with said.open("ab") as file:
        try:
            subprocess.run(
                ["sh", "-c", script],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                timeout=SCRIPT_SECONDS,
            )
        except subprocess.TimeoutExpired:
            file.write(b"the script did not end\n")


def _text(path: Path) -> str:
    """The end of a file, in whole lines."""
    data = path.read_bytes() if path.exists() else b""
    if len(data) > LIMIT:
        data = data[-LIMIT:].partition(b"\n")[2]
    return data.decode("utf-8", "replace")


if __name__ == "__main__":
    main(*sys.argv[1:])
