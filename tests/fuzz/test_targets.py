"""Parsers of untrusted bytes survive damaged inputs: they take or refuse them, in little memory and time.

The long run is `python -P -m ebpfhub.tests.fuzz`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from .rounds import try_mutated, write_corpus
from .targets import TARGETS

RUNS = 500
SEED = "ebpfhub"


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_inputs_are_taken_or_refused(name: str, tmp_path: Path) -> None:
    tried = try_mutated(name, write_corpus(TARGETS[name], tmp_path / "corpus"), runs=RUNS, seed=SEED)
    if tried.fault:
        pytest.fail(f"{name} fails on {tried.fault.data[:2000]!r}\n{tried.fault.told}")
    assert tried.taken + tried.refused == RUNS
    assert tried.refused, "nothing was damaged enough"
