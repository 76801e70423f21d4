"""Templates whose user space is a program of its own: made, built, run for a true event, and tested by themselves.

The names are those that a template might trip over: a keyword of C, a file that some systems reserve, a crate it uses.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import EVENT_SECONDS, Make, Seen

Start = Callable[[str, str, Path], Path]
PROJECTS = [("libbpf", "int"), ("cilium-go", "con"), ("libbpf-rs", "libbpf-rs")]


@pytest.mark.parametrize(("template", "name"), PROJECTS)
def test_template_builds_runs_and_tests_itself(
    template: str, name: str, start: Start, make: Make, seen: Seen, tmp_path: Path
) -> None:
    folder = start(name, template, tmp_path)
    assert "warning" not in (done := make(folder, "build")).stdout + done.stderr
    assert make(folder, "--question", "build").stdout == ""  # nothing to do the second time
    told = make(folder, "test").stdout
    assert ": 1 test, 1 ok\n" in told and "ok: seen at try" in told  # by ecli, and by the program
    assert {(parent, file) for _, parent, file in seen(folder)} == {(os.getpid(), "/bin/true")}
    wrong = subprocess.run(
        [folder / "dist" / name, "--nonsense"], capture_output=True, timeout=EVENT_SECONDS, check=False
    )
    assert (wrong.returncode, b"ppid" in wrong.stderr) == (2, True)
    make(folder, "clean")
    assert not (folder / "dist").exists()
