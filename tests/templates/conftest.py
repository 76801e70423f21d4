"""Projects that `ecli init` makes, built and run by their own Makefiles, as a user would."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ..caches import kept, with_zig
from ..hubs import BIN, Ecli

BUILD_SECONDS = 900.0  # with crates and C libraries that are compiled once, on a busy machine
EVENT_SECONDS = 120.0
_OF_MAKE = frozenset(("MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS"))  # a `make test` that runs these tests
AGAIN = 0.3  # seconds after which a program is started again: nothing tells when the other is attached
_TRUE = re.compile(rb"(?:^|\s)(\d+)\s+(\d+)\s+true\s+(\S+)", re.MULTILINE)

Make = Callable[..., subprocess.CompletedProcess[str]]
Seen = Callable[[Path], list[tuple[int, int, str]]]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A user's environment: ecli on the PATH, a new home of it, crates kept from run to run."""
    home = tmp_path_factory.mktemp("home")
    with_zig(home / "cache")
    inherited = {name: value for name, value in os.environ.items() if name not in _OF_MAKE}
    return {
        **inherited,
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "ECLI_HOME": str(home),
        "CARGO_TARGET_DIR": str(kept("cargo")),
    }


@pytest.fixture(scope="module")
def start(environment: dict[str, str]) -> Callable[[str, str, Path], Path]:
    """`ecli init NAME DIR --template T`."""

    def init(name: str, template: str, parent: Path) -> Path:
        told = Ecli(Path(environment["ECLI_HOME"])).run("init", name, parent / name, "--template", template).stdout
        assert told.endswith(f"Next: cd {parent / name} && make build && make test\n")
        return parent / name

    return init


@pytest.fixture(scope="module")
def make(environment: dict[str, str]) -> Make:
    """Run `make` in a project; it must end well."""

    def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["make", *words],
            cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False, timeout=BUILD_SECONDS,
        )  # fmt: skip
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done

    return run


@pytest.fixture(scope="module")
def seen(environment: dict[str, str]) -> Seen:
    """Start `make run` for children of this process only, start /bin/true until it is shown, and end it by SIGINT.

    Returns process, parent and file of each line with the name `true`.
    """

    def watch(folder: Path) -> list[tuple[int, int, str]]:
        heard = ["env", "--default-signal=INT"]  # tests that run in a shell's background inherit that it is ignored
        command = [*heard, "make", "--silent", "run", f"ARGS=--ppid {os.getpid()}"]
        with subprocess.Popen(
            command,
            cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True,
        ) as process:  # fmt: skip
            try:
                return _until_seen(process)
            finally:
                os.killpg(process.pid, signal.SIGINT)
                process.communicate(timeout=EVENT_SECONDS)

    return watch


def _until_seen(process: subprocess.Popen[bytes]) -> list[tuple[int, int, str]]:
    assert process.stdout is not None
    shown, end, again, found = b"", time.monotonic() + EVENT_SECONDS, 0.0, list[tuple[int, int, str]]()
    while not found and time.monotonic() < end and process.poll() is None:
        if time.monotonic() >= again:
            subprocess.run(["/bin/true"], check=True)
            again = time.monotonic() + AGAIN
        if select.select([process.stdout], [], [], AGAIN)[0]:
            shown += os.read(process.stdout.fileno(), 1 << 16)
        whole = shown[: shown.rfind(b"\n") + 1]
        found = [(int(one[1]), int(one[2]), one[3].decode()) for one in _TRUE.finditer(whole)]
    assert found, shown.decode()
    return found
