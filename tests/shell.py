"""A shell with a new home, in which tests type what a guide shows. It judges nothing: tests compare what was printed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from .guide import Edited, Typed, fits, steps
from .hubs import free_port

PORT = "8801"  # in the text; another one here, as others may listen there
SECONDS = 120.0
DONE = "did-end-with"


class Shell:
    """It is told lines and answers with what appears on the screen. `path` is looked through for commands first."""

    def __init__(self, home: Path, folder: Path, *, path: Path | None = None) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ECLI_", "VIRTUAL_ENV"))}
        if path:
            kept["PATH"] = f"{path}{os.pathsep}{kept['PATH']}"
        self._screen = home / "screen"
        with self._screen.open("wb") as screen:
            self._process = subprocess.Popen(
                ["bash", "--norc"],
                cwd=folder, env={**kept, "HOME": str(home)}, stdin=subprocess.PIPE, stdout=screen,
                stderr=subprocess.STDOUT, text=True, start_new_session=True,
            )  # fmt: skip
        self._read = 0
        self.folder = folder

    def follow(self, guide: str) -> None:
        """Do all that a guide shows, with a free port in place of its own; each line must print what it says."""
        port = str(free_port())
        for step in steps(guide):
            if isinstance(step, Edited):
                step.apply(self.folder)
                continue
            printed = self.types(step, port)
            expected = [line.replace(PORT, port) for line in step.printed]
            assert fits(expected, printed), "\n".join([step.command, *printed])

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
