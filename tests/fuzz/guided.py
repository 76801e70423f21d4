"""The process in which atheris (libFuzzer for Python) makes inputs by the code that they reach: run by rounds.py.

    python -P -m ebpfhub.tests.fuzz.guided NAME CORPUS PLACE SEED RUNS SECONDS

New inputs go into CORPUS, the one that fails into PLACE. Nothing of the parsers is imported before it is instrumented.
"""

from __future__ import annotations

import sys
import zlib
from importlib import import_module
from pathlib import Path
from random import Random

from .mutate import MAX_BYTES, changed

_PARSERS = ["ebpfhub.schemas", "ebpfhub.client", "ebpfhub.federation"]
_SECONDS = 30  # that one input may take
_OWN_MIB = 1024  # what the process takes by itself, with a corpus
_OURS = 0.5  # share of inputs that are changed by mutate.py, with an eye for numbers and JSON


def main(name: str, corpus: str, place: str, seed: str, runs: str, seconds: str) -> None:
    """Try inputs until `runs` were tried (-1: any number), `seconds` are over (0: never), or one fails."""
    atheris = import_module("atheris")
    with atheris.instrument_imports(include=_PARSERS):
        worker = import_module("ebpfhub.tests.fuzz.worker")
    target = worker.find_target(name)
    seeds: list[bytes] = worker.read_corpus(Path(corpus))

    def change(data: bytes, most: int, number: int) -> bytes:
        chance = Random(number)
        made = changed(data, seeds, chance) if chance.random() < _OURS else bytes(atheris.Mutate(data, most))
        return made[:most]

    options = {
        "runs": runs,
        "max_total_time": seconds,
        "seed": zlib.crc32(seed.encode()) or 1,
        "artifact_prefix": f"{place}/",
        "timeout": _SECONDS,
        "rss_limit_mb": _OWN_MIB + target.memory,
        "max_len": min(MAX_BYTES, 4 * max(map(len, seeds))),
        "print_final_stats": 1,
    }
    words = [f"-{key}={value}" for key, value in options.items()]
    atheris.Setup([sys.argv[0], *words, corpus], target.takes, custom_mutator=change)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
