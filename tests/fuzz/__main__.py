"""Fuzz parsers of untrusted bytes for as long as wanted: by coverage where atheris is installed, else by mutation.

python -P -m ebpfhub.tests.fuzz btf config --runs 1000000
python -P -m ebpfhub.tests.fuzz btf --input FILE
"""

from __future__ import annotations

import argparse
import hashlib
import os
import secrets
import sys
import tempfile
import time
from pathlib import Path

from .rounds import Fault, has_atheris, try_guided, try_mutated, write_corpus
from .targets import TARGETS
from .worker import limit_memory, timed

_ROUND = 20_000  # mutated inputs of one process


def main() -> None:
    """Run the targets that are named; exit code 1 when a fault was found."""
    options = _options()
    unknown = [name for name in options.names if name not in TARGETS]
    if unknown:
        sys.exit(f"there is no target {unknown[0]}; there are {', '.join(TARGETS)}")
    names = options.names or list(TARGETS)
    if options.input:
        _again(names[0], options.input.read_bytes())
        return
    plain = options.plain or not has_atheris()
    if plain and not options.plain:
        print("atheris is not installed (pip install atheris), so inputs are mutated without looking at coverage")
    faults = [_run(name, options, plain=plain) for name in names]
    sys.exit(1 if any(faults) else 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -P -m ebpfhub.tests.fuzz", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all, or some of\n{', '.join(TARGETS)}")
    parser.add_argument("--runs", type=int, default=100_000, help="inputs for each target (100000)")
    parser.add_argument("--seconds", type=float, default=0.0, help="end a target after this time instead")
    parser.add_argument("--seed", default=secrets.token_hex(4), help="repeat a run (a new one each time)")
    parser.add_argument("--plain", action="store_true", help="mutate only, also where atheris is installed")
    parser.add_argument("--input", type=Path, help="read this file by the first target, and nothing else")
    parser.add_argument("--keep", type=Path, default=_cache(), help="folder for failing inputs and what atheris finds")
    return parser.parse_args()


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ebpfhub-tests" / "fuzz"


def _again(name: str, data: bytes) -> None:
    """Read one input within the limits; what it raises is shown."""
    target = TARGETS[name]
    for seed in target.seeds():
        target.takes(seed)
    limit_memory(target.memory)
    print(f"{name}: {'taken' if timed(target, data) else 'refused'}")


def _run(name: str, options: argparse.Namespace, *, plain: bool) -> bool:
    """Fuzz one target; tell whether a fault was found."""
    print(f"{name}: seed {options.seed}", flush=True)
    fault = (_mutated if plain else _guided)(name, options)
    if fault is None:
        return False
    file: Path = options.keep / name / f"fault-{hashlib.sha256(fault.data).hexdigest()[:16]}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(fault.data)
    print(f"{fault.told}\n{name}: fails on {len(fault.data)} bytes, in {file}\n  {fault.data[:400]!r}", flush=True)
    return True


def _mutated(name: str, options: argparse.Namespace) -> Fault | None:
    begin, done, taken = time.monotonic(), 0, 0
    with tempfile.TemporaryDirectory(prefix="ebpfhub-fuzz-") as folder:
        corpus = write_corpus(TARGETS[name], Path(folder))
        while time.monotonic() - begin < options.seconds if options.seconds else done < options.runs:
            runs = min(_ROUND, options.runs - done) if not options.seconds else 1000
            tried = try_mutated(name, corpus, runs=runs, seed=f"{options.seed} {done}")
            if tried.fault:
                return tried.fault
            done, taken = done + runs, taken + tried.taken
    print(f"{name}: {done} inputs, {taken} taken, in {time.monotonic() - begin:.0f} s", flush=True)
    return None


def _guided(name: str, options: argparse.Namespace) -> Fault | None:
    begin = time.monotonic()
    corpus = write_corpus(TARGETS[name], options.keep / name / "corpus")
    tried = try_guided(name, corpus, runs=options.runs, seconds=options.seconds, seed=options.seed)
    if tried.fault is None:
        found = len(list(corpus.iterdir()))
        print(f"{name}: {found} inputs that reach something new, in {time.monotonic() - begin:.0f} s", flush=True)
    return tried.fault


if __name__ == "__main__":
    main()
