"""The packages of examples/, built once a session and run by real processes of `ecli`, while a test causes events."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ..hubs import BIN, COMMAND_SECONDS, Ecli

PACKAGES = Path(__file__).resolve().parents[2] / "examples"
SECONDS = 60.0  # until what a test waits for must have come, on a busy machine
AGAIN = 0.3  # seconds after which it is caused again: nothing tells when a program is attached

Event = dict[str, Any]
Built = Callable[[str], Path]
Events = Callable[..., list[Event]]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build examples/NAME with `ecli build`; the same name is answered from memory."""
    folder = tmp_path_factory.mktemp("packages")
    ecli = Ecli(folder / "home")

    def build(name: str) -> Path:
        made = folder / f"{name}.bpf"
        if not made.exists():
            told = ecli.run("build", PACKAGES / name, "-o", made).stderr
            assert "warning" not in told, told
        return made

    return build


@pytest.fixture(scope="session")
def events(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Events:
    """Run examples/NAME by `ecli run --json`, cause something, and see it.

    `trigger` is called again and again until `count` objects came for which `where` is true, or the program ended by
    itself; those objects are returned. `allow` is what the program may change, `prefix` a command that starts `ecli`.
    Fails after SECONDS, or when the run fails.
    """
    env = {**os.environ, "ECLI_HOME": str(tmp_path_factory.mktemp("reader"))}

    def run(
        name: str,
        *options: object,
        trigger: Callable[[], object] = lambda: None,
        where: Callable[[Event], object] = lambda event: True,
        count: int = 1,
        allow: str = "",
        prefix: tuple[str, ...] = (),
    ) -> list[Event]:
        flags = ("--unsigned", "--json", "--timeout", f"{SECONDS + 20:.0f}s", *(("--allow", allow) if allow else ()))
        with subprocess.Popen(
            [*prefix, BIN / "ecli", *map(str, ("run", *flags, built(name), *options))],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env,
        ) as process:  # fmt: skip
            try:
                seen = _until(process, trigger, where, count)
                process.send_signal(signal.SIGINT)
                _, told = process.communicate(timeout=COMMAND_SECONDS)
            finally:
                process.kill()
        ended = (0, 130, -signal.SIGINT) if len(seen) >= count else (0,)  # it may have been about to end by itself
        assert process.returncode in ended, told.decode()
        found = [event for event in seen if where(event)]
        assert len(found) >= count, f"{len(found)} of {count}\n{told.decode()}\n{seen[-20:]}"
        return found

    return run


def _until(
    process: subprocess.Popen[bytes], trigger: Callable[[], object], where: Callable[[Event], object], count: int
) -> list[Event]:
    """Read objects until there are enough, the program ended, or the time is up."""
    assert process.stdout is not None
    descriptor, pending, seen, end = process.stdout.fileno(), b"", list[Event](), time.monotonic() + SECONDS
    again, found = 0.0, 0
    while found < count and time.monotonic() < end:
        if time.monotonic() >= again:
            trigger()
            again = time.monotonic() + AGAIN
        if not select.select([descriptor], [], [], AGAIN)[0]:
            continue
        chunk = os.read(descriptor, 1 << 16)
        if not chunk:
            break
        *lines, pending = (pending + chunk).split(b"\n")
        fresh = [json.loads(line) for line in lines]
        found += sum(1 for event in fresh if where(event))
        seen += fresh
    return seen
