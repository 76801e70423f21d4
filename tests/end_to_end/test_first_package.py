"""The guide to a first package does what it says, when a reader types it: on a new home, in one shell, from its first line."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ebpfhub.bench.stage import copied

from ..documents import DOCS, headings
from ..guide import Edited, Typed, fits, steps
from ..hubs import free_port

GUIDE = "first-package"
PORT = "8801"  # in the text; another one here, as others may listen there
SECONDS = 120.0
DONE = "did-end-with"


class Shell:
    """A root shell with a new home, that is told lines and answers with what appears on the screen."""

    def __init__(self, home: Path, folder: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ECLI_", "VIRTUAL_ENV"))}
        self._screen = home / "screen"
        with self._screen.open("wb") as screen:
            self._process = subprocess.Popen(
                ["bash", "--norc"],
                cwd=folder, env={**kept, "HOME": str(home)}, stdin=subprocess.PIPE, stdout=screen,
                stderr=subprocess.STDOUT, text=True, start_new_session=True,
            )  # fmt: skip
        self._read = 0
        self.folder = folder

    def types(self, step: Typed, port: str) -> list[str]:
        """Type a line; returns what it printed, once that is as expected or no more can come."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{step.command.replace(PORT, port)}\necho {DONE} $PWD\n")
        self._process.stdin.flush()
        expected = [line.replace(PORT, port) for line in step.printed]
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            text = self._screen.read_text(errors="replace")[self._read :]
            lines = [line for line in text.splitlines() if not line.startswith(DONE)]
            if DONE in text and text.endswith("\n"):
                self.folder = Path(text.rpartition(DONE)[2].partition("\n")[0].strip())
                if fits(expected, lines) or not step.command.endswith("&"):
                    self._read += len(text)
                    return lines
            time.sleep(0.05)
        raise AssertionError(f"{step.command} did not end, or printed: {text}")

    def close(self) -> None:
        """End the shell, and all that it left running."""
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.communicate(timeout=SECONDS)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    (tmp_path / "home").mkdir()
    opened = Shell(tmp_path / "home", copied(tmp_path))
    yield opened
    opened.close()


def test_first_package_of_the_guide(shell: Shell) -> None:
    port = str(free_port())
    for step in steps((DOCS / f"{GUIDE}.md").read_text()):
        if isinstance(step, Edited):
            step.apply(shell.folder)
            continue
        printed = shell.types(step, port)
        assert fits([line.replace(PORT, port) for line in step.printed], printed), "\n".join([step.command, *printed])


def test_chinese_reader_does_the_same() -> None:
    english, chinese = ((DOCS / f"{GUIDE}{language}.md").read_text() for language in ("", ".zh"))
    assert list(steps(chinese)) == list(steps(english))
    assert headings(chinese) == headings(english)
