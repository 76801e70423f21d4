"""Rounds of inputs for a target, in a process of their own that may be killed by one of them."""

from __future__ import annotations

import hashlib
import math
import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from .mutate import mutated
from .target import Target
from .worker import COUNTER, FAULT_CODE, INPUT, read_corpus

MAX_TOLD_CHARS = 8000  # of a failed process
_PLAIN, _GUIDED = "ebpfhub.tests.fuzz.worker", "ebpfhub.tests.fuzz.guided"


class Fault(NamedTuple):
    """An input that a parser must survive and did not, and what was seen."""

    data: bytes
    told: str


class Tried(NamedTuple):
    """What came of a number of inputs; the counts are those of rounds that ended without a fault."""

    taken: int = 0
    refused: int = 0
    fault: Fault | None = None


def write_corpus(target: Target, folder: Path) -> Path:
    """Put a target's valid inputs into a folder, each under the name of its digest."""
    folder.mkdir(parents=True, exist_ok=True)
    for data in target.seeds():
        (folder / hashlib.sha256(data).hexdigest()[:32]).write_bytes(data)
    return folder


def try_mutated(name: str, corpus: Path, *, runs: int, seed: str) -> Tried:
    """Try `runs` mutations of what is in `corpus`; the same ones for the same seed and corpus."""
    with tempfile.TemporaryDirectory(prefix="ebpfhub-fuzz-") as place:
        Path(place, COUNTER).write_bytes(bytes(8))
        done = _started(_PLAIN, name, corpus, place, seed, runs)
        if done.returncode == 0:
            taken, refused = map(int, done.stdout.split())
            return Tried(taken, refused)
        small, number = Path(place, INPUT), int.from_bytes(Path(place, COUNTER).read_bytes(), "little")
        seen = done.returncode == FAULT_CODE and small.exists()
        data = small.read_bytes() if seen else mutated(read_corpus(corpus), seed, number)
        return Tried(fault=Fault(data, f"{done.stderr[-MAX_TOLD_CHARS:]}exit code {done.returncode}, input {number}"))


def try_guided(name: str, corpus: Path, *, runs: int, seconds: float, seed: str) -> Tried:
    """Try `runs` inputs, or as many as can be in `seconds`, that atheris makes by what code they reach; `corpus` grows by those that reach more."""
    with tempfile.TemporaryDirectory(prefix="ebpfhub-fuzz-") as place:
        done = _started(_GUIDED, name, corpus, place, seed, -1 if seconds else runs, math.ceil(seconds))
        if done.returncode == 0:
            return Tried()
        found = [path.read_bytes() for path in sorted(Path(place).iterdir())]
        return Tried(fault=Fault(found[0] if found else b"", done.stderr[-MAX_TOLD_CHARS:]))


def has_atheris() -> bool:
    """Whether inputs can be guided by coverage."""
    return find_spec("atheris") is not None


def _started(module: str, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", module, *map(str, words)],
        capture_output=True, text=True, errors="replace", check=False, env=os.environ | {"PYTHONHASHSEED": "0"},
    )  # fmt: skip
