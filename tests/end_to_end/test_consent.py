"""Before something changes this machine somebody says yes; once it runs, it holds no privilege any more."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import ebpfhub
import pytest
from ebpfhub.schemas.exit_codes import EXIT_CODES

from ..hubs import BIN, COMMAND_SECONDS, Ecli
from .machine import Opener

GUARD = Path(ebpfhub.__path__[0]) / "examples" / "connectguard"


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package that decides on connections: connectguard, built."""
    folder = tmp_path_factory.mktemp("guard")
    path = folder / "connectguard.bpf"
    Ecli(folder / "home").run("build", GUARD, "-o", path)
    return path


@pytest.fixture
def cgroup() -> Iterator[Path]:
    """An empty control group, of which nobody is a member."""
    mounts = (line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines())
    root = next(Path(words[4]) for words in mounts if "cgroup2" in words[words.index("-") :])
    made = root / f"ebpfhub-test-{os.getpid()}"
    made.mkdir()
    yield made
    end = time.monotonic() + 10
    while True:
        try:
            made.rmdir()
            return
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.05)


def at_terminal(home: Path, answer: str, *words: object) -> tuple[int, str]:
    """Run `ecli` at a terminal of its own, answer its question, and return its exit code and all it wrote there."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["ECLI_HOME"] = str(home)
        os.execv(BIN / "ecli", ["ecli", *map(str, words)])
    seen, answered, end = "", False, time.monotonic() + COMMAND_SECONDS
    while time.monotonic() < end:
        if select.select([terminal], [], [], 1)[0]:
            try:
                seen += os.read(terminal, 65536).decode(errors="replace")
            except OSError:  # the other end is closed
                break
        if "[y/N]" in seen and not answered:
            os.write(terminal, f"{answer}\n".encode())
            answered = True
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen


@pytest.mark.parametrize("answer", ["n", "", "no", "yess"])
def test_anything_but_yes_is_no(guard: Path, cgroup: Path, tmp_path: Path, answer: str) -> None:
    code, seen = at_terminal(tmp_path, answer, "run", "--timeout", "1s", guard, "--cgroup", cgroup)
    assert code == EXIT_CODES["denied"]
    assert "connectguard may change this machine" in seen and "changes:decisions" in seen
    assert "--allow changes:decisions" in seen


def test_yes_runs_it_once(guard: Path, cgroup: Path, tmp_path: Path) -> None:
    code, seen = at_terminal(tmp_path, "y", "run", "--timeout", "1s", guard, "--cgroup", cgroup)
    assert code == 0, seen
    code, seen = at_terminal(tmp_path, "n", "run", "--timeout", "1s", guard, "--cgroup", cgroup)
    assert code == EXIT_CODES["denied"]


def test_where_nobody_can_answer_it_is_refused(guard: Path, cgroup: Path, tmp_path: Path) -> None:
    command: list[str | Path] = ["setsid", "--wait", BIN / "ecli", "run", "--timeout", "1s", guard, "--cgroup", cgroup]
    env = os.environ | {"ECLI_HOME": str(tmp_path)}
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=env, check=False)
    assert done.returncode == EXIT_CODES["denied"]
    assert "nobody agreed" in done.stderr
    done = subprocess.run(
        [*command[:4], "--allow", "changes", *command[4:]], capture_output=True, text=True, env=env, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("again", [False, True], ids=["first", "by plan"])
def test_a_running_program_has_no_privileges(installed: Ecli, opener: Opener, again: bool) -> None:
    """Events still flow; a new program could not be loaded."""
    words = ["run", "--json", "opensnoop", "--pid", str(opener.pid)]
    if again:
        installed.run(*words[:1], "--max-events", "1", *words[1:])
    env = os.environ | {"ECLI_HOME": str(installed.home)}
    with subprocess.Popen([sys.executable, BIN / "ecli", *words], stdout=subprocess.PIPE, env=env) as process:
        assert process.stdout is not None
        process.stdout.readline()
        status = dict(
            line.split(":\t", 1)
            for line in Path(f"/proc/{process.pid}/status").read_text().splitlines()
            if ":\t" in line
        )
        assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
        assert status["NoNewPrivs"].strip() == "1"
        assert process.stdout.readline()
        process.send_signal(signal.SIGTERM)
    assert process.returncode == 0
