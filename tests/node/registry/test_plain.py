"""Plain repositories, past what the official suite asks: caching, limits, paging, error shape, hostile requests."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from http.client import responses

import pytest

from .server import Server

ALICE = "alice-token"


def _error(body: bytes) -> str:
    document = json.loads(body)
    assert set(document) == {"errors"}
    assert {"code", "message"} <= set(document["errors"][0])
    return str(document["errors"][0]["code"])


def _manifest(server: Server, repository: str, tag: str, **more: object) -> str:
    document = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []} | more
    raw = json.dumps(document).encode()
    path = f"/v2/{repository}/manifests/{tag}"
    reply = server.ask("PUT", path, raw, token=ALICE, Content_Type="application/vnd.oci.image.index.v1+json")
    assert reply.status == 201, reply.body
    return reply.headers["Docker-Content-Digest"]


@pytest.mark.parametrize("size", [0, 1, 4096, 100_000, 400_000, 3_000_000])
def test_blob_of_any_size_comes_back_with_its_digest(server: Server, plain: str, size: int) -> None:
    data = os.urandom(size)
    digest = server.push(plain, data, token=ALICE)
    for way in ("*/*", "any\tthing"):  # the second takes the long way
        reply = server.ask("GET", f"/v2/{plain}/blobs/{digest}", Accept=way)
        assert (reply.status, reply.body) == (200, data)
        assert reply.headers["Docker-Content-Digest"] == digest
        assert reply.headers["ETag"] == f'"{digest}"'
        assert reply.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Content-Length"] == str(size)
    head = server.ask("HEAD", f"/v2/{plain}/blobs/{digest}")
    assert (head.status, head.headers["Content-Length"], head.body) == (200, str(size), b"")


@pytest.mark.parametrize("size", [10_000, 3_000_000])
def test_ranges_and_conditions(server: Server, plain: str, size: int) -> None:
    data = os.urandom(size)
    path = f"/v2/{plain}/blobs/{server.push(plain, data, token=ALICE)}"
    etag = server.ask("HEAD", path).headers["ETag"]
    part = server.ask("GET", path, Range="bytes=5-99", If_Range=etag)
    assert (part.status, part.body, part.headers["Content-Range"]) == (206, data[5:100], f"bytes 5-99/{size}")
    assert server.ask("GET", path, Range="bytes=-7").body == data[-7:]
    assert server.ask("GET", path, Range="bytes=5-99", If_Range='"other"').body == data
    beyond = server.ask("GET", path, Range=f"bytes={size}-")
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")
    assert server.ask("GET", path, Range="bytes=0-1,5-6").status == 200
    unchanged = server.ask("GET", path, If_None_Match=etag)
    assert (unchanged.status, unchanged.body) == (304, b"")


def test_manifest_by_tag_is_never_kept_and_by_digest_for_ever(server: Server, plain: str) -> None:
    digest = _manifest(server, plain, "v1")
    by_tag = server.ask("GET", f"/v2/{plain}/manifests/v1")
    assert by_tag.headers["Cache-Control"] == "no-cache"
    assert server.ask("GET", f"/v2/{plain}/manifests/{digest}").headers["Cache-Control"].endswith("immutable")
    assert server.ask("GET", f"/v2/{plain}/manifests/v1", If_None_Match=by_tag.headers["ETag"]).status == 304


def test_tags_are_paged_with_links(server: Server, plain: str) -> None:
    for number in range(7):
        _manifest(server, plain, f"v{number}", annotations={"n": str(number)})
    seen, path = [], f"/v2/{plain}/tags/list?n=3"
    while path:
        reply = server.ask("GET", path)
        page = json.loads(reply.body)["tags"]
        assert len(page) <= 3
        seen += page
        path = reply.headers.get("Link", "").partition(">")[0][1:]
    assert seen == [f"v{number}" for number in range(7)]
    none = server.ask("GET", f"/v2/{plain}/tags/list?n=0")
    assert json.loads(none.body)["tags"] == []
    assert "Link" not in none.headers


def test_referrers_too_big_for_one_answer_are_paged(server: Server, plain: str) -> None:
    subject = {"mediaType": "application/vnd.x", "digest": "sha256:" + "0" * 64, "size": 1}
    pushed = {
        _manifest(server, plain, f"r{number}", subject=subject, annotations={"a": str(number) * 1_500_000})
        for number in range(4)
    }
    seen, path = set(), f"/v2/{plain}/referrers/sha256:{'0' * 64}"
    while path:
        reply = server.ask("GET", path)
        assert len(reply.body) < 5_000_000
        seen |= {item["digest"] for item in json.loads(reply.body)["manifests"]}
        path = reply.headers.get("Link", "").partition(">")[0][1:]
    assert seen == pushed


def test_anonymous_writes_are_challenged_and_readers_denied(server: Server, plain: str) -> None:
    path = f"/v2/{plain}/blobs/uploads/"
    nobody = server.ask("POST", path)
    assert nobody.status == 401
    bearer = f'Bearer realm="http://{server.address}/v2/token",service="hub.example.org"'
    assert nobody.challenges == [
        'Basic realm="hub.example.org"',
        f'{bearer},scope="repository:{plain}:pull,push,delete"',
    ]
    assert _error(nobody.body) == "UNAUTHORIZED"
    reader = server.ask("POST", path, token="carol-token")
    assert (reader.status, _error(reader.body)) == (403, "DENIED")
    wrong = server.ask("GET", "/v2/", token="wrong-token")
    assert (wrong.status, _error(wrong.body)) == (401, "UNAUTHORIZED")
    basic = server.ask("POST", path, Authorization="Basic YW55Ym9keTphbGljZS10b2tlbg==")  # anybody:alice-token
    assert basic.status == 202


def test_ping_leads_to_a_token_for_everybody(server: Server) -> None:
    ping = server.ask("GET", "/v2/")
    assert ping.status == 401
    assert ping.headers["WWW-Authenticate"].startswith(f'Bearer realm="http://{server.address}/v2/token"')
    token = json.loads(server.ask("GET", "/v2/token").body)["token"]
    assert server.ask("GET", "/v2/", token=token).status == 200
    assert server.ask("POST", "/v2/plain/a/blobs/uploads/", token=token).status == 401
    assert server.ask("GET", "/v2/token", Authorization="Basic bWU6d3Jvbmc=").status == 401


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v2/plain/../../etc/passwd/manifests/v1", "NAME_INVALID"),
        ("/v2/plain/%2e%2e/%2e%2e/etc/manifests/v1", "NAME_INVALID"),
        ("/v2/plain/a%2F..%2Fb/tags/list", "NAME_INVALID"),
        ("/v2/plain/a/blobs/..%2f..%2fetc%2fpasswd", "NAME_UNKNOWN"),
        ("/v2/plain/a/blobs/sha256:../../../../etc/passwd", "NAME_UNKNOWN"),
        ("/v2/plain/a/blobs/sha256:zz", "DIGEST_INVALID"),
        ("/v2/plain/a/blobs/md5:" + "0" * 32, "DIGEST_INVALID"),
        ("/v2/PLAIN/a/tags/list", "NAME_INVALID"),
        ("/v2/plain/" + "a" * 256 + "/tags/list", "NAME_INVALID"),
        ("/v2/plain/a//b/tags/list", "NAME_INVALID"),
        ("/v2/plain/a\x00b/tags/list".replace("\x00", "%00"), "NAME_INVALID"),
        ("/v2/plain/a/manifests/-tag", "MANIFEST_INVALID"),
        ("/v2/plain/never/tags/list", "NAME_UNKNOWN"),
        ("/v2/plain/tags/list", "NAME_UNKNOWN"),
        ("/v2/one/two/three/tags/list", "NAME_UNKNOWN"),
        ("/v2/other.example.org/tools/x/tags/list", "NAME_UNKNOWN"),
        ("/v2/nothing", "NAME_UNKNOWN"),
    ],
)
def test_hostile_or_unknown_path_gets_an_oci_error(server: Server, path: str, code: str) -> None:
    reply = server.ask("GET", path)
    assert reply.status in (400, 404)
    assert _error(reply.body) == code
    assert reply.headers["Cache-Control"] == "no-store"


def test_upload_ids_that_are_paths_are_unknown(server: Server, plain: str) -> None:
    for name in ("..%2f..%2fhub.sqlite", "%2e%2e", "0" * 36):
        reply = server.ask("PUT", f"/v2/{plain}/blobs/uploads/{name}?digest=sha256:{'0' * 64}", b"x", token=ALICE)
        assert reply.status in (400, 404)


def test_method_that_is_not_for_a_path_is_named(server: Server, plain: str) -> None:
    reply = server.ask("POST", f"/v2/{plain}/tags/list", token=ALICE)
    assert (reply.status, _error(reply.body), reply.headers["Allow"]) == (405, "UNSUPPORTED", "GET")


def test_manifest_that_a_browser_would_run_is_refused(server: Server, plain: str) -> None:
    raw = json.dumps({"schemaVersion": 2, "mediaType": "text/html"}).encode()
    for given in ("text/html", "application/xhtml+xml"):
        reply = server.ask("PUT", f"/v2/{plain}/manifests/v1", raw, token=ALICE, Content_Type=given)
        assert (reply.status, _error(reply.body)) == (400, "MANIFEST_INVALID")


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"nonsense", b"[" * 100_000, b'{"subject": 5}', b'{"mediaType": 7}', b"\xff"]
)
def test_broken_manifest_is_refused(server: Server, plain: str, raw: bytes) -> None:
    reply = server.ask("PUT", f"/v2/{plain}/manifests/v1", raw, token=ALICE)
    assert (reply.status, _error(reply.body)) == (400, "MANIFEST_INVALID")


def test_manifest_above_four_mebibytes_is_too_big(server: Server, plain: str) -> None:
    reply = server.ask("PUT", f"/v2/{plain}/manifests/v1", b" " * (4 * 1024 * 1024 + 1), token=ALICE)
    assert (reply.status, _error(reply.body)) == (413, "SIZE_INVALID")


def test_compressed_body_is_refused_unread(server: Server, plain: str) -> None:
    reply = server.ask("PUT", f"/v2/{plain}/manifests/v1", b"\x1f\x8b", token=ALICE, Content_Encoding="gzip")
    assert (reply.status, _error(reply.body)) == (415, "UNSUPPORTED")


def test_blob_announced_above_the_limit_is_refused_before_it_is_sent(server: Server, plain: str) -> None:
    location = server.ask("POST", f"/v2/{plain}/blobs/uploads/", token=ALICE).headers["Location"]
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        head = f"PATCH {location} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {ALICE}\r\nContent-Length: {1 << 31}\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(4096).startswith(f"HTTP/1.1 413 {responses[413]}".encode()[:12])


def test_uploads_of_another_caller_are_unknown(server: Server, plain: str) -> None:
    location = server.ask("POST", f"/v2/{plain}/blobs/uploads/", token=ALICE).headers["Location"]
    for method in ("GET", "PATCH", "DELETE"):
        reply = server.ask(method, location, token="bob-token")
        assert (reply.status, _error(reply.body)) == (404, "BLOB_UPLOAD_UNKNOWN")
    assert server.ask("GET", location, token=ALICE).status == 204


def test_many_clients_put_one_blob_at_once(server: Server, plain: str) -> None:
    data = os.urandom(2_000_000)
    with ThreadPoolExecutor(8) as pool:
        digests = set(pool.map(lambda number: server.push(f"{plain}{number % 2}", data, token=ALICE), range(16)))
    assert len(digests) == 1
    reply = server.ask("GET", f"/v2/{plain}0/blobs/{digests.pop()}")
    assert hashlib.sha256(reply.body).digest() == hashlib.sha256(data).digest()


def test_small_blobs_that_many_clients_put_at_once_are_all_there(server: Server, plain: str) -> None:
    blobs = [os.urandom(3000) for _ in range(40)]
    wrong = f"sha256:{hashlib.sha256(b'something else').hexdigest()}"

    def push(number: int) -> tuple[str, int]:
        refused = server.ask("POST", f"/v2/{plain}/blobs/uploads/?digest={wrong}", blobs[number], token=ALICE)
        return server.push(f"{plain}{number % 2}", blobs[number], token=ALICE), refused.status

    with ThreadPoolExecutor(8) as pool:
        pushed = list(pool.map(push, range(len(blobs))))
    for number, (digest, refused) in enumerate(pushed):
        assert server.ask("GET", f"/v2/{plain}{number % 2}/blobs/{digest}").body == blobs[number]
        assert refused == 400
    assert server.ask("GET", f"/v2/{plain}/blobs/{wrong}").status == 404


def test_blob_of_one_plain_repository_is_not_in_another(server: Server, plain: str) -> None:
    digest = server.push(plain, os.urandom(100), token=ALICE)
    assert server.ask("GET", f"/v2/{plain}/other/blobs/{digest}").status == 404
    assert server.ask("DELETE", f"/v2/{plain}/other/blobs/{digest}", token=ALICE).status == 404
    mounted = server.ask("POST", f"/v2/{plain}/other/blobs/uploads/?mount={digest}", token=ALICE)
    assert mounted.status == 201
    assert server.ask("DELETE", f"/v2/{plain}/blobs/{digest}", token=ALICE).status == 202
    assert server.ask("GET", f"/v2/{plain}/blobs/{digest}").status == 404
    assert server.ask("GET", f"/v2/{plain}/other/blobs/{digest}").status == 200
