"""Boots a kernel under QEMU, on an emulated processor, and has tests tried in it: one boot for all subjects.

runs = try_in_guest(debian_kernel("6.1", cache), [subject], folder)

The guest has no network and no disk, and sees nothing of this machine but what initramfs.py puts into it.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ....schemas.errors import BadInput, Unsupported
from ...output.text import visible
from ..outcome import MAX_OUTPUT_CHARS, Outcome, State
from ..report import Run
from ..subject import Subject
from .initramfs import write_initramfs
from .inside import PATIENCE
from .job import MAX_LINE_BYTES, read_line
from .kernel import GuestKernel
from .requirements import QEMU, found

BOOT_SECONDS = 300.0  # until the guest's first word, on a busy machine
TEST_SECONDS = 120.0  # that a test may take beside its own time: loading, and its end
MAX_REPORT_BYTES = 64 * 1024 * 1024  # of each serial port; a guest that writes more is ended
_TICK_SECONDS = 0.1
# One processor: with more, the kernel's way of patching its own code (static keys, ftrace) sometimes meets code that
# the emulator translated before, and dies (seen: "Oops: int3").
_QEMU = (
    *("-accel", "tcg", "-cpu", "max", "-smp", "1", "-m", "1536"),
    *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
)
_COMMAND_LINE = "console=ttyS0 panic=-1 quiet lsm=landlock,lockdown,yama,bpf"

ToldBy = Callable[[int, Outcome], object]


def try_in_guest(
    kernel: GuestKernel,
    subjects: Sequence[Subject],
    folder: Path,
    *,
    told: ToldBy = lambda number, outcome: None,
    progress: Callable[[str], object] = lambda line: None,
) -> list[Run]:
    """Boot a kernel once and try all tests of all subjects; the runs are in the order of the subjects.

    `told` hears each outcome as it comes, with the number of its subject. `folder` is for files that are needed
    meanwhile (about 200 MB). A test that the guest does not tell of has failed. Raises: Unsupported, StorageFailed.
    """
    archive = folder / "initramfs"
    progress(f"Packing a machine with Linux {kernel.name}")
    write_initramfs(archive, kernel, subjects)
    progress("Booting it on an emulated processor, which takes about half a minute")
    guest = _Guest(kernel, subjects, folder, told)
    try:
        guest.boot(archive)
    finally:
        archive.unlink()
    return guest.runs()


class _Guest:
    """One boot, and what is told in it."""

    def __init__(self, kernel: GuestKernel, subjects: Sequence[Subject], folder: Path, told: ToldBy) -> None:
        self._kernel, self._subjects, self._told = kernel, subjects, told
        self._console, self._report = folder / "console", folder / "report"
        self._read, self._rest, self._fault = 0, b"", ""
        self._release = ""
        self._outcomes: list[dict[str, Outcome]] = [{} for _ in subjects]

    def boot(self, archive: Path) -> None:
        """Run QEMU until the guest turns itself off, or its time is over."""
        program = found(QEMU)
        if program is None:
            raise Unsupported(f"booting another kernel takes {QEMU}", needs=QEMU)
        for path in (self._console, self._report):
            path.touch()
        command = [
            str(program), *_QEMU, "-kernel", str(self._kernel.image), "-initrd", str(archive),
            "-append", _COMMAND_LINE, "-serial", f"file:{self._console}", "-serial", f"file:{self._report}",
        ]  # fmt: skip
        tests = [test for subject in self._subjects for test in subject.tests]
        end = time.monotonic() + BOOT_SECONDS + PATIENCE * sum(test.timeout + TEST_SECONDS for test in tests)
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
        ) as process:
            try:
                while process.poll() is None and time.monotonic() < end and not self._fault:
                    time.sleep(_TICK_SECONDS)
                    self._hear()
            finally:
                process.kill()
            assert process.stderr is not None  # noqa: S101 — it is a pipe
            said = process.stderr.read(MAX_OUTPUT_CHARS)
        self._hear()
        if not self._release:
            raise Unsupported(
                f"Linux {self._kernel.name} did not start what was to run in it", todo=self._last_words(said)
            )

    def runs(self) -> list[Run]:
        """What came of all tests; those of which nothing was told have failed."""
        return [
            Run(
                subject.title,
                self._release,
                True,
                tuple(outcomes.get(test.name) or self._silent(test.name) for test in subject.tests),
            )
            for subject, outcomes in zip(self._subjects, self._outcomes, strict=True)
        ]

    def _hear(self) -> None:
        """Read the lines that are whole; a kernel that dies in the middle of one leaves half a line."""
        if max(path.stat().st_size for path in (self._report, self._console)) > MAX_REPORT_BYTES:
            self._fault = f"the guest wrote more than {MAX_REPORT_BYTES} bytes"
            return
        with self._report.open("rb") as file:
            file.seek(self._read)
            data = file.read()
        self._read += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        try:
            if len(self._rest) > MAX_LINE_BYTES:
                raise BadInput("a line has no end", where="guest")
            for line in lines:
                self._line(line)
        except BadInput as error:
            self._fault = f"the guest told what cannot be read: {error}"

    def _line(self, line: bytes) -> None:
        told = read_line(line)
        self._release = self._release or told.release
        if told.outcome is None:
            return
        known = {test.name for test in self._subjects[told.subject].tests} if told.subject < len(self._subjects) else ()
        if told.outcome.name not in known:
            raise BadInput(f"there is no test {told.outcome.name!r}", where="guest")
        if told.outcome.name not in self._outcomes[told.subject]:
            self._outcomes[told.subject][told.outcome.name] = told.outcome
            self._told(told.subject, told.outcome)

    def _silent(self, name: str) -> Outcome:
        why = self._fault or "the guest ended before it told what came of this test"
        return Outcome(name, State.FAILED, 0.0, why, program_output=self._last_words())

    def _last_words(self, said: bytes = b"") -> str:
        """The end of the guest's console, and what QEMU said."""
        with self._console.open("rb") as file:
            file.seek(max(0, self._console.stat().st_size - MAX_OUTPUT_CHARS // 2))
            text = (file.read(MAX_OUTPUT_CHARS // 2) + said).decode("utf-8", "backslashreplace")
        return "\n".join(visible(line) for line in text.replace("\r", "").split("\n"))[-MAX_OUTPUT_CHARS:].strip()
