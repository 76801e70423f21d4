"""Clients that send or read too slowly, or open too many uploads, are cut off; a closed hub shows nothing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

from ebpfhub.node.registry.registry import Limits
from pytest_aiohttp.plugin import AiohttpClient

from .composition import compose

ALICE = {"Authorization": "Bearer alice-token"}


async def test_client_that_stops_sending_is_told_and_may_go_on(tmp_path: Path, aiohttp_client: AiohttpClient) -> None:
    app, _ = compose(tmp_path / "hub", limits=Limits(silence=0.1))
    client = await aiohttp_client(app)
    begun = await client.post("/v2/plain/a/blobs/uploads/", headers=ALICE)

    async def body() -> AsyncIterator[bytes]:
        yield b"hello"
        await asyncio.sleep(2)
        yield b"too late"

    reply = await client.patch(begun.headers["Location"], data=body(), headers=ALICE)
    assert reply.status == 408
    state = await client.get(begun.headers["Location"], headers=ALICE)
    assert state.headers["Range"] == "0-4"


async def test_client_that_reads_too_slowly_is_cut_off(tmp_path: Path, aiohttp_client: AiohttpClient) -> None:
    app, registry = compose(tmp_path / "hub", limits=Limits(grace=0.1, lowest_rate=10**12))
    client = await aiohttp_client(app)
    digest = registry.store.put(os.urandom(30_000_000))
    registry.links.add("plain/a", digest)
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port, limit=1024)
    writer.write(f"GET /v2/plain/a/blobs/{digest} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
    await asyncio.sleep(0.5)
    received = 0
    try:
        while chunk := await asyncio.wait_for(reader.read(1 << 20), 5):
            received += len(chunk)
    except ConnectionResetError:
        pass
    assert received < 30_000_000
    writer.close()


async def test_too_many_uploads_of_one_caller_are_refused(tmp_path: Path, aiohttp_client: AiohttpClient) -> None:
    app, _ = compose(tmp_path / "hub", limits=Limits(uploads=2))
    client = await aiohttp_client(app)
    locations = []
    for _ in range(2):
        reply = await client.post("/v2/plain/a/blobs/uploads/", headers=ALICE)
        locations.append(reply.headers["Location"])
    refused = await client.post("/v2/plain/a/blobs/uploads/", headers=ALICE)
    assert refused.status == 429
    assert (await refused.json())["errors"][0]["code"] == "TOOMANYREQUESTS"
    other = {"Authorization": "Bearer bob-token"}
    assert (await client.post("/v2/plain/a/blobs/uploads/", headers=other)).status == 202
    assert (await client.delete(locations[0], headers=ALICE)).status == 204
    assert (await client.post("/v2/plain/a/blobs/uploads/", headers=ALICE)).status == 202


async def test_upload_that_grows_above_the_limit_is_dropped(tmp_path: Path, aiohttp_client: AiohttpClient) -> None:
    app, registry = compose(tmp_path / "hub", limits=Limits(plain_blob=10))
    client = await aiohttp_client(app)
    begun = await client.post("/v2/plain/a/blobs/uploads/", headers=ALICE)
    assert (await client.patch(begun.headers["Location"], data=b"1234567", headers=ALICE)).status == 202
    assert (await client.patch(begun.headers["Location"], data=b"1234567", headers=ALICE)).status == 413
    assert (await client.get(begun.headers["Location"], headers=ALICE)).status == 404
    assert list((registry.store.folder / "uploads").iterdir()) == []


async def test_failed_single_posts_do_not_use_up_the_uploads_of_a_caller(
    tmp_path: Path, aiohttp_client: AiohttpClient
) -> None:
    app, registry = compose(tmp_path / "hub", limits=Limits(plain_blob=10))
    client = await aiohttp_client(app)
    path = f"/v2/plain/a/blobs/uploads/?digest=sha256:{'0' * 64}"
    for data, status in ((b"1234567", 400), (b"12345678901", 413)):
        assert (await client.post(path, data=data, headers=ALICE)).status == status
    assert registry.uploads.count("alice") == 0


async def test_closed_hub_shows_nothing_to_somebody_without_a_login(
    tmp_path: Path, aiohttp_client: AiohttpClient
) -> None:
    app, registry = compose(tmp_path / "hub", closed=True)
    client = await aiohttp_client(app)
    digest = registry.store.put(b"inside")
    registry.links.add("plain/a", digest)
    for path in (f"blobs/{digest}", "tags/list", "manifests/v1", f"referrers/{digest}"):
        assert (await client.get(f"/v2/plain/a/{path}")).status == 401
    reader = {"Authorization": "Bearer carol-token"}
    reply = await client.get(f"/v2/plain/a/blobs/{digest}", headers=reader)
    assert (reply.status, reply.headers["Cache-Control"].split(",")[0]) == (200, "private")
