"""H4: pushes of blobs that nobody has yet, durable when they are answered, beside docker-registry.

docker-registry flushes a blob's file, but not the folder that names it; the hub flushes both.
"""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass

from ..tests.hubs import RunningHub
from .load import Answered
from .measure import Row, median
from .pushing import Pusher
from .servers import Server, docker_registry, of_hub
from .stage import Stage

SIZES = {"4 KiB": 4096, "100 KiB": 100 * 1024, "10 MiB": 10 * 1024 * 1024}
TARGETS = {"4 KiB": 4, "100 KiB": 4, "10 MiB": 2}
ROUNDS = 5
SECONDS = 1.5  # of a round
CLIENTS = 4  # connections


@dataclass(frozen=True, slots=True)
class Target:
    """Where blobs are pushed to."""

    server: Server
    repository: str
    token: str = ""


def rows(stage: Stage) -> list[Row]:
    """Each blob is pushed in two requests, by as many clients at once."""
    folder = stage.folder / "h4"
    folder.mkdir()
    hub = RunningHub.make(folder / "hub", "--plain", authority=False)
    with hub.serving(), docker_registry(folder / "registry") as registry:
        targets = {
            "ours": Target(of_hub(hub), "plain/blobs", hub.token(role="admin")),
            "registry": Target(registry, "bench/blobs"),
        }
        return [_row(what, size, targets) for what, size in SIZES.items()]


def _row(what: str, size: int, targets: dict[str, Target]) -> Row:
    found: dict[str, list[Answered]] = {name: [] for name in targets}
    for turn in range(ROUNDS + 1):
        for name, target in targets.items():
            answered = push(target, size, seconds=SECONDS if turn else SECONDS / 3)
            if turn:
                found[name].append(answered)
    ours, theirs = found["ours"], found["registry"]
    times = median([one.rate / other.rate for one, other in zip(ours, theirs, strict=True)])
    return Row(
        "H4",
        f"durable push of a blob of {what}, {CLIENTS} clients",
        _told(ours),
        f"docker-registry {_told(theirs)}",
        f"{times:.1f} x docker-registry",
        f"≥ {TARGETS[what]}",
        times >= TARGETS[what],
    )


def push(target: Target, size: int, *, seconds: float) -> Answered:
    """Push new blobs for a while."""
    spent, began = target.server.processor(), time.perf_counter()
    clients = [_Client(target, size, until=began + seconds) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    pushed = sum(client.pushed for client in clients)
    if any(client.failed for client in clients) or not pushed:
        raise SystemExit(f"{target.server.name} did not take all blobs")
    took = time.perf_counter() - began
    return Answered(pushed / took, (target.server.processor() - spent) / pushed)


class _Client(threading.Thread):
    def __init__(self, target: Target, size: int, *, until: float) -> None:
        super().__init__()
        self._target, self._size, self._until = target, size, until
        self.pushed = 0
        self.failed = True

    def run(self) -> None:
        """Push until it is time."""
        rest = random.Random(self._size).randbytes(self._size - 16)
        pusher = Pusher(self._target.server.port, self._target.repository, self._target.token)
        while time.perf_counter() < self._until:
            pusher.blob(random.randbytes(16) + rest)
            self.pushed += 1
        pusher.close()
        self.failed = False


def _told(answered: list[Answered]) -> str:
    rate, cost = median([one.rate for one in answered]), median([one.cost for one in answered])
    return f"{rate:,.0f} /s, {cost * 1e3:.1f} ms CPU"
