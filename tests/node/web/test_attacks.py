"""What strangers try against a running hub: scripts in what they publish or ask, other hosts, bombs; each has no effect."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
import zstandard
from ebpfhub.client.publish import HubSession, publish
from ebpfhub.federation.package_file import PackageFile
from ebpfhub.federation.transport import Transport
from ebpfhub.schemas import media
from ebpfhub.schemas.errors import HubError
from ebpfhub.schemas.oci import Descriptor, Manifest

from ...hubs import ADMIN, Reply, RunningHub, build_opensnoop
from .document import Found

BROWSER = {"Accept": "text/html"}
EVIL = "evil.example.net"
PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "javascript:alert(1)",
    "</title><svg onload=alert(1)>",
    "{{7*7}}${7*7}<%=7*7%>",
    "\u202e</a>\x00",
)
PLACES = (
    "/packages?q={}",
    "/packages?q={}&sort=name&lang=zh",
    "/packages?category={}",
    "/packages?publisher={}",
    "/packages?origin={}",
    "/packages?kernel={}",
    "/packages?page={}",
    "/packages?lang={}",
    "/packages/{}",
    "/packages/library/{}",
    "/packages/library/opensnoop/{}",
    "/packages/library/opensnoop/changes/{}...0.2.0",
    "/packages/library/opensnoop/changes?old={}&new=0.2.0",
    "/publishers/{}",
    "/docs/{}",
    "/docs/manual/{}",
    "/docs/api/{}",
    "/federation/evidence/{}",
    "/{}",
)
MAX_GROWTH = 192 * 1024  # KiB of memory that a bomb of 512 MiB may cost the hub
BOMB = 512 << 20


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_is_asked_for_never_becomes_a_part_of_the_page(hub: RunningHub, payload: str) -> None:
    for place in PLACES:
        path = place.format(quote(payload, safe=""))
        reply = hub.ask(path, headers=BROWSER)
        assert reply.status in (200, 302, 400, 404), path
        if not reply.headers.get("content-type", "").startswith("text/html"):
            continue
        page = Found.page(reply.text)
        scripts = [item.attributes for item in page.all("script")]
        assert all(re.fullmatch(r"/static/hub\.[0-9a-f]{12}\.js", given["src"]) for given in scripts), path
        assert len(scripts) == 1, path
        assert not page.all("svg, iframe, object, embed, style, base"), path
        for element in page.all():
            assert not [name for name in element.attributes if name.startswith("on")], path
            assert not element.attributes.get("href", "").lower().startswith("javascript:"), path
        assert "49" not in page.one("main").words or "7*7" not in payload, path
        assert "\u202e" not in reply.text, path


@pytest.mark.parametrize("path", ["/packages/library/hostile", "/packages/library/hostile/changes/0.1.0...0.2.0-rc.1"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_was_published_never_becomes_a_part_of_the_page(hub: RunningHub, path: str, language: str) -> None:
    page = Found.page(hub.ask(path, headers=BROWSER | {"Accept-Language": language}).text)
    assert len(page.all("script")) == 1
    assert not [name for element in page.all() for name in element.attributes if name.startswith("on")]
    assert "alert(1)" in page.one("main").words  # as text that everybody can read


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("/search?q=a", EVIL),
        ("/packages/", EVIL),
        ("/packages/opensnoop", EVIL),
        (f"//{EVIL}/search", "hub"),
        (f"//{EVIL}/packages/", "hub"),
        (f"/packages//{EVIL}", "hub"),
        (f"/%2f%2f{EVIL}/packages/", "hub"),
        (f"/search/..//{EVIL}", "hub"),
        (f"http://{EVIL}/search?q=a", EVIL),
        (f"http://{EVIL}/packages/", EVIL),
        ("/packages/library/opensnoop/changes", EVIL),
        (f"/packages/library/opensnoop/changes?old=0.1.0&new=//{EVIL}", "hub"),
        ("/favicon.ico", EVIL),
    ],
)
def test_no_redirect_leads_to_another_host(hub: RunningHub, target: str, host: str) -> None:
    reply = raw(hub, target, host)
    location = reply.headers.get("location", "/")
    assert re.match(r"/(?![/\\])", location), location
    assert EVIL not in location.partition("?")[0]


@pytest.mark.parametrize(
    "path", ["/", "/packages", "/packages/library/opensnoop", "/federation", "/docs", "/docs/api/search", "/nothing"]
)
def test_the_host_header_changes_nothing(hub: RunningHub, path: str) -> None:
    usual = hub.ask(path, headers=BROWSER)
    for headers in (
        {"Host": EVIL},
        {"X-Forwarded-Host": EVIL, "X-Forwarded-Proto": "https", "Forwarded": f"host={EVIL}"},
        {"X-Original-URL": "/admin", "X-Rewrite-URL": "/admin"},
    ):
        reply = hub.ask(path, headers=BROWSER | headers)
        assert (reply.status, reply.body) == (usual.status, usual.body), headers
        assert EVIL not in str(reply.headers)


def raw(hub: RunningHub, target: str, host: str) -> Reply:
    """Send a request whose target is written as it is."""
    with socket.create_connection(("127.0.0.1", hub.port), timeout=30) as connection:
        lines = [
            f"GET {target} HTTP/1.1",
            f"Host: {host}",
            "Accept: text/html",
            f"X-Forwarded-Host: {EVIL}",
            "Connection: close",
        ]
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        data = b""
        while chunk := connection.recv(1 << 16):
            data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    status, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}
    return Reply(int(status.split()[1]), headers, body)


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A hub as it stands behind a proxy: it listens on loopback, and has a public address."""
    made = RunningHub.make(tmp_path_factory.mktemp("public") / "hub", authority=False)
    settings = made.folder / "hub.toml"
    settings.write_text(settings.read_text().replace(f'public_url = "{made.url}"', 'public_url = "https://hub.test"'))
    with made.serving():
        yield made


