"""F1: a fresh mirror replays the log of 100,000 releases; and what verifying a bundle costs it.

The log comes from a plain web server, as a static export does. Its manifests and bundles are not there, so a second row
counts what a whole pull asks for, of real packages.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..federation.blobs import BlobStore
from ..federation.log.sequencer import HeadInMemory
from ..federation.origins import find_origin
from ..federation.sources import HubSource
from ..federation.sync.pull import Pull
from ..federation.sync.replica import Replica
from ..federation.transport import Transport
from ..schemas.digest import Digest
from ..signing.bundle import verify_manifest_bundle
from ..signing.notes import COSIGNATURE, Checkpoint, Note, SignerKey
from ..tests.hubs import free_port
from ..tests.sigstores import Sigstore
from .crowd import PACKAGES, Crowd, crowd
from .long_log import ORIGIN, long_log
from .measure import Row, median, spread
from .stage import Stage
from .wire import wires

RELEASES = 100_000
TARGET_RELEASES = 10_000  # a second
TARGET_REQUESTS = 1_500
TARGET_BUNDLES = 250  # a second of one core
BUNDLES = 200  # different ones
ROUNDS = 5  # of them


def rows(stage: Stage) -> list[Row]:
    """Releases a second from nothing to a durable, cosigned copy; requests of a pull; bundles a second of a core."""
    log = long_log(stage.folder / "long-log")
    log.grow(RELEASES)
    (stage.folder / "long-log" / "origin").write_text(log.note.sign(log.origin_key))
    with _served(stage.folder / "long-log") as url:
        before = time.process_time()
        seconds, requests = asyncio.run(_replay(url, stage.folder / "replayed", log.note.fingerprint))
    processor = time.process_time() - before
    each = RELEASES / seconds
    return [
        Row(
            "F1",
            f"a fresh mirror replays the log of {RELEASES:,} releases: hashes, tree, rules, map; no manifests",
            f"{each:,.0f} releases/s: {seconds:.1f} s, {processor:.1f} of a processor, {requests:,} requests",
            "",
            "",
            "≥ 10,000 releases/s",
            each >= TARGET_RELEASES,
        ),
        _requests(crowd(stage.folder / "crowd", stage.package), stage.folder / "pulled", requests),
        _bundles(),
    ]


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "http.server", "--protocol", "HTTP/1.1", "--bind", "127.0.0.1", str(port)]
    with subprocess.Popen(
        [*command, "--directory", folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        time.sleep(1)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


async def _replay(url: str, folder: Path, fingerprint: str) -> tuple[float, int]:
    """Seconds and requests of what a pull does with a log: fetch it, check it, commit it, show it."""
    replica = Replica(folder, HeadInMemory(), origin=ORIGIN, fingerprint=fingerprint)
    replica.open()
    requests = 2  # note and checkpoint
    async with Transport() as transport:
        source = HubSource(transport, url, ORIGIN)

        async def entries(bundle: int, width: int) -> list[bytes]:
            nonlocal requests
            requests += 1
            return await source.entries(bundle, width)

        began = time.perf_counter()
        note, signed = await source.origin_note(), Note.parse(await source.checkpoint())
        checkpoint = Checkpoint.parse(signed.body)
        signed.verify(replica.check_note(note).log_key(checkpoint.size))
        found = await replica.log.newer(entries, checkpoint.size)
        fork, _ = replica.try_entries(found, expected=checkpoint)
        replica.keep_note(note, {})
        shown = replica.commit(found, signed, cosigner=_cosigner(), time=int(time.time()))
        replica.show(shown, fork)
        seconds = time.perf_counter() - began
    assert replica.shown.size == checkpoint.size
    return seconds, requests


def _requests(packages: Crowd, folder: Path, log: int) -> Row:
    """What a whole pull of real packages asks for besides blobs; `log` are the requests for the long log alone."""
    with packages.serving(), wires([(packages.hub.port, 0.0)]) as wire:
        asyncio.run(_pull(wire.urls[0], packages.hub.origin, folder))
        (passed,) = wire.passed()
    manifests = sum(count for path, count in passed.requests.items() if "/manifests/" in path)
    wanted = log + manifests * RELEASES // PACKAGES
    return Row(
        "F1",
        f"requests for manifests in a pull of {PACKAGES} releases with one bundle each",
        f"{manifests}: one a manifest, there are no packs; {wanted:,} for {RELEASES:,} releases with their log",
        "",
        "",
        "≤ 1,500",
        wanted <= TARGET_REQUESTS,
    )


async def _pull(url: str, origin: str, folder: Path) -> None:
    async with Transport() as transport:
        source, note, _ = await find_origin(transport, url, origin=origin)
        replica = Replica(folder / "replica", HeadInMemory(), origin=origin, fingerprint=note.fingerprint)
        replica.open()
        store = BlobStore(folder / "blobs")
        pulled = await Pull(replica, store, source, cosigner=_cosigner(), time=int(time.time())).run()
    assert len(pulled.releases) == PACKAGES


def _bundles() -> Row:
    """Every bundle is another's, of one local Sigstore; seconds are the processor's."""
    sigstore = Sigstore("acme.test")
    domain = sigstore.domain("acme")
    manifests = [Digest.of(str(number).encode()) for number in range(BUNDLES)]
    signed = [(sigstore.sign(manifest), manifest) for manifest in manifests]
    found = list[float]()
    for _ in range(ROUNDS):
        began = time.process_time()
        for bundle, manifest in signed:
            verify_manifest_bundle(bundle, domain, manifest=manifest)
        found.append(BUNDLES / (time.process_time() - began))
    return Row(
        "F1",
        f"{BUNDLES} different Sigstore bundles verified, a second of one core",
        spread(found, unit="/s"),
        "",
        "",
        "≥ 250/s",
        median(found) >= TARGET_BUNDLES,
    )


def _cosigner() -> SignerKey:
    return SignerKey.generate("mirror.test", COSIGNATURE)
