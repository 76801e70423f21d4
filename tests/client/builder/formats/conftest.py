"""The programs of this folder, built in all forms once a session, and a process whose system calls they are told of."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from ....hubs import Ecli

PROGRAMS = Path(__file__).parent / "programs"
SECONDS = 60
GETPPID = {"x86_64": 110, "aarch64": 173}[os.uname().machine]  # nobody else calls it here
_ZIG = (sys.executable, "-m", "ziglang", "cc")


class Forms(NamedTuple):
    """A user, and the folder of what `ecli build` wrote for them."""

    ecli: Ecli
    folder: Path

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def lines(self, name: str, *words: object, options: tuple[str, ...] = ()) -> list[str]:
        """Run what was built for two seconds, with options of ecli and words of the program, and give what it wrote."""
        with calling():
            done = self.ecli.run("run", "--timeout", "2s", *options, self / name, *words)
        return done.stdout.splitlines()


@contextmanager
def calling() -> Iterator[None]:
    """Call getppid(2) again and again from another thread of this process."""
    over = threading.Event()

    def call() -> None:
        while not over.wait(0.01):
            os.getppid()

    thread = threading.Thread(target=call)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.fixture(scope="session")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Forms]:
    """Build a program in all its forms, by its file, as users do."""
    folder = tmp_path_factory.mktemp("forms")
    made: dict[str, Forms] = {}

    def build(name: str) -> Forms:
        if name not in made:
            made[name] = Forms(Ecli(folder / "home"), folder / name)
            all_forms = ("--format", "bpf", "--format", "package.json", "--format", "app.wasm", "--wasm-header")
            made[name].ecli.run("build", PROGRAMS / f"{name}.bpf.c", *all_forms, "-o", folder / name)
        return made[name]

    return build


@pytest.fixture(scope="session")
def compiled() -> Callable[[Path, Path], Path]:
    """Compile a guest in C against the headers of a folder."""

    def compile_(source: Path, headers: Path) -> Path:
        target = headers / f"{source.stem}.wasm"
        words = ["-target", "wasm32-wasi", "-Os", "-s", "-Wall", "-Werror", "-Wl,--export-table", f"-I{headers}"]
        subprocess.run([*_ZIG, *words, source, "-o", target], check=True, timeout=5 * SECONDS)
        return target

    return compile_
