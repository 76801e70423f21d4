"""One test from its start to its outcome: the program is attached, caused to speak, heard, detached, and judged.

    attach -> trigger, again and again -> all seen, too much seen, ended, or time over -> detach -> judge

A program that ends by itself (an iterator does) is run again until the time is over.
"""

from __future__ import annotations

import select
import signal
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ....schemas.errors import BadInput, Unsupported
from ....schemas.exit_codes import EXIT_CODES
from ....schemas.package_tests import PackageTest
from ...frames import Frame, Kind, unpack
from ...home import Home
from ...output.text import visible
from ...settings import Settings
from ..needs import lacking
from ..outcome import MAX_OUTPUT_CHARS, MAX_TEXT_CHARS, Outcome, State
from .judge import Judge
from .running import END_SECONDS, Running
from .trigger import Trigger

if TYPE_CHECKING:
    from ...programs import Program

ATTACH_SECONDS = 60.0  # until a program must be attached
RERUN_SECONDS = 0.2  # between two runs of a program that ends by itself
TICK_SECONDS = 0.03
_UNSUPPORTED = EXIT_CODES[Unsupported.kind]
_INTERRUPTED = (0, 128 + signal.SIGTERM, -signal.SIGTERM)  # how a program may end that was asked to


def try_test(program: Program, test: PackageTest, *, home: Home, settings: Settings, patience: int = 1) -> Outcome:
    """Run one test of a program, here and now. Needs the rights to load it, and a process that adopts orphans.

    On a slow machine it may take `patience` times as long as the package says.
    However it ends, by an exception too, nothing is attached or running afterwards.
    """
    began = time.monotonic()
    try:
        lack = lacking(test.needs)
        if lack:
            state = State.LACKING if lack.kernel and test.optional else State.FAILED
            return Outcome(test.name, state, 0.0, lack.what)
        judge = Judge(program.config.usage, test.expect)
        with (
            tempfile.TemporaryDirectory(prefix="ecli-test-") as folder,
            Trial(program, test, judge, Path(folder), home, settings, patience) as trial,
        ):
            outcome = trial.outcome()
    except BadInput as error:
        outcome = Outcome(test.name, State.FAILED, 0.0, f"the test cannot be run: {error}"[:MAX_TEXT_CHARS])
    return outcome._replace(seconds=time.monotonic() - began)


class Trial:
    """A test that is being run."""

    def __init__(
        self,
        program: Program,
        test: PackageTest,
        judge: Judge,
        folder: Path,
        home: Home,
        settings: Settings,
        patience: int,
    ) -> None:
        self._program, self._test, self._judge = program, test, judge
        self._home, self._settings = home, settings
        self._seconds, self._attach_seconds = patience * test.timeout, patience * ATTACH_SECONDS
        self._trigger = Trigger(test.trigger, folder, lambda data: judge.text(data, of="said"))
        self._running = Running(program, test, home, settings)
        self._attached = self._running.prints  # nothing tells it of a program that prints by itself
        self._start = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            self._running.close()
        finally:
            self._trigger.end()

    def outcome(self) -> Outcome:
        """Run it to its end."""
        why = self._through()
        hung = self._trigger.runs and self._over()
        self._trigger.end(spare=self._running.pid)
        if not why:
            why = self._stopped()
        self._judge.end()
        unmet = self._judge.unmet() if not why else ()
        if unmet:
            why = self._missing(hung=hung)
        lacks = self._running.code == _UNSUPPORTED and self._test.optional and bool(why)
        state = State.LACKING if lacks else State.FAILED if why else State.OK
        return Outcome(
            self._test.name,
            state,
            0.0,
            why[:MAX_TEXT_CHARS],
            unmet,
            _shown(self._trigger.output) if why else "",
            _shown(self._running.said) if why else "",
        )

    def _through(self) -> str:
        """Go on until all was seen, or the time is over; returns what failed before that."""
        while True:
            self._hear()
            if self._judge.spoiled():
                return ""
            if self._running.ended():
                wrong = self._wrong_end()
                if wrong or self._judge.met() or self._over():
                    return wrong
                self._run_again()
            elif (self._judge.met() and self._test.exit is None) or self._over():
                return ""
            if self._attached:
                self._trigger.step(self._running.pid)
            elif time.monotonic() - self._start > self._attach_seconds:
                return f"the program was not attached after {self._attach_seconds:.0f} seconds"

    @property
    def _time(self) -> str:
        return "1 second" if self._seconds == 1 else f"{self._seconds} seconds"

    def _over(self) -> bool:
        return self._attached and time.monotonic() - self._start > self._seconds

    def _hear(self) -> None:
        """Wait a moment, and hand on what the program says."""
        select.select([*self._running.descriptors, *self._trigger.descriptors], [], [], TICK_SECONDS)
        frames, text = self._running.read()
        if text:
            self._judge.text(text)
        for frame in frames:
            self._heard(frame)

    def _heard(self, frame: Frame) -> None:
        match frame.kind:
            case Kind.STARTED if not self._attached:
                self._attached, self._start = True, time.monotonic()
            case Kind.RECORDS:
                self._judge.batch(frame.number, unpack(frame.body))
            case Kind.LOOKED:
                parts = unpack(frame.body)
                entries = [(key, tuple(unpack(values))) for key, values in zip(parts[::2], parts[1::2], strict=True)]
                self._judge.looked(frame.number, entries)
            case Kind.TEXT:
                self._judge.text(frame.body)
            case _:
                pass  # notices, and how many were lost

    def _run_again(self) -> None:
        self._running.close()
        time.sleep(RERUN_SECONDS)
        self._running = Running(self._program, self._test, self._home, self._settings)

    def _stopped(self) -> str:
        """Let the program end, and hear what it still says; returns what is wrong with its end."""
        by_itself = self._running.ended()
        self._running.stop()
        end = time.monotonic() + END_SECONDS
        while not self._running.ended():
            if time.monotonic() > end:
                return f"the program did not end within {END_SECONDS:.0f} seconds after it was asked to"
            self._hear()
        if by_itself:
            return self._wrong_end()
        if self._test.exit is not None and not self._judge.spoiled():
            return f"the program did not end by itself within {self._time}"
        return "" if self._running.code in _INTERRUPTED else self._wrong_end()

    def _wrong_end(self) -> str:
        wanted, code = self._test.exit or 0, self._running.code
        if code == wanted:
            return ""
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        said = _shown(self._running.said).strip().removeprefix("ecli: ").split("\n", maxsplit=1)[0]
        meant = f", not {wanted}" if wanted else ""
        return f"the program ended with {how}{meant}{': ' if said else ''}{said}"

    def _missing(self, *, hung: bool) -> str:
        if self._judge.spoiled():
            return "something came that must not"
        late = "; the trigger had not ended" if hung else ""
        return f"not everything came within {self._time}{late}"


def _shown(output: bytes) -> str:
    """The end of an output, without control characters."""
    lines = output.decode("utf-8", "backslashreplace").split("\n")
    return "\n".join(map(visible, lines))[-MAX_OUTPUT_CHARS:]
