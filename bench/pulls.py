"""F3: a thousand verified pulls, fifty at a time in one process, from three mirrors of which the nearest dies midway.

Each pull is what `ecli pull` does: the nearest mirror, every check, the package installed durably. The peer is devpi at
the distance of the nearest mirror: a package's page, its file and the file's digest, by the same library.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import re
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urljoin

from ..client.fetch import fetch
from ..client.home import Home
from ..client.pins import Pin, Pins, Place
from ..client.settings import load_settings
from ..federation.transport import Transport
from ..schemas.errors import HubError
from ..schemas.reference import Reference
from ..tests.mirrors import mirror_of
from .crowd import NAMESPACE, PACKAGE_BYTES, PACKAGES, Crowd, crowd
from .devpi import filled, name_of, path_of
from .measure import Row, median, spread
from .stage import Stage
from .wire import Wires, wires

PULLS = 1_000
AT_ONCE = 50
TRIPS = (0.005, 0.02, 0.06)  # seconds to each mirror and back; the first is the one that dies
CHOSEN = 20  # pulls, one after the other and without a death, from all mirrors and from the nearest alone
ROUNDS = 3  # of those, alternating
TARGET_RATIO = 3.0  # times devpi
TARGET_CHOICE = 1.1  # times as long as from the nearest alone
_FILE = re.compile(rb'href="([^"#]+\.whl)#sha256=([0-9a-f]{64})"')
_MAX_PAGE = 1 << 20


def rows(stage: Stage) -> list[Row]:
    """Pulls a second and how long one takes, beside devpi; and what choosing costs."""
    packages = crowd(stage.folder / "crowd", stage.package)
    with packages.serving(), _mirrors(packages, stage.folder) as wire:
        pin = Pin(packages.hub.origin, packages.hub.fingerprint, (Place(packages.hub.url, mirror=False),), 0)
        homes = _Homes(stage.folder / "pulls", pin)
        chosen: dict[str, list[float]] = {"all": [], "nearest": []}
        for _ in range(ROUNDS):
            for name, urls in (("all", wire.urls), ("nearest", wire.urls[:1])):
                chosen[name] += homes.pull(CHOSEN, urls, at_once=1)[1]
        seconds, each, failed = homes.pull(PULLS, wire.urls, at_once=AT_ONCE, midway=lambda: wire.cut(0))
    theirs = _devpi(stage)
    ratio = (PULLS / seconds) / theirs
    choice = median(chosen["all"]) / median(chosen["nearest"])
    return [
        Row(
            "F3",
            f"{PULLS:,} verified pulls of 100 KB, {AT_ONCE} at a time, three mirrors, the nearest dies midway",
            f"{PULLS / seconds:.1f}/s, {_shown(each)}, {failed} failed",
            f"devpi, digests alone: {theirs:.1f}/s",
            f"{ratio:.2f} x devpi",
            "all succeed, ≥ 3 x devpi",
            not failed and ratio >= TARGET_RATIO,
        ),
        Row(
            "F3",
            "a pull alone, choosing among three mirrors, beside the nearest one only",
            spread(chosen["all"], unit="ms", scale=1000),
            f"the nearest alone: {spread(chosen['nearest'], unit='ms', scale=1000)}",
            f"{choice:.2f} x",
            "≤ 1.1",
            choice <= TARGET_CHOICE,
        ),
    ]


@contextmanager
def _mirrors(packages: Crowd, folder: Path) -> Iterator[Wires]:
    """Three mirrors that have everything, each behind a wire of its length."""
    with ExitStack() as opened:
        ports = []
        for number in range(len(TRIPS)):
            mirror = mirror_of(packages.hub, folder / f"pulls-mirror-{number}", name=f"mirror-{number}.test")
            opened.callback(mirror.hub.stop)
            ports.append(mirror.hub.port)
        yield opened.enter_context(wires(list(zip(ports, TRIPS, strict=True))))


class _Homes:
    """Users, one for each pull that goes on at a time; all have seen nothing before."""

    def __init__(self, folder: Path, pin: Pin) -> None:
        self._folder, self._pin = folder, pin
        self._runs = 0

    def pull(
        self, count: int, urls: Sequence[str], *, at_once: int, midway: Callable[[], object] = lambda: None
    ) -> tuple[float, list[float], int]:
        """Pull packages from mirrors; seconds of all together and of each, and how many failed."""
        self._runs += 1
        homes = [Home(self._folder / f"{self._runs}-{number}") for number in range(at_once)]
        places = tuple(Place(url, mirror=True) for url in urls)
        for home in homes:
            Pins(home).put(Pin(self._pin.origin, self._pin.fingerprint, places, 0))
        waiting, each, lock = list(range(count)), list[float](), threading.Lock()

        def work(home: Home) -> None:
            settings = load_settings(home)
            while True:
                with lock:
                    if not waiting:
                        return
                    number = waiting.pop()
                    if len(waiting) == count // 2:
                        midway()
                reference = Reference.parse(f"{self._pin.origin}/{NAMESPACE}/tool-{number % PACKAGES}:1.0.0")
                began = time.perf_counter()
                with contextlib.suppress(HubError):
                    fetch(reference, home=home, settings=settings)
                    each.append(time.perf_counter() - began)

        began = time.perf_counter()
        with contextlib.redirect_stderr(io.StringIO()), ThreadPoolExecutor(at_once) as pool:
            list(pool.map(work, homes))
        return time.perf_counter() - began, each, count - len(each)


def _devpi(stage: Stage) -> float:
    """Files a second that one process gets from devpi, AT_ONCE at a time, over a wire like the nearest mirror's."""
    peer = filled(stage.folder / "devpi", packages=PACKAGES, size=PACKAGE_BYTES)
    with peer.serving(), wires([(peer.port, TRIPS[0])]) as wire:
        return asyncio.run(_files(wire.urls[0]))


async def _files(url: str) -> float:
    waiting = list(range(PULLS))

    async def work(transport: Transport) -> None:
        while waiting:
            page = f"{url}{path_of(name_of(waiting.pop() % PACKAGES))}"
            found = _FILE.search(await transport.get(page, limit=_MAX_PAGE))
            assert found is not None, page
            data = await transport.get(urljoin(page, found[1].decode()), limit=2 * PACKAGE_BYTES)
            assert hashlib.sha256(data).hexdigest() == found[2].decode()

    async with Transport() as transport:
        began = time.perf_counter()
        await asyncio.gather(*(work(transport) for _ in range(AT_ONCE)))
        return PULLS / (time.perf_counter() - began)


def _shown(times: Sequence[float]) -> str:
    high = statistics.quantiles(times, n=100)[98]
    return f"p50 {median(times) * 1000:.0f} ms, p99 {high * 1000:.0f} ms"
