"""F5: a new mirror's first sync of 300 packages of 100 KB, each verified; beside a new replica of devpi's.

Both begin with the start of the new server's process and end when everything is there. Meanwhile somebody asks our
mirror again and again for what it shows: a server error, or a name whose blobs are missing, would be told.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from ..schemas.oci import Manifest
from ..tests.hubs import Reply, RunningHub, ebpfhub
from ..tests.mirrors import Mirror, size_of
from .crowd import NAMESPACE, PACKAGE_BYTES, PACKAGES, Crowd, crowd
from .devpi import Devpi, filled
from .measure import Row, median, spread
from .stage import Stage

ROUNDS = 3  # alternating; one of devpi's takes half a minute
TARGET = 3.0  # seconds
_PAUSE = 0.02  # seconds between two questions


def rows(stage: Stage) -> list[Row]:
    """Seconds from the start of the new server, and what was answered meanwhile."""
    packages = crowd(stage.folder / "crowd", stage.package)
    peer = filled(stage.folder / "devpi", packages=PACKAGES, size=PACKAGE_BYTES)
    times: dict[str, list[float]] = {"ours": [], "devpi": []}
    answers = Counter[int]()
    for number in range(ROUNDS):
        with packages.serving():
            times["ours"].append(_ours(packages, stage.folder / f"first-sync-{number}", answers))
        with peer.serving():
            times["devpi"].append(_theirs(peer, stage.folder / f"first-sync-devpi-{number}"))
    ours, theirs = median(times["ours"]), median(times["devpi"])
    errors = sum(count for status, count in answers.items() if status >= 500)
    told = f"{sum(answers.values()):,} questions meanwhile, {errors} of them answered with 5xx"
    return [
        Row(
            "F5",
            f"first sync of {PACKAGES} packages of 100 KB to a new mirror, verified, with its start; {told}",
            spread(times["ours"], unit="s"),
            f"devpi's replica, by digests alone {spread(times['devpi'], unit='s')}",
            f"{ours / theirs:.2f} x devpi",
            "< 3 s and not one 5xx",
            ours < TARGET and not errors,
        )
    ]


def _ours(packages: Crowd, folder: Path, answers: Counter[int]) -> float:
    hub = RunningHub.make(folder, origin="mirror.test", authority=False)
    began = time.perf_counter()
    with hub.serving(), _asked(hub, packages, answers):
        ebpfhub("mirror", "add", folder, packages.hub.url, "--fingerprint", packages.hub.fingerprint)
        took = time.perf_counter() - began
        assert Mirror(hub, packages.hub.origin).served() == size_of(packages.hub)
    return took


@contextmanager
def _asked(hub: RunningHub, packages: Crowd, answers: Counter[int]) -> Iterator[None]:
    """Let somebody ask for packages and blobs while the block lasts. Each package that is shown must have its blobs."""
    done = threading.Event()

    def ask(path: str) -> Reply:
        reply = hub.ask(path)
        answers[reply.status] += 1
        return reply

    def ask_all() -> None:
        chosen = random.Random(5)
        while not done.wait(_PAUSE):
            place = f"/v2/{packages.hub.origin}/{NAMESPACE}/tool-{chosen.randrange(PACKAGES)}"
            shown = ask(f"{place}/manifests/1.0.0")
            for blob in Manifest.parse(shown.body).blobs if shown.status == 200 else ():
                assert ask(f"{place}/blobs/{blob.digest}").status == 200, f"{place} is shown without {blob.digest}"

    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(ask_all)
        try:
            yield
        finally:
            done.set()
        asking.result()


def _theirs(peer: Devpi, folder: Path) -> float:
    replica = Devpi.make(peer.programs, folder, primary=peer.url)
    began = time.perf_counter()
    with replica.serving():
        replica.wait_for_files(PACKAGES)
        return time.perf_counter() - began