@contextlib.contextmanager
def listener() -> Iterator[tuple[int, Callable[[], int]]]:
    """A port of this machine, and how often somebody came to it."""
    came = 0
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            nonlocal came
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    came += 1
                    connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], lambda: came


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}",
        "https://127.0.0.1:{port}",
        "https://localhost:{port}",
        "https://localhost.:{port}",
        "https://127.1:{port}",
        "https://2130706433:{port}",
        "https://0.0.0.0:{port}",
        "https://[::1]:{port}",
        "https://[::ffff:127.0.0.1]:{port}",
        "http://user@127.0.0.1:{port}",
        "https://hub.test@127.0.0.1:{port}",
        "https://127.0.0.1:{port}#@hub.test",
        "https://169.254.169.254/latest/meta-data",
        "http://169.254.169.254/latest/meta-data",
        "https://[fe80::1]:{port}",
        "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/_",
        "//127.0.0.1:{port}",
    ],
)
def test_an_announced_address_of_the_hubs_own_machine_is_not_asked(public: RunningHub, url: str) -> None:
    with listener() as (port, came):
        body = json.dumps({"url": url.format(port=port)}).encode()
        answer = public.ask("/api/v1/mirrors", method="POST", body=body, headers={"Content-Type": "application/json"})
        assert answer.status in (400, 403), answer.text
        assert came() == 0
    assert public.ask("/api/v1/federation").json()["mirrors"] == []
    assert b"passwd" not in answer.body or "passwd" in url


@pytest.fixture(scope="module")
def bombed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningHub, PackageFile]]:
    """A hub of its own for bombs, and a whole package."""
    folder = tmp_path_factory.mktemp("bombs")
    package = PackageFile.read(build_opensnoop(folder).read_bytes())
    hub = RunningHub.make(folder / "hub")
    with hub.serving():
        hub.token(ADMIN, role="admin")
        yield hub, package


