"""The short way answers exactly what the long way answers, and only when nothing is in doubt."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from ebpfhub.node.registry.quick import QuickAnswers, QuickRunner
from ebpfhub.node.registry.registry import Registry
from ebpfhub.schemas.digest import AnyDigest

from .composition import compose

HOST = "Host: hub\r\n"


@dataclass
class Running:
    """A server in this loop."""

    registry: Registry
    quick: QuickAnswers
    port: int


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Running]:
    app, registry = compose(tmp_path / "hub")
    runner = QuickRunner(app, registry, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield Running(registry, runner.quick, runner.addresses[0][1])
    await runner.cleanup()


def _store(hub: Running, data: bytes, repository: str = "plain/a", staged_by: str = "") -> AnyDigest:
    digest = hub.registry.store.put(data)
    hub.registry.links.add(repository, digest, staged_by=staged_by)
    return digest


async def _talk(hub: Running, *sent: str, answers: int = 1) -> list[tuple[str, dict[str, str], bytes]]:
    """Send pieces on one connection, each in a packet of its own; read that many answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", hub.port)
    writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for piece in sent:
        writer.write(piece.encode())
        await writer.drain()
        await asyncio.sleep(0.05)
    got = []
    for _ in range(answers):
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).decode()
        status, *lines = head.strip().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        got.append((status, headers, await reader.readexactly(int(headers["Content-Length"]))))
    writer.close()
    await writer.wait_closed()
    return got


def _overwrite(path: str, data: bytes) -> None:
    Path(path).write_bytes(data)


async def test_both_ways_answer_the_same(hub: Running) -> None:
    data = os.urandom(5000)
    request = f"GET /v2/plain/a/blobs/{_store(hub, data)} HTTP/1.1\r\n{HOST}"
    (short,) = await _talk(hub, f"{request}\r\n")
    assert hub.quick.served == 1
    (long,) = await _talk(hub, f"{request}X-Long: 1\r\n\r\n")
    assert hub.quick.served == 1
    for answer in (short, long):
        answer[1].pop("Date")
    long[1].pop("Server")
    assert short == long


async def test_short_and_long_way_alternate_on_one_connection(hub: Running) -> None:
    quick = f"GET /v2/plain/a/blobs/{_store(hub, b'one')} HTTP/1.1\r\n{HOST}\r\n"
    slow = f"HEAD /v2/ HTTP/1.1\r\n{HOST}Authorization: Bearer alice-token\r\n\r\n"
    got = await _talk(hub, quick, slow.replace("HEAD", "GET"), quick, quick, answers=4)
    assert [body for _, _, body in got] == [b"one", b"{}", b"one", b"one"]
    assert hub.quick.served == 3


async def test_request_with_two_hosts_or_none_is_refused(hub: Running) -> None:
    line = f"GET /v2/plain/a/blobs/{_store(hub, b'one')} HTTP/1.1\r\n"
    await _talk(hub, f"{line}{HOST}{HOST}\r\n")
    await _talk(hub, f"{line}Accept: */*\r\n\r\n")
    assert hub.quick.served == 0


async def test_pipelined_requests_are_answered_in_order(hub: Running) -> None:
    requests = [
        f"GET /v2/plain/a/blobs/{_store(hub, body)} HTTP/1.1\r\n{HOST}\r\n" for body in (b"one", b"two", b"six")
    ]
    got = await _talk(hub, "".join(requests), answers=3)
    assert [body for _, _, body in got] == [b"one", b"two", b"six"]
    assert hub.quick.served == 0


async def test_request_hidden_in_the_header_or_body_of_another_is_not_answered(hub: Running) -> None:
    hidden = f"GET /v2/plain/a/blobs/{_store(hub, b'secret')} HTTP/1.1\r\n{HOST}\r\n"
    token = "Authorization: Bearer alice-token\r\n"
    inside_header = f"GET /v2/ HTTP/1.1\r\n{token}X-Hidden: "
    (answer,) = await _talk(hub, inside_header, hidden)
    assert answer[2] == b"{}"
    body = f"PUT /v2/plain/a/manifests/v1 HTTP/1.1\r\n{HOST}{token}Content-Length: {len(hidden)}\r\n\r\n"
    (answer,) = await _talk(hub, body, hidden)
    assert answer[0].split()[1] == "400"
    assert hub.quick.served == 0


async def test_credentials_conditions_and_ranges_go_the_long_way(hub: Running) -> None:
    digest = _store(hub, b"0123456789")
    for header in ("Authorization: Bearer alice-token", "Range: bytes=1-2", "If-None-Match: *", "Connection: close"):
        await _talk(hub, f"GET /v2/plain/a/blobs/{digest} HTTP/1.1\r\n{HOST}{header}\r\n\r\n", answers=header[0] != "I")
    assert hub.quick.served == 0


async def test_staged_unlinked_lost_and_changed_blobs(hub: Running) -> None:
    staged = _store(hub, b"staged", "tools/x", "alice")
    (answer,) = await _talk(hub, f"GET /v2/tools/x/blobs/{staged} HTTP/1.1\r\n{HOST}\r\n")
    assert answer[0].split()[1] == "404"
    digest = _store(hub, b"content")
    request = f"GET /v2/plain/a/blobs/{digest} HTTP/1.1\r\n{HOST}\r\n"
    assert (await _talk(hub, request))[0][2] == b"content"
    _overwrite(hub.registry.store.path(digest), b"CHANGED")
    assert (await _talk(hub, request))[0][2] == b"CHANGED"  # no cache hides what is on the disk
    hub.registry.links.remove("plain/a", digest)
    assert (await _talk(hub, request))[0][0].split()[1] == "404"
    other = _store(hub, b"other")
    hub.registry.store.delete(other)
    (answer,) = await _talk(hub, f"GET /v2/plain/a/blobs/{other} HTTP/1.1\r\n{HOST}\r\n")
    assert answer[0].split()[1] == "404"
