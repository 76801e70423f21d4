"""kill -9, restarts and full disks: no partial blob is ever served, and what was answered 201 is there."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from .server import Server

ALICE = "alice-token"
KILLS = 10


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _push_until_killed(server: Server, blobs: list[bytes], begun: list[bytes], durable: list[str]) -> None:
    with suppress(OSError, HTTPException, AssertionError):
        for data in blobs:
            begun.append(data)
            durable.append(server.push("plain/crash", data, token=ALICE))


def test_server_killed_at_random_moments_of_uploads_never_serves_a_partial_blob(tmp_path: Path) -> None:
    chance = random.Random(20)
    durable: list[str] = []
    for _ in range(KILLS):
        begun: list[bytes] = []
        server = Server.spawn(tmp_path / "hub", "--plain")
        blobs = [[os.urandom(chance.choice([2000, 3_000_000, 20_000_000])) for _ in range(4)] for _ in range(3)]
        threads = [threading.Thread(target=_push_until_killed, args=(server, each, begun, durable)) for each in blobs]
        for thread in threads:
            thread.start()
        threads[0].join(timeout=chance.uniform(0.01, 0.3))
        server.kill()
        for thread in threads:
            thread.join()
        with Server.start(tmp_path / "hub", "--plain") as again:
            for digest in durable:
                assert again.ask("HEAD", f"/v2/plain/crash/blobs/{digest}").status == 200
            for data in begun:
                reply = again.ask("GET", f"/v2/plain/crash/blobs/{_digest(data)}")
                assert reply.status == 404 or reply.body == data
            again.push("plain/crash", begun[-1], token=ALICE)
    for file in (tmp_path / "hub" / "blobs" / "sha256").glob("*/*"):
        assert hashlib.sha256(file.read_bytes()).hexdigest() == file.name


def test_upload_goes_on_after_a_kill_where_it_stopped(tmp_path: Path) -> None:
    data = os.urandom(5_000_000)
    with Server.start(tmp_path / "hub", "--plain") as server:
        location = server.ask("POST", "/v2/plain/crash/blobs/uploads/", token=ALICE).headers["Location"]
        half = server.ask("PATCH", location, data[:2_500_000], token=ALICE, Content_Range="0-2499999")
        assert half.status == 202
    with Server.start(tmp_path / "hub", "--plain") as server:
        state = server.ask("GET", location, token=ALICE)
        assert (state.status, state.headers["Range"]) == (204, "0-2499999")
        rest = server.ask("PATCH", location, data[2_500_000:], token=ALICE, Content_Range="2500000-4999999")
        assert rest.status == 202
        assert server.ask("PUT", f"{location}?digest={_digest(data)}", token=ALICE).status == 201
        assert server.ask("GET", f"/v2/plain/crash/blobs/{_digest(data)}").body == data


def test_start_reaps_orphans_and_keeps_uploads_that_can_go_on(tmp_path: Path) -> None:
    with Server.start(tmp_path / "hub", "--plain") as server:
        location = server.ask("POST", "/v2/plain/crash/blobs/uploads/", token=ALICE).headers["Location"]
        server.ask("PATCH", location, b"half", token=ALICE)
    uploads = tmp_path / "hub" / "blobs" / "uploads"
    (uploads / "00000000-0000-0000-0000-000000000000").write_bytes(b"orphan")
    with Server.start(tmp_path / "hub", "--plain"):
        assert [file.name for file in uploads.iterdir()] == [location.rpartition("/")[2]]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_full_disk_is_told_and_hurts_nothing_else(tmp_path: Path, small_disk: Path) -> None:
    blobs = small_disk / "blobs"
    with Server.start(tmp_path / "hub", "--plain", "--blobs", str(blobs)) as server:
        kept = os.urandom(2_000_000)
        digest = server.push("plain/full", kept, token=ALICE)
        location = server.ask("POST", "/v2/plain/full/blobs/uploads/", token=ALICE).headers["Location"]
        announced = server.ask("PATCH", location, bytes(11_000_000), token=ALICE)
        assert announced.status == 507  # before a byte was stored
        for _ in range(4):  # each fits by itself
            reply = server.ask("PATCH", location, bytes(4_000_000), token=ALICE)
            if reply.status != 202:
                break
        assert reply.status == 507
        assert set(json.loads(reply.body)) == {"errors"}
        assert str(tmp_path).encode() not in reply.body
        assert server.ask("GET", f"/v2/plain/full/blobs/{digest}").body == kept
        assert server.ask("DELETE", location, token=ALICE).status in (204, 404)
        assert list((blobs / "uploads").iterdir()) == []
        server.push("plain/full", os.urandom(3_000_000), token=ALICE)


def test_disk_that_fills_up_during_an_unannounced_upload_keeps_no_partial_file(
    tmp_path: Path, small_disk: Path
) -> None:
    blobs = small_disk / "blobs"
    with Server.start(tmp_path / "hub", "--plain", "--blobs", str(blobs)) as server:
        location = server.ask("POST", "/v2/plain/full/blobs/uploads/", token=ALICE).headers["Location"]
        with suppress(OSError):  # the server may answer and hang up while we send
            reply = _send_chunked(server, location, [bytes(1_000_000)] * 14)
            assert reply == 507
        assert list((blobs / "uploads").iterdir()) == []
        assert server.ask("GET", location, token=ALICE).status == 404
        server.push("plain/full", os.urandom(3_000_000), token=ALICE)


def _send_chunked(server: Server, path: str, parts: list[bytes]) -> int:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        headers = {"Authorization": f"Bearer {ALICE}"}
        connection.request("PATCH", path, body=iter(parts), headers=headers, encode_chunked=True)
        return connection.getresponse().status
    finally:
        connection.close()
