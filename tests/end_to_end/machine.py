"""What tests see of the machine: a process that opens a file, the system calls of a client, the files of a home."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ebpfhub.schemas.exit_codes import EXIT_CODES

from ..hubs import BIN, COMMAND_SECONDS, Ecli

_OPENS = """
import sys, time
print("ready", flush=True)
while True:
    open(sys.argv[1]).close()
    try:
        open(sys.argv[1] + ".missing")
    except FileNotFoundError:
        pass
    time.sleep(0.01)
"""

# what libbpf itself loads and drops to learn what the kernel can do (libbpf's features.c); a package's have other names
_PROBE = re.compile(r'prog_name="(libbpf_nametest|det_arg_ctx|)"')


@dataclass(frozen=True, slots=True)
class Opener:
    """A process that opens `file` again and again, and fails to open `missing`."""

    pid: int
    file: Path

    @property
    def missing(self) -> Path:
        """The file that is not there."""
        return self.file.with_name(self.file.name + ".missing")

    @classmethod
    @contextmanager
    def start(cls, folder: Path) -> Iterator[Opener]:
        """Let it run for the length of a block."""
        file = folder / f"opened-{uuid.uuid4().hex[:12]}"
        file.touch()
        with subprocess.Popen([sys.executable, "-c", _OPENS, file], stdout=subprocess.PIPE) as process:
            try:
                assert process.stdout is not None
                process.stdout.readline()
                yield cls(process.pid, file)
            finally:
                process.kill()


def under(
    ecli: Ecli, *prefix: object, words: tuple[object, ...], expect: int | None = 0
) -> subprocess.CompletedProcess[str]:
    """Run `ecli` below another command, such as `unshare --net`."""
    env = {**os.environ, "ECLI_HOME": str(ecli.home), **ecli.env}
    done = subprocess.run(
        [*map(str, prefix), BIN / "ecli", *map(str, words)],
        stdin=subprocess.DEVNULL, check=False, capture_output=True, text=True, env=env, timeout=COMMAND_SECONDS,
    )  # fmt: skip
    if expect is not None:
        assert done.returncode == expect, f"{prefix} ecli {words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def refused(ecli: Ecli, *words: object, kind: str, says: str, prefix: tuple[object, ...] = ()) -> str:
    """Run `ecli`, which must refuse with the exit code of a kind of error, in one message, and do nothing else.

    `says` is a regular expression that the message must match. No BPF program is loaded, and nothing is installed.
    Returns the message.
    """
    before = installed_files(ecli.home)
    if words[0] == "run":  # so that a run which should not be does not last
        words = ("run", "--timeout", "3s", *words[1:])
    with tempfile.NamedTemporaryFile(mode="r") as trace:
        watch = ("strace", "--follow-forks", "--quiet=all", "--trace=bpf", "--seccomp-bpf", f"--output={trace.name}")
        done = under(ecli, *watch, *prefix, words=words, expect=None)
        loaded = [line for line in trace if "BPF_PROG_LOAD" in line and not _PROBE.search(line)]
    message = done.stderr
    assert done.returncode == EXIT_CODES[kind], f"{words}: exit code {done.returncode}\n{done.stdout}\n{message}"
    assert_one_message(message)
    assert re.search(says, message), f"{says!r} is not in: {message}"
    assert not done.stdout or "--json" in words, done.stdout
    assert not loaded, loaded
    assert installed_files(ecli.home) == before, "something was installed"
    assert_nothing_half_written(ecli.home)
    return message


def assert_one_message(text: str, *, command: str = "ecli") -> None:
    """A message is for people: one, without a traceback, a control character or Python's words for things."""
    assert "Traceback" not in text, text
    said = [line for line in text.splitlines() if line.startswith(f"{command}: ")]
    assert len(said) == 1, f"not one message: {text!r}"
    assert text.splitlines()[0] == said[0], f"something else stands before the message: {text!r}"
    assert all(char.isprintable() or char == "\n" for char in text), repr(text)
    for word in ("None", "Errno", "Exception", "<class", "object at 0x"):
        assert word not in text, f"{word} is no word for people: {text}"


def installed_files(home: Path) -> dict[str, bytes]:
    """What counts as installed in a home: packages and receipts."""
    folders = [home / "packages", home / "receipts"]
    return {str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}


def assert_nothing_half_written(folder: Path) -> None:
    """No temporary file is left behind."""
    left = [path for path in folder.rglob("*") if path.name.endswith((".tmp", ".part"))]
    assert not left, left


def with_env(ecli: Ecli, **env: object) -> Ecli:
    """The same user with more environment variables."""
    return replace(ecli, env={**ecli.env, **{name: str(value) for name, value in env.items()}})


def rows(printed: str) -> list[str]:
    """The rows of an event table, without its head."""
    lines = printed.splitlines()
    assert lines and lines[0].startswith("TIME "), printed
    return lines[1:]
