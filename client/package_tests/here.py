"""Tests on this machine, one after the other. Whatever ends them early, nothing stays attached or running."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from ..home import Home
from ..loader.kernel import Kernel
from ..loader.privileges import adopt_orphans
from ..settings import Settings
from .outcome import Outcome
from .report import Run
from .subject import Subject
from .trial.processes import end_descendants
from .trial.trial import try_test

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_here(subject: Subject, told: Callable[[Outcome], object], *, home: Home, settings: Settings) -> Run:
    """Run a subject's tests, and tell each outcome. For a process of its own, of one thread.

    Raises: Denied, Unsupported; KeyboardInterrupt for Ctrl-C, SIGTERM and SIGHUP.
    """
    kernel = Kernel()
    kernel.require_capabilities()
    adopt_orphans()
    outcomes = []
    with interruptible():
        try:
            for test in subject.tests:
                outcomes.append(try_test(subject.program, test, home=home, settings=settings))
                told(outcomes[-1])
        finally:
            end_descendants()  # a signal may have come just as something was started
    return Run(subject.title, kernel.version, False, tuple(outcomes))


@contextmanager
def interruptible() -> Iterator[None]:
    """Let the first signal that asks for the end raise KeyboardInterrupt, and no later one disturb what cleans up."""

    def end(_number: int, _frame: FrameType | None) -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
