"""The fuzzer sees what it is there for: wrong errors, crashes, endless loops, memory; and says on which input."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .faulty import FAULTY, SEED
from .mutate import mutated
from .rounds import Fault, try_mutated, write_corpus
from .shrink import shrunk

TOLD = {
    "raises": "KeyError",
    "wanders": "NotFound",
    "grows": "MemoryError",
    "crashes": "Segmentation fault",
    "loops": "_loops",
}


def fault_of(name: str, folder: Path) -> Fault:
    fault = try_mutated(name, write_corpus(FAULTY[name], folder), runs=1000, seed="x").fault
    assert fault is not None
    return fault


@pytest.mark.parametrize("name", FAULTY)
def test_every_kind_of_fault_is_found_with_its_input(name: str, tmp_path: Path) -> None:
    fault = fault_of(name, tmp_path)
    assert b"X" not in fault.data
    assert TOLD[name] in fault.told


def test_an_input_that_raises_is_made_small(tmp_path: Path) -> None:
    assert fault_of("raises", tmp_path).data == b""


def test_small_inputs_keep_what_makes_them_fail() -> None:
    assert shrunk(b"much before the {needle} and after it" * 20, lambda data: b"{ne" in data) == b"{ne"


def test_the_same_seed_makes_the_same_inputs() -> None:
    seeds = [SEED, b'{"a": [1, "x", {"b": null}]}', bytes(range(256))]
    made = [mutated(seeds, "x", number) for number in range(300)]
    assert made == [mutated(seeds, "x", number) for number in range(300)]
    assert len(set(made)) > 250
    assert made != [mutated(seeds, "y", number) for number in range(300)]


def test_a_kept_input_is_read_again_by_the_command(tmp_path: Path) -> None:
    file = tmp_path / "input"
    for text, said in (("opensnoop", "taken"), ("open snoop", "refused")):
        file.write_text(text)
        done = subprocess.run(
            [sys.executable, "-P", "-m", "ebpfhub.tests.fuzz", "reference", "--input", str(file)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stdout == f"reference: {said}\n"
