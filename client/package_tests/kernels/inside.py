"""What runs inside a guest: `python -m …inside PORT` tries the tests of /job, and tells the port what came of them.

Everything is imported once: on an emulated processor that takes seconds. Then two processes share the packages; the
tests of one package run one after the other.
"""

from __future__ import annotations

import fcntl
import gc
import os
import sys
import termios
import tty
from pathlib import Path

from ...home import Home
from ...loader.privileges import adopt_orphans
from ...settings import load_settings
from ..subject import Subject
from ..trial.processes import end_descendants
from ..trial.trial import try_test
from .job import Told, subjects, write_line

WORKERS = 2  # while one waits, the other has the processor
PATIENCE = 6  # times that a test may take as long as elsewhere; only a failure takes as long as that
_HOME = Home(Path("/tmp/home"))  # noqa: S108 — the guest's own
_LOCK = Path("/tmp/port.lock")  # noqa: S108


def main(name: str) -> None:
    """Try all tests, and tell the port `name`."""
    port = os.open(name, os.O_WRONLY | os.O_NOCTTY)
    if os.isatty(port):
        tty.setraw(port, termios.TCSANOW)
    _tell(port, Told(release=os.uname().release))
    Path("/proc/self/oom_score_adj").write_text("-1000")  # a test may run out of memory, but not take all along
    _import_more()
    wanted = list(enumerate(subjects()))
    children = [_work(wanted[first::WORKERS], port) for first in range(WORKERS)]
    for child in children:
        os.waitpid(child, 0)


def _import_more() -> None:
    """What a run imports only when it needs it."""
    from ...kernel_types import fit, reduce  # noqa: F401
    from ...output import lines, meanings, symbols, views  # noqa: F401
    from ...output.views import rows  # noqa: F401

    gc.freeze()  # so that children do not copy all of it when they collect garbage


def _work(wanted: list[tuple[int, Subject]], port: int) -> int:
    """Fork a process that tries the tests of some subjects; returns its number."""
    child = os.fork()
    if child:
        return child
    try:
        adopt_orphans()
        settings = load_settings(_HOME)
        for number, subject in wanted:
            for test in subject.tests:
                outcome = try_test(subject.program, test, home=_HOME, settings=settings, patience=PATIENCE)
                end_descendants()
                _tell(port, Told(subject=number, outcome=outcome))
    finally:
        os._exit(0)


def _tell(port: int, told: Told) -> None:
    """Write one line; the other process does not write meanwhile."""
    left = memoryview(write_line(told))
    with _LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        while left:
            left = left[os.write(port, left) :]
        if os.isatty(port):
            termios.tcdrain(port)


if __name__ == "__main__":
    main(sys.argv[1])
