"""What causes the events of a test: a shell script of the package's author, run again and again.

It runs as the user who runs `ecli test`, in a session of its own, so that a signal to its group or to its parent's
reaches nobody else. It has no input; its output is read as it comes, and only the end of it is kept.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from .processes import end_descendants

AGAIN_SECONDS = 0.5  # from the end of one call to the next
PIECE_BYTES = 64 * 1024  # of output that are taken at a time
KEPT_BYTES = 8 * 1024  # of the end of all output
# The script's parent is a shell of its own too: it may mean to end its parent.
_PARENT = 'sh -c "$0"; exit $?'


class Trigger:
    """A script, its calls, and the end of their output. `heard` gets all output; an empty script is never called."""

    def __init__(self, script: str, folder: Path, heard: Callable[[bytes], object]) -> None:
        self._script, self._folder, self._heard = script, folder, heard
        self._process: subprocess.Popen[bytes] | None = None
        self._next = 0.0
        self.calls = 0
        self.output = b""

    @property
    def descriptors(self) -> list[int]:
        """What is readable when there is output."""
        stdout = self._process.stdout if self._process else None
        return [stdout.fileno()] if stdout and not stdout.closed else []

    @property
    def runs(self) -> bool:
        """Tell whether a call has not ended yet."""
        return self._process is not None

    def step(self, spare: int) -> None:
        """Take the output that waits; begin the next call when it is time. What a call left running is ended before.

        The child `spare` is no part of the trigger.
        """
        if self._process is not None:
            self.read()
            if self._process.poll() is not None:
                self.read()
                self._close()
        elif self._script and time.monotonic() >= self._next:
            end_descendants(spare=spare)
            self._begin()

    def end(self, spare: int = 0) -> None:
        """End the call that runs, and all that it started; a second call does nothing."""
        if self._process is not None:
            end_descendants(spare=spare)
            self.read()
            self._process.wait()
            self._close()
        elif self.calls:
            end_descendants(spare=spare)

    def read(self) -> None:
        """Take output that waits, a piece at most."""
        for descriptor in self.descriptors:
            with suppress(BlockingIOError):
                data = os.read(descriptor, PIECE_BYTES)
                if not data and self._process and self._process.stdout:
                    self._process.stdout.close()  # it goes on, and says no more
                self.output = (self.output + data)[-KEPT_BYTES:]
                self._heard(data)

    def _begin(self) -> None:
        self.calls += 1
        self._process = subprocess.Popen(
            ["sh", "-c", _PARENT, self._script],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            cwd=self._folder, start_new_session=True,
        )  # fmt: skip
        os.set_blocking(self.descriptors[0], False)

    def _close(self) -> None:
        if self._process and self._process.stdout:
            self._process.stdout.close()
        self._process = None
        self._next = time.monotonic() + AGAIN_SECONDS
