"""`make demo`: shows the whole path on this machine, from a new hub to verified events, and what happens to attackers.

Exit code 0 only if every step did what it should and nothing is left behind.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from . import attacks, leftovers, publishing, running
from .hubs import Hub
from .island import Island
from .mirroring import Mirroring
from .stage import Failed, Stage, demand


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the demo and its title."""

    title: str
    play: Callable[[Stage, Hub], None]


MIRRORING = Mirroring()
ISLAND = Island(MIRRORING)
STEPS = (
    Step("A hub on loopback, with its own Sigstore", publishing.start_hub),
    Step("A package from C, with the types that come with ecli", publishing.build_package),
    Step("Sign, publish, log", publishing.publish),
    Step("Verify and run in a new home", running.run_verified),
    Step("Attacks on the hub's disk", attacks.attack),
    Step("One file, no network", running.run_offline),
    Step("A second hub mirrors the first", MIRRORING.add),
    Step("The nearest server", MIRRORING.prefer),
    Step("The origin is gone", MIRRORING.survive),
    Step("A mirror that lies", MIRRORING.deceive),
    Step("A hub that never saw a network", ISLAND.feed),
    Step("Pages for people", ISLAND.look),
)


def main() -> int:
    """Play all steps; returns the exit code."""
    if os.geteuid() != 0:
        print("The demo loads BPF programs: run it as root (sudo make demo).", file=sys.stderr)
        return 7
    try:
        with Stage() as stage:
            times = play(stage, Hub(stage, "hub"))
        demand(not stage.folder.exists(), f"{stage.folder} is left")
    except Failed as error:
        print(f"\nThe demo FAILED: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nThe demo was interrupted; its processes are ended and its folder is removed.", file=sys.stderr)
        return 130
    print("\n=== Every step did what it should ===")
    for step, seconds in zip(STEPS, times, strict=True):
        print(f"{seconds:6.1f} s  {step.title}")
    print(f"{sum(times):6.1f} s  in all; no process, no BPF program and no file is left")
    return 0


def play(stage: Stage, hub: Hub) -> list[float]:
    """Play every step, then look for leftovers; returns each step's seconds. Raises: Failed."""
    programs, times = leftovers.bpf_programs(), list[float]()
    opener = running.start_opener(stage)  # so that every run sees events, on the quietest machine too
    for number, step in enumerate(STEPS, 1):
        print(f"\n=== {number}. {step.title} ===", flush=True)
        started = time.monotonic()
        try:
            step.play(stage, hub)
        except Failed:
            print(f"\nThe hub's log ends with:\n{hub.log()}", file=sys.stderr)
            raise
        times.append(time.monotonic() - started)
    names = running.package_programs(stage) | {attacks.ADDED_PROGRAM}
    hub.stop()
    stage.stop(opener)
    leftovers.check_processes(stage)
    leftovers.check_programs(names, programs)
    leftovers.check_files(stage)
    return times


if __name__ == "__main__":
    sys.exit(main())
