"""Boots a kernel under QEMU, on an emulated processor, and runs `ecli` in it: one boot for all cases.

outcomes = run_cases(debian_kernel("6.1"), [Case("opens", package, trigger="cat /init")], tmp_path)
outcomes["opens"].events
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .debian import DebianKernel
from .initramfs import write_initramfs

BOOT_SECONDS = 180.0  # on a busy machine; no test asserts how long it takes
# One processor: with more, the kernel's way of patching its own code (static keys, ftrace) sometimes meets code that the
# emulator translated before, and dies (seen: "Oops: int3").
_QEMU = (
    *("-accel", "tcg", "-cpu", "max", "-smp", "1", "-m", "1536"),
    *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
)
_COMMAND_LINE = "console=ttyS0 panic=-1 quiet lsm=landlock,lockdown,yama,bpf"


@dataclass(frozen=True, slots=True)
class Case:
    """One run of `ecli run --json PACKAGE OPTIONS` in a guest.

    The shell script `trigger` runs again and again until the regular expression `until` is found in the program's
    output, the program ended, or `seconds` passed; then the program is interrupted.
    The script `after` runs when it has ended. `allow` are permissions that are granted, as for `ecli run --allow`.
    """

    name: str
    package: Path
    options: tuple[str, ...] = ()
    trigger: str = ""
    until: str = r"\n"
    after: str = ""
    allow: str = ""
    seconds: float = 25.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case: exit code, objects on stdout, stderr, what the scripts printed, seconds in the guest."""

    code: int
    events: tuple[dict[str, Any], ...]
    told: str
    said: str
    after: str
    seconds: float


def run_cases(kernel: DebianKernel, cases: Iterable[Case], folder: Path) -> Mapping[str, Outcome]:
    """Boot `kernel` once and run all cases, two at a time, each with a name of its own. Fails when the guest does."""
    wanted = list(cases)
    assert len({case.name for case in wanted}) == len(wanted), "cases need names of their own"
    archive, console, report = folder / "initramfs", folder / "console", folder / "report"
    write_initramfs(archive, kernel, [_as_json(case) for case in wanted], {case.package for case in wanted})
    program = shutil.which("qemu-system-x86_64")
    assert program, "this test needs QEMU: apt-get install qemu-system-x86"
    command = [
        program, *_QEMU, "-kernel", str(kernel.image), "-initrd", str(archive), "-append", _COMMAND_LINE,
        "-serial", f"file:{console}", "-serial", f"file:{report}",
    ]  # fmt: skip
    seconds = BOOT_SECONDS + sum(case.seconds for case in wanted)
    try:
        subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        pass  # what it had to tell until then is looked at below
    finally:
        archive.unlink()
    return _read(report.read_text(), {case.name for case in wanted}, console.read_text(errors="replace")[-4000:])


def _read(report: str, names: set[str], console: str) -> Mapping[str, Outcome]:
    """The report's whole lines; a kernel that dies in the middle of one leaves half a line."""
    lines = [json.loads(line) for line in report.splitlines(keepends=True) if line.endswith("\n")]
    outcomes = {str(line["name"]): _outcome(line) for line in lines}
    missing = sorted(names - outcomes.keys())
    assert not missing, f"the guest told nothing of {', '.join(missing)}:\n{console}"
    return outcomes


def _as_json(case: Case) -> dict[str, object]:
    allowed = ("--allow", case.allow) if case.allow else ()
    return {
        "name": case.name,
        "words": ["run", "--unsigned", "--json", *allowed, str(case.package), *case.options],
        "trigger": case.trigger,
        "until": case.until,
        "after": case.after,
        "seconds": case.seconds,
    }


def _outcome(line: dict[str, Any]) -> Outcome:
    events = tuple(json.loads(text) for text in line["out"].splitlines() if text.endswith("}"))
    return Outcome(line["code"], events, line["err"], line["said"], line["after"], line["seconds"])
