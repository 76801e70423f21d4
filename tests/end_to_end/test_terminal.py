"""What a person sees in a terminal of 80 and of 200 columns: tables and help fit, and can be read."""

from __future__ import annotations

import shlex
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ..hubs import BIN, Ecli
from .machine import Opener

ROWS = 24


class Terminal:
    """A tmux window of its own server."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self._server = f"ebpfhub-{uuid.uuid4().hex[:8]}"

    def tmux(self, *words: str) -> str:
        """Talk to this terminal's server."""
        done = subprocess.run(
            ["tmux", "-L", self._server, "-f", "/dev/null", *words],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return done.stdout

    @contextmanager
    def running(self, ecli: Ecli, *words: object) -> Iterator[Terminal]:
        """Run ecli in it; the window stays when the program has ended."""
        line = shlex.join(["env", f"ECLI_HOME={ecli.home}", str(BIN / "ecli"), *map(str, words)])
        size = ("-x", str(self.columns), "-y", str(ROWS))
        self.tmux("new-session", "-d", *size, f'{line}; echo "[exit code $?]"; sleep 600')
        try:
            yield self
        finally:
            self.tmux("kill-server")

    def until(self, text: str) -> list[str]:
        """The lines on the screen, once `text` is among them."""
        for _ in range(600):
            lines = self.tmux("capture-pane", "-p", "-S", "-").splitlines()  # from the start, scrolled away or not
            if any(text in line for line in lines):
                return lines
            time.sleep(0.1)
        raise AssertionError("\n".join(lines))


@pytest.mark.parametrize("columns", [80, 200])
def test_a_table_fits_its_terminal(installed: Ecli, opener: Opener, columns: int) -> None:
    words = ("run", "--max-events", 6, "opensnoop", "--pid", opener.pid)
    with Terminal(columns).running(installed, *words) as terminal:
        lines = terminal.until("[exit code 0]")
    head, *table = lines[: lines.index("[exit code 0]")]
    assert head.split() == ["TIME", "PID", "PPID", "UID", "RET", "FLAGS", "COMM", "FNAME"]
    assert len(table) == 6, "a line was broken in two"
    start = head.index("FNAME")
    for line in table:
        assert len(line) <= columns
        assert line.split()[1] == str(opener.pid)
        assert line[start - 1] == " "
        assert line[start] != " "
    if columns == 200:
        assert any(line.endswith(opener.file.name) for line in table)
    else:  # a name that is too long keeps what tells it from others, and is marked as cut
        assert all("…" in line or opener.file.name in line for line in table)


@pytest.mark.parametrize("columns", [80, 200])
def test_help_fits_its_terminal(installed: Ecli, columns: int) -> None:
    for words in (("--help",), ("run", "opensnoop", "-h")):
        with Terminal(columns).running(installed, *words) as terminal:
            lines = terminal.until("[exit code 0]")
        assert max(map(len, lines)) <= columns
        assert any("opensnoop" in line for line in lines)


def test_ctrl_c_ends_a_run_without_a_trace(installed: Ecli, opener: Opener) -> None:
    with Terminal(80).running(installed, "run", "opensnoop", "--pid", opener.pid) as terminal:
        terminal.until(str(opener.pid))
        terminal.tmux("send-keys", "C-c")
        lines = terminal.until("[exit code")
    assert any("[exit code 0]" in line for line in lines)
    assert not any("Traceback" in line or "KeyboardInterrupt" in line for line in lines)
