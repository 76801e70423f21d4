"""The wish to end a run: a flag that a signal, a timer or another thread may set, and that epoll can wait for.

It ends nothing itself; events.py and session.py look at it.
"""

from __future__ import annotations

import os
import time

from ...schemas.named import TYPE_CHECKING

if TYPE_CHECKING:
    import signal
    from types import FrameType, TracebackType
    from typing import Any
else:
    import _signal as signal  # what `signal` wraps in enumerations, whose import takes longer than to load a program

REPEAT_SECONDS = 0.2  # timeout(1) and some shells signal a process and its group: that is one wish, not two
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """An eventfd that becomes readable once, when the run should end."""

    def __init__(self) -> None:
        self._descriptor = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self.wanted = False

    def set(self) -> None:
        """Ask for the end; safe from a signal handler and from other threads."""
        self.wanted = True
        if self._descriptor >= 0:
            os.eventfd_write(self._descriptor, 1)

    def fileno(self) -> int:
        """Return the descriptor that is readable once the end is wanted."""
        return self._descriptor

    def close(self) -> None:
        """Give the descriptor back; a second call does nothing."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


class StopOnSignals:
    """While entered, SIGINT and SIGTERM set `stop`; a second one raises KeyboardInterrupt, even out of a stuck write.

    Outside the main thread Python allows no handlers: then the caller's `stop` is the only way to end a run.
    """

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._heard: float | None = None  # when the first signal came
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> StopOnSignals:
        for number in _SIGNALS:
            try:
                self._before[number] = signal.signal(number, self._hear)
            except ValueError:  # not the main thread
                break
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._heard is not None and now - self._heard < REPEAT_SECONDS:
            return
        if self._stop.wanted:
            raise KeyboardInterrupt
        self._heard = now
        self._stop.set()
