"""A hub that dies or is stopped: what it has confirmed is there and proven afterwards, and it does not hang."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ebpfhub.client.fetch import fetch
from ebpfhub.client.home import Home
from ebpfhub.client.settings import load_settings
from ebpfhub.schemas.reference import Reference

from ..hubs import ADMIN, Ecli, RunningHub, ebpfhub

KILLS = 8
LOOP = Path(__file__).with_name("release_loop.py")


def test_every_confirmed_release_survives_a_hub_that_is_killed_again_and_again(package: Path, tmp_path: Path) -> None:
    hub = RunningHub.make(tmp_path / "hub")
    author, reader = Ecli(tmp_path / "author"), Ecli(tmp_path / "reader")
    chance = random.Random(8)
    with hub.serving():
        author.login(hub, hub.token(ADMIN, role="admin"))
        reader.trust(hub)
        with _publishing(author, package, hub.url) as said:
            for _ in range(KILLS):
                known = len(_published(said))
                while len(_published(said)) == known:  # so that every life of the hub confirms something
                    time.sleep(0.02)
                time.sleep(chance.uniform(0, 0.6))
                hub.kill()
                hub.start()
        failures = [line for line in said if line.startswith("failed")]
        confirmed = _published(said)
        assert len(confirmed) >= KILLS
        assert all("peer-failed" in line for line in failures), failures
        for version, digest in confirmed.items():
            held = fetch(
                Reference.parse(f"hub.test/crash/opensnoop:{version}"),
                home=Home(reader.home),
                settings=load_settings(Home(reader.home)),
            )
            assert held.receipt.manifest == digest
        newest = list(confirmed)[-1]
        assert Ecli(reader.home).json("verify", f"crash/opensnoop:{newest}")["manifest"] == confirmed[newest]
        interrupted = failures[-1].split()[1]  # what was not confirmed may be said again
        told = author.publish(hub, package, "--namespace", "crash", "--version", interrupted)
        assert told["version"] == interrupted
    assert "Traceback" not in hub.log.read_text()
    assert "clean" in ebpfhub("fsck", hub.folder).stdout


def test_sigterm_ends_a_hub_with_open_requests(tmp_path: Path) -> None:
    """A long-poll that waits for news, an upload that stopped half-way, an idle connection: none holds the hub."""
    hub = RunningHub.make(tmp_path / "hub")
    token = hub.token(ADMIN, role="admin")
    with hub.serving():
        bearer = {"Authorization": f"Bearer {token}"}
        upload = hub.ask("/v2/library/half/blobs/uploads/", method="POST", headers=bearer)
        size = hub.ask("/readyz").json()["size"]
        place = upload.headers["location"].removeprefix(hub.url)
        requests = [
            f"GET /log/checkpoint?newer={size} HTTP/1.1\r\nHost: x\r\n\r\n",
            f"PATCH {place} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: 5000000\r\n\r\nhalf",
            "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET /readyz HTTP/1.1\r\nHo",
        ]
        with contextlib.ExitStack() as open_ones:
            for request in requests:
                connection = open_ones.enter_context(socket.create_connection(("127.0.0.1", hub.port), timeout=30))
                connection.sendall(request.encode())
            time.sleep(0.5)
            process, hub.process = hub.process, None
            assert process is not None
            process.send_signal(signal.SIGTERM)
            try:
                assert process.wait(timeout=10) == 0  # what issue 2 promises, not a speed
            finally:
                process.kill()
                process.wait()
    assert "Traceback" not in hub.log.read_text()
    assert "clean" in ebpfhub("fsck", hub.folder).stdout
    with hub.serving():
        assert hub.ask("/readyz").json()["size"] == size


def test_a_hub_that_is_killed_leaves_no_process_and_no_lock(tmp_path: Path) -> None:
    hub = RunningHub.make(tmp_path / "hub").start()
    assert hub.process is not None
    hub.kill()
    hub.token(ADMIN, role="admin")
    with hub.serving():
        assert hub.ask("/readyz").status == 200


@contextmanager
def _publishing(author: Ecli, package: Path, url: str) -> Iterator[list[str]]:
    env = os.environ | {"ECLI_HOME": str(author.home)}
    said: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-P", LOOP, package, url, "k"], env=env, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None

        def listen() -> None:
            for line in process.stdout or ():
                said.append(line.rstrip("\n"))

        listener = threading.Thread(target=listen)
        listener.start()
        try:
            yield said
        finally:
            process.terminate()
            listener.join(30)


def _published(said: list[str]) -> dict[str, str]:
    """Version and manifest digest of what was confirmed."""
    return {line.split()[1]: line.split()[2] for line in list(said) if line.startswith("published ")}
