"""What a run of an installed package costs: it imports only what it needs, asks nobody, and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ..hubs import BIN, Ecli
from .machine import Opener, under

HEAVY = {
    "aiohttp", "sigstore", "cryptography", "click", "argparse", "wasmtime", "rich", "sqlite_utils", "msgpack",
    "asyncio", "ssl", "http", "urllib.request", "tomllib", "zstandard", "jinja2",
}  # fmt: skip
PROMISED = {"aiohttp", "sigstore", "cryptography", "click", "argparse", "wasmtime", "rich", "sqlite_utils"}


def test_the_run_of_an_installed_package_imports_nothing_heavy(installed: Ecli, opener: Opener) -> None:
    """Through the real entry point; the interpreter itself tells what it imports."""
    words = ("run", "--verify", "--max-events", "2", "opensnoop", "--pid", str(opener.pid))
    done = _imports(installed, words)
    assert done.stdout.count(opener.file.name) == 2
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "ebpfhub.client.launch" in imported
    assert not imported & PROMISED
    assert not imported & HEAVY
    assert not [name for name in imported if name.startswith(("ebpfhub.node", "ebpfhub.client.builder"))]


def test_the_imports_that_are_looked_for_are_seen_where_they_happen(installed: Ecli) -> None:
    """A check of the check: another command does import them."""
    done = _imports(installed, ("search", "--help"))
    assert "click" in {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}


def test_a_run_opens_no_socket_and_starts_no_process(installed: Ecli, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    watch = ("strace", "--follow-forks", "--quiet=all", "--seccomp-bpf", f"--output={trace}")
    calls = "--trace=socket,connect,execve,fork,vfork,clone3"
    under(installed, *watch, calls, words=("run", "--timeout", "50ms", "opensnoop"))
    told = trace.read_text().splitlines()
    assert sum("execve(" in line and "= 0" in line for line in told) == 2  # a shell's few lines become Python
    assert not [line for line in told if "socket(" in line or "connect(" in line or "fork(" in line], told


def test_a_run_changes_nothing_in_the_home(installed: Ecli) -> None:
    def state() -> dict[Path, tuple[int, int]]:
        return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in installed.home.rglob("*")}

    installed.run("run", "--timeout", "10ms", "opensnoop")  # the first run of these words keeps its plan
    before = state()
    installed.run("run", "--timeout", "10ms", "opensnoop")
    assert state() == before


def _imports(ecli: Ecli, words: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"ECLI_HOME": str(ecli.home)}
    return subprocess.run(
        [sys.executable, "-X", "importtime", BIN / "ecli", *words],
        env=env, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
