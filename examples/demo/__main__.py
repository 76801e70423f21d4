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
from .stage import Failed, Stage, demand


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the demo and its title."""

    title: str
    play: Callable[[Stage, Hub], None]


STEPS = (
    Step("A hub on loopback, with its own Sigstore", publishing.start_hub),
    Step("A package from C, with the running kernel's types", publishing.build_package),
    Step("Sign, publish, log", publishing.publish),
    Step("Verify and run in a new home", running.run_verified),
    Step("Attacks on the hub's disk", attacks.attack),
    Step("One file, no network", running.run_offline),
)


def main() -> int:
    """Play all steps; returns the exit code."""
    if os.geteuid() != 0:
        print("The demo loads BPF programs: run it as root (sudo make demo).", file=sys.stderr)
        return 7
    try:
        with Stage() as stage:
            times = play(stage)
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


def play(stage: Stage) -> list[float]:
    """Play every step, then look for leftovers; returns each step's seconds. Raises: Failed."""
    programs, times, hub = leftovers.bpf_programs(), list[float](), Hub(stage, "hub")
    for number, step in enumerate(STEPS, 1):
        print(f"\n=== {number}. {step.title} ===", flush=True)
        started = time.monotonic()
        step.play(stage, hub)
        times.append(time.monotonic() - started)
    names = running.package_programs(stage) | {attacks.ADDED_PROGRAM}
    hub.stop()
    leftovers.check_processes(stage)
    leftovers.check_programs(names, programs)
    leftovers.check_files(stage)
    return times


if __name__ == "__main__":
    sys.exit(main())
