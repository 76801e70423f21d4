"""H1 and H2: GET of blobs from a hub of one process, beside docker-registry, and nginx with one worker."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from ..tests.hubs import RunningHub
from .load import Answered, Asked, alternate, ratio, told
from .measure import Row, median
from .pushing import Pusher
from .servers import docker_registry, nginx, of_hub
from .stage import Stage

SMALL = {"4 KiB": 4096, "100 KiB": 100 * 1024}
BIG = 10 * 1024 * 1024
CONNECTIONS = 32
BIG_CONNECTIONS = 8
OURS, THEIRS = "plain/blobs", "bench/blobs"  # repositories


def small(stage: Stage) -> list[Row]:
    """H1: small blobs. All three answer from files that the kernel has in memory."""
    rows = []
    for what, size in SMALL.items():
        found = _measured(stage.folder / f"h1-{size}", size, connections=CONNECTIONS)
        registry, web = ratio(found["ours"], found["registry"]), ratio(found["ours"], found["nginx"])
        rows.append(
            Row(
                "H1",
                f"GET of a blob of {what}, {CONNECTIONS} connections",
                told(found["ours"]),
                f"docker-registry {told(found['registry'])}; nginx {told(found['nginx'])}",
                f"{registry:.1f} x docker-registry, {web:.2f} x nginx",
                "≥ 20 and ≥ 0.25",
                registry >= 20 and web >= 0.25,
            )
        )
    return rows


def big(stage: Stage) -> list[Row]:
    """H2: a big blob."""
    found = _measured(stage.folder / "h2", BIG, connections=BIG_CONNECTIONS)
    web = ratio(found["ours"], found["nginx"])
    return [
        Row(
            "H2",
            f"GET of a blob of 10 MiB, {BIG_CONNECTIONS} connections",
            _speed(found["ours"]),
            f"nginx {_speed(found['nginx'])}; docker-registry {_speed(found['registry'])}",
            f"{web:.2f} x nginx",
            "≥ 0.9",
            web >= 0.9,
        )
    ]


def _measured(folder: Path, size: int, *, connections: int) -> dict[str, list[Answered]]:
    data = random.Random(size).randbytes(size)
    folder.mkdir()
    hub = RunningHub.make(folder / "hub", "--plain", authority=False)
    with (
        hub.serving(),
        docker_registry(folder / "registry") as registry,
        nginx(folder / "nginx", {"blob": data}) as web,
    ):
        path = _pushed(hub.port, OURS, data, hub.token(role="admin"))
        other = _pushed(registry.port, THEIRS, data)
        asked = {"ours": Asked(of_hub(hub), path), "registry": Asked(registry, other), "nginx": Asked(web, "/blob")}
        return alternate(asked, connections=connections)


def _pushed(port: int, repository: str, data: bytes, token: str = "") -> str:
    pusher = Pusher(port, repository, token)
    try:
        return f"/v2/{repository}/blobs/{pusher.blob(data)}"
    finally:
        pusher.close()


def _speed(answered: Sequence[Answered]) -> str:
    speed, cost = median([one.rate * BIG / 1e9 for one in answered]), median([one.cost for one in answered])
    return f"{speed:.2f} GB/s, {cost * 1e6:,.0f} µs CPU a request"
