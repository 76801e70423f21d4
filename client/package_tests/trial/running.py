"""The program of a test in a process of its own: what `ecli run` does, but its records come here as frames.

The process is forked, not started: a test may run a program many times, and on an emulated processor each start of an
interpreter takes seconds. So whoever uses this has one thread.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ....schemas.errors import HubError
from ....schemas.package_tests import PackageTest
from ...failure import report
from ...frames import Frame, Frames
from ...home import Home
from ...launch import run_found
from ...program_process import Framed
from ...run_options import RunOptions
from ...settings import Settings

if TYPE_CHECKING:
    from ...programs import Program

END_SECONDS = 60.0  # that a program may take to end after it was asked to; emulated processors are slow
PIECE_BYTES = 1 << 20
KEPT_BYTES = 8 * 1024  # of the end of what it says on stderr
_FAULT = 70  # exit code where something unforeseen happened (sysexits.h, EX_SOFTWARE)


class Running:
    """A run of a program with a test's options. Close it, or use `with`: then nothing is attached any more.

    With `shown`, a filter or an empty text, it prints what `ecli run` does.
    """

    def __init__(
        self,
        program: Program,
        test: PackageTest,
        home: Home,
        settings: Settings,
        *,
        shown: str | None = None,
    ) -> None:
        self.prints = program.wasm is not None or shown is not None  # text in place of frames
        options = RunOptions(program.config.name, test.options, unsigned=True, where=shown or "", allow=test.allow)
        self._frames = Frames()
        self.said = b""
        self.code: int | None = None
        self._out, out = os.pipe()
        self._err, err = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if not self.pid:
            os.close(self._out)  # so that a write notices when nobody reads any more
            os.close(self._err)
            _be_the_program(program, options, home, settings, out, err, prints=self.prints)
        os.close(out)
        os.close(err)
        for descriptor in (self._out, self._err):
            os.set_blocking(descriptor, False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    @property
    def descriptors(self) -> list[int]:
        """What is readable when the program has something to say."""
        return [item for item in (self._out, self._err) if item >= 0]

    def read(self) -> tuple[list[Frame], bytes]:
        """Take what waits, a piece at most: frames, or text that the program prints. Raises: BadInput."""
        self._err, said = _taken(self._err)
        self.said = (self.said + said)[-KEPT_BYTES:]
        self._out, data = _taken(self._out)
        return ([], data) if self.prints else (self._frames.feed(data), b"")

    def ended(self) -> bool:
        """Tell whether the process has ended and all that it wrote was read; `code` is its exit code then."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.code = os.waitstatus_to_exitcode(status) if pid else None
        return self.code is not None and not self.descriptors

    def stop(self) -> None:
        """Ask the program to end, as a user does who has seen enough."""
        if self.code is None:
            os.kill(self.pid, signal.SIGTERM)

    def close(self) -> None:
        """End the program, however it takes that; a second call does nothing."""
        self.stop()
        end = time.monotonic() + END_SECONDS
        while self.descriptors and not self.ended() and time.monotonic() < end:
            self.read()
            time.sleep(0.005)
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        for descriptor in self.descriptors:
            os.close(descriptor)
        self._out = self._err = -1


def _taken(descriptor: int) -> tuple[int, bytes]:
    """Read what waits; the descriptor is closed at the end, and -1 from then on."""
    if descriptor < 0:
        return -1, b""
    try:
        data = os.read(descriptor, PIECE_BYTES)
    except BlockingIOError:
        return descriptor, b""
    if data:
        return descriptor, data
    os.close(descriptor)
    return -1, b""


def _be_the_program(
    program: Program, options: RunOptions, home: Home, settings: Settings, out: int, err: int, *, prints: bool
) -> None:
    """What the forked process does; it does not return."""
    code = _FAULT
    try:
        os.setsid()  # without a terminal: nobody is asked, and its Ctrl-C is not this one's
        for ends in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(ends, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for number, descriptor in enumerate((nothing, out if prints else err, err)):
            os.dup2(descriptor, number)
        try:
            code = run_found(program, options, home, settings, sink=None if prints else Framed(out))
        except HubError as error:
            code = report(error)
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