def most_memory(hub: RunningHub) -> int:
    """The most memory that the hub's process ever had, in KiB."""
    assert hub.process is not None
    status = Path(f"/proc/{hub.process.pid}/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0])


def bomb(*, known: bool) -> bytes:
    """Zeros as one zstd frame, which states its size or does not."""
    made = zstandard.ZstdCompressor(write_content_size=known).compressobj(size=BOMB if known else -1)
    return b"".join([*(made.compress(bytes(1 << 20)) for _ in range(BOMB >> 20)), made.flush()])


def lying() -> bytes:
    """The same, in a frame that states one byte."""
    frame = zstandard.ZstdCompressor(write_content_size=True).compress(b"x")
    return frame[:5] + bomb(known=False)


@pytest.mark.parametrize(
    "made", [lambda: bomb(known=True), lambda: bomb(known=False), lying], ids=["stated", "unstated", "lying"]
)
def test_a_bomb_is_neither_released_nor_unpacked(
    bombed: tuple[RunningHub, PackageFile], made: Callable[[], bytes]
) -> None:
    hub, package = bombed
    before = most_memory(hub)
    with pytest.raises(HubError):
        _publish(hub, _with_layer(package, media.BPF_OBJECT, made()))
    assert most_memory(hub) - before < MAX_GROWTH
    assert hub.ask("/packages/library/opensnoop", headers=BROWSER).status == 404


def test_what_is_too_much_or_too_deep_is_refused(bombed: tuple[RunningHub, PackageFile]) -> None:
    hub, package = bombed
    before = most_memory(hub)
    with pytest.raises(HubError):
        _publish(hub, _with_layer(package, media.README, b"# long\n" * (1 << 16)))
    token = hub.token(ADMIN, role="admin")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": media.OCI_MANIFEST}
    descriptor = {"mediaType": media.BPF_OBJECT, "digest": f"sha256:{'0' * 64}", "size": 1}
    for body in (
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 3_000_000,
        json.dumps({"schemaVersion": 2, "layers": [descriptor] * 20_000, "config": descriptor}).encode(),
        b'{"schemaVersion": ' + b"9" * 100_000 + b"}",
    ):
        answer = hub.ask("/v2/library/opensnoop/manifests/latest", method="PUT", body=body, headers=headers)
        assert 400 <= answer.status < 500, answer.text
    assert most_memory(hub) - before < MAX_GROWTH


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd", "br"])
def test_a_compressed_body_is_not_unpacked(bombed: tuple[RunningHub, PackageFile], encoding: str) -> None:
    hub, _ = bombed
    before = most_memory(hub)
    token = hub.token(ADMIN, role="admin")
    packed = {"gzip": lambda: gzip.compress(bytes(BOMB), 9), "zstd": lambda: bomb(known=True)}.get(
        encoding, lambda: bytes(4096)
    )()
    headers = {"Authorization": f"Bearer {token}", "Content-Encoding": encoding}
    for method, path, kind in (
        ("POST", "/api/v1/mirrors", "application/json"),
        ("PUT", "/v2/library/opensnoop/manifests/latest", media.OCI_MANIFEST),
        ("POST", "/sigstore/oidc/token", "application/x-www-form-urlencoded"),
        ("POST", "/sigstore/rekor/api/v2/log/entries", "application/json"),
        ("POST", f"/v2/library/opensnoop/blobs/uploads/?digest=sha256:{'0' * 64}", "application/octet-stream"),
    ):
        with contextlib.suppress(OSError):  # it may hang up before it has read all
            answer = hub.ask(path, method=method, body=packed, headers=headers | {"Content-Type": kind})
            assert 400 <= answer.status < 500, (path, answer.text)
    assert hub.ask("/readyz").status == 200
    assert most_memory(hub) - before < MAX_GROWTH


def _with_layer(package: PackageFile, kind: str, data: bytes) -> PackageFile:
    """The package with a layer of one kind in the place of what it had of that."""
    held = package.contents
    layer = Descriptor.of(kind, data)
    layers = (*(item for item in held.manifest.layers if item.media_type != kind), layer)
    manifest = Manifest.make(artifact_type=media.PACKAGE, config=held.manifest.config, layers=layers)
    names = {item.digest for item in manifest.blobs}
    blobs = {digest: blob for digest, blob in held.blobs.items() if digest in names} | {layer.digest: data}
    contents = replace(held, manifest=manifest, blobs=blobs)  # what PackageContents.open would refuse, a liar sends
    return PackageFile(contents)


def _publish(hub: RunningHub, file: PackageFile) -> None:
    token = hub.token(ADMIN, role="admin")

    async def run() -> None:
        async with Transport() as transport:
            await publish(file, HubSession(transport, hub.url, token), progress=lambda _: None)

    asyncio.run(run())
