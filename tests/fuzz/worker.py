"""The process in which inputs are tried one after the other, within limits of memory and time: run by rounds.py.

    python -P -m ebpfhub.tests.fuzz.worker NAME CORPUS PLACE SEED RUNS

Prints how many inputs were taken and refused. In PLACE stands the number of the input that is being tried, for when
this process is killed by it; what raises something else than it may is made small there.
"""

from __future__ import annotations

import faulthandler
import mmap
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from .faulty import FAULTY
from .mutate import mutated
from .shrink import shrunk
from .target import Target
from .targets import TARGETS

COUNTER, INPUT = "number", "input"  # files in PLACE
FAULT_CODE = 3
PROCESSOR_SECONDS = 5.0  # that one input may take
WALL_SECONDS = 120.0  # after which one is stuck, on a busy machine too
_MIB = 1 << 20


def main(name: str, corpus: str, place: str, seed: str, runs: str) -> None:
    """Try `runs` inputs made of those in CORPUS; the exit code is FAULT_CODE where one did what it must not."""
    target = find_target(name)
    seeds = read_corpus(Path(corpus))
    faulthandler.enable()
    for limit in (signal.SIGPROF, signal.SIGALRM):
        faulthandler.register(limit, chain=True)
    for data in seeds:  # what is only loaded when it is first needed does not count
        if not target.takes(data):
            sys.exit(f"{name} refuses one of its own seeds")
    limit_memory(target.memory)
    taken = 0
    with Path(place, COUNTER).open("r+b") as file, mmap.mmap(file.fileno(), 8) as counter:
        for number in range(int(runs)):
            counter[:] = number.to_bytes(8, "little")
            taken += _tried(target, mutated(seeds, seed, number), Path(place, INPUT))
    print(taken, int(runs) - taken)


def find_target(name: str) -> Target:
    """The target of a name; those that misbehave are there for tests of this fuzzer."""
    return TARGETS.get(name) or FAULTY[name]


def read_corpus(folder: Path) -> list[bytes]:
    """Valid inputs, in an order that is always the same."""
    return [path.read_bytes() for path in sorted(folder.iterdir())]


def limit_memory(mebibytes: int) -> None:
    """Let this process grow by so much from here on; a request for more is a MemoryError."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + mebibytes * _MIB
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def timed(target: Target, data: bytes) -> bool:
    """Read an input; a process that does not come to an end of it is killed, and says where it was."""
    signal.setitimer(signal.ITIMER_PROF, PROCESSOR_SECONDS)
    signal.setitimer(signal.ITIMER_REAL, WALL_SECONDS)
    try:
        return target.takes(data)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


def _tried(target: Target, data: bytes, keep: Path) -> bool:
    try:
        return timed(target, data)
    except Exception as error:
        traceback.print_exc()
        sys.stderr.flush()
        keep.write_bytes(data)
        keep.write_bytes(shrunk(data, _fails_like(target, error)))
        sys.exit(FAULT_CODE)


def _fails_like(target: Target, error: Exception) -> Callable[[bytes], bool]:
    """Whether other bytes fail in the same way, at the same line."""
    wanted = _mark(error)

    def fails(data: bytes) -> bool:
        try:
            timed(target, data)
        except Exception as other:
            return _mark(other) == wanted
        return False

    return fails


def _mark(error: Exception) -> tuple[type, str, int | None]:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return type(error), last.filename, last.lineno


if __name__ == "__main__":
    main(*sys.argv[1:])
