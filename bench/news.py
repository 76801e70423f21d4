"""F2: one new release, and ten mirrors that follow the hub: how soon each has it, and what each asked for.

The release is there when the hub's checkpoint was renamed to its place, and mirrored when the mirror's was: the files
say when, by the same clock. Each mirror follows over a wire of its own, which counts.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ..tests.mirrors import Mirror, mirror_of, size_of
from .crowd import Crowd, new_hub
from .measure import Row, median, spread
from .stage import Stage
from .wire import Passed, Wires, wires

MIRRORS = 10
ROUNDS = 5
TARGET = 1.0  # seconds
TARGET_REQUESTS = 5
TARGET_BYTES = 20_000
_QUIET_SECONDS = 3.0  # after a release, until every mirror waits for the next


def rows(stage: Stage) -> list[Row]:
    """Seconds until a mirror has a release; requests and bytes of a mirror, without the package's blobs."""
    packages = new_hub(stage.folder / "news", stage.package)
    with packages.serving(), _mirrors(packages, stage.folder) as (mirrors, wire):
        packages.publish(["tool"], "0.1.0")  # what all versions share is there before the first that counts
        _wait(mirrors, packages)
        delays, asked = list[float](), list[Passed]()
        for number in range(ROUNDS):
            time.sleep(_QUIET_SECONDS)
            before = wire.passed()
            packages.publish(["tool"], f"1.0.{number}")
            _wait(mirrors, packages)
            there = _renamed(packages.hub.folder / "data" / "log" / "checkpoint")
            delays += [_renamed(mirror.checkpoint) - there for mirror in mirrors]
            time.sleep(_QUIET_SECONDS)
            asked += [after.since(old) for after, old in zip(wire.passed(), before, strict=True)]
    return _rows(delays, asked)


@contextmanager
def _mirrors(packages: Crowd, folder: Path) -> Iterator[tuple[list[Mirror], Wires]]:
    """Mirrors that follow the hub, each over its own wire, for the length of a block."""
    with ExitStack() as opened:
        wire = opened.enter_context(wires([(packages.hub.port, 0.0)] * MIRRORS))
        mirrors = list[Mirror]()
        for number, url in enumerate(wire.urls):
            name = f"mirror-{number}"
            mirror = mirror_of(packages.hub, folder / f"news-{name}", url=url, name=f"{name}.test")
            opened.callback(mirror.hub.stop)
            mirrors.append(mirror)
        yield mirrors, wire


def _wait(mirrors: Sequence[Mirror], packages: Crowd) -> None:
    size = size_of(packages.hub)
    for mirror in mirrors:
        mirror.wait(size)


def _renamed(path: Path) -> float:
    """When a file was put into its place (Unix seconds)."""
    return path.stat().st_ctime_ns / 1e9


def _rows(delays: Sequence[float], asked: Sequence[Passed]) -> list[Row]:
    requests = [sum(count for path, count in item.requests.items() if not _is_blob(path)) for item in asked]
    received = [sum(size for path, size in item.received.items() if not _is_blob(path)) for item in asked]
    what = f"one new release to {MIRRORS} mirrors"
    few = median(requests) <= TARGET_REQUESTS and median(received) <= TARGET_BYTES
    return [
        Row(
            "F2",
            f"{what}, until it is shown",
            spread(delays, unit="s"),
            "",
            "",
            "median < 1 s",
            median(delays) < TARGET,
        ),
        Row(
            "F2",
            f"{what}: requests and bytes of a mirror beyond the blobs",
            f"{median(requests):.0f} requests ({_kinds(asked[-1])}), {median(received):,.0f} bytes",
            "",
            "",
            "≤ 5 requests, ≤ 20 KB",
            few,
        ),
    ]


def _is_blob(path: str) -> bool:
    return "/blobs/" in path


def _kinds(asked: Passed) -> str:
    """What was asked for: the first two parts of each path but a blob's."""
    kinds = Counter[str]()
    for path, count in asked.requests.items():
        if not _is_blob(path):
            kinds["manifests" if "/manifests/" in path else path.partition("?")[0].strip("/")] += count
    return ", ".join(f"{count} {kind}" for kind, count in kinds.items())
