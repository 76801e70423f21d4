"""Logged repositories: what is staged is its pusher's alone until the log takes it; then it is everybody's for good."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from ebpfhub.schemas import media
from ebpfhub.schemas.oci import EMPTY_CONFIG, Descriptor, Manifest
from ebpfhub.schemas.package import PackageConfig

from .server import Reply, Server

ALICE, BOB = "alice-token", "bob-token"


def _blob(server: Server, repository: str, media_type: str, data: bytes, token: str = ALICE) -> Descriptor:
    server.push(repository, data, token=token)
    return Descriptor.of(media_type, data)


def _put(server: Server, repository: str, manifest: Manifest, reference: str = "", token: str = ALICE) -> Reply:
    path = f"/v2/{repository}/manifests/{reference or manifest.digest}"
    return server.ask("PUT", path, manifest.raw, token=token, Content_Type=media.OCI_MANIFEST)


def _package(server: Server, repository: str, version: str = "1.0.0", token: str = ALICE) -> Manifest:
    namespace, name = repository.split("/")
    config = PackageConfig(namespace, name, version).to_json()
    return Manifest.make(
        artifact_type=media.PACKAGE,
        config=_blob(server, repository, media.PACKAGE_CONFIG, config, token),
        layers=(_blob(server, repository, media.WASM, os.urandom(500), token),),
    )


def _bundle(server: Server, repository: str, subject: Manifest, owner: str, token: str = ALICE) -> Manifest:
    layer = json.dumps({"owner": owner}).encode()
    return Manifest.make(
        artifact_type=media.SIGSTORE_BUNDLE,
        config=_blob(server, repository, media.OCI_EMPTY, EMPTY_CONFIG, token),
        layers=(_blob(server, repository, media.SIGSTORE_BUNDLE, layer, token),),
        subject=Descriptor.of(media.OCI_MANIFEST, subject.raw),
    )


def _release(server: Server, repository: str, version: str = "1.0.0") -> tuple[Manifest, Manifest]:
    package = _package(server, repository, version)
    assert _put(server, repository, package).status == 201
    bundle = _bundle(server, repository, package, "alice")
    reply = _put(server, repository, bundle)
    assert reply.status == 201, reply.body
    assert reply.headers["EbpfHub-Log-Index"].isdigit()
    assert reply.headers["OCI-Subject"] == package.digest
    return package, bundle


def _code(reply: Reply) -> tuple[int, str]:
    return reply.status, json.loads(reply.body)["errors"][0]["code"]


def test_staged_manifest_and_blobs_are_seen_by_their_pusher_only(server: Server, logged: str) -> None:
    package = _package(server, logged)
    assert _put(server, logged, package, "1.0.0").status == 201
    paths = [f"/v2/{logged}/manifests/{package.digest}"]
    paths += [f"/v2/{logged}/blobs/{item.digest}" for item in package.blobs]
    for path in paths:
        mine = server.ask("GET", path, token=ALICE)
        assert mine.status == 200
        assert mine.headers["Cache-Control"].startswith("private")
        assert server.ask("GET", path, token=BOB).status == 404
        assert server.ask("GET", path, token="root-token").status == 404
        assert server.ask("GET", path).status == 404
    assert server.ask("GET", f"/v2/{logged}/manifests/1.0.0", token=ALICE).status == 404
    assert _code(server.ask("GET", f"/v2/{logged}/tags/list")) == (404, "NAME_UNKNOWN")


def test_bundle_of_an_owner_releases_everything_at_once(server: Server, logged: str) -> None:
    package, bundle = _release(server, logged)
    for name in (logged, f"hub.example.org/{logged}"):
        for tag in ("1.0.0", "latest", package.digest, bundle.digest):
            assert server.ask("GET", f"/v2/{name}/manifests/{tag}").status == 200
        for item in (*package.blobs, *bundle.blobs):
            reply = server.ask("GET", f"/v2/{name}/blobs/{item.digest}")
            assert f"sha256:{hashlib.sha256(reply.body).hexdigest()}" == item.digest
        assert json.loads(server.ask("GET", f"/v2/{name}/tags/list").body)["tags"] == ["1.0.0", "latest"]
        index = json.loads(server.ask("GET", f"/v2/{name}/referrers/{package.digest}").body)
        assert [item["digest"] for item in index["manifests"]] == [bundle.digest]


def test_bundle_of_somebody_else_releases_nothing_and_is_not_kept(server: Server, logged: str) -> None:
    package = _package(server, logged)
    _put(server, logged, package)
    bundle = _bundle(server, logged, package, "mallory")
    assert _code(_put(server, logged, bundle)) == (403, "DENIED")
    assert server.ask("GET", f"/v2/{logged}/manifests/{bundle.digest}", token=ALICE).status == 404
    assert server.ask("GET", f"/v2/{logged}/manifests/{package.digest}").status == 404
    assert server.ask("GET", f"/v2/{logged}/manifests/{package.digest}", token=ALICE).status == 200


def test_bundle_about_what_another_staged_is_refused(server: Server, logged: str) -> None:
    package = _package(server, logged, token=BOB)
    _put(server, logged, package, token=BOB)
    assert _code(_put(server, logged, _bundle(server, logged, package, "alice"))) == (404, "MANIFEST_UNKNOWN")


def test_manifest_that_names_what_was_not_pushed_is_refused(server: Server, logged: str) -> None:
    package = _package(server, logged, token=BOB)
    assert _code(_put(server, logged, package, token=ALICE)) == (404, "MANIFEST_BLOB_UNKNOWN")


def test_tag_must_be_the_version_or_latest(server: Server, logged: str) -> None:
    package = _package(server, logged, "2.0.0")
    assert _put(server, logged, package, "2.0.0").status == 201
    assert _put(server, logged, package, "latest").status == 201
    for tag in ("1.0.0", "stable"):
        assert _code(_put(server, logged, package, tag)) == (400, "MANIFEST_INVALID")


def test_released_things_cannot_be_deleted_and_staged_ones_can(server: Server, logged: str) -> None:
    package, bundle = _release(server, logged)
    for digest in (package.digest, bundle.digest):
        assert _code(server.ask("DELETE", f"/v2/{logged}/manifests/{digest}", token=ALICE)) == (405, "UNSUPPORTED")
    blob = package.layers[0].digest
    assert _code(server.ask("DELETE", f"/v2/{logged}/blobs/{blob}", token=ALICE)) == (405, "UNSUPPORTED")
    assert _code(server.ask("DELETE", f"/v2/{logged}/manifests/1.0.0", token=ALICE)) == (405, "UNSUPPORTED")
    staged = _package(server, logged, "1.1.0")
    _put(server, logged, staged)
    path = f"/v2/{logged}/manifests/{staged.digest}"
    assert server.ask("DELETE", path, token=BOB).status == 404
    assert server.ask("DELETE", path, token=ALICE).status == 202
    assert server.ask("GET", path, token=ALICE).status == 404


def test_mounting_does_not_leak_what_is_staged(server: Server, logged: str, plain: str) -> None:
    secret = os.urandom(300)
    digest = server.push(logged, secret, token=ALICE)
    for query in (f"?mount={digest}", f"?mount={digest}&from={logged}"):
        reply = server.ask("POST", f"/v2/{plain}/blobs/uploads/{query}", token=BOB)
        assert reply.status == 202
        assert "Docker-Upload-UUID" in reply.headers
    assert server.ask("GET", f"/v2/{plain}/blobs/{digest}").status == 404
    assert server.ask("POST", f"/v2/{plain}/blobs/uploads/?mount={digest}", token=ALICE).status == 201


def test_pushing_the_same_blob_does_not_show_that_another_staged_it(server: Server, logged: str) -> None:
    digest = server.push(logged, b"same for both" + logged.encode(), token=ALICE)
    assert server.ask("HEAD", f"/v2/{logged}/blobs/{digest}", token=BOB).status == 404
    server.push(logged, b"same for both" + logged.encode(), token=BOB)
    assert server.ask("DELETE", f"/v2/{logged}/blobs/{digest}", token=BOB).status == 202
    assert server.ask("HEAD", f"/v2/{logged}/blobs/{digest}", token=ALICE).status == 200


def test_sha512_is_for_plain_repositories(server: Server, logged: str) -> None:
    digest = "sha512:" + hashlib.sha512(b"x").hexdigest()
    reply = server.ask("POST", f"/v2/{logged}/blobs/uploads/?digest={digest}", b"x", token=ALICE)
    assert _code(reply) == (400, "DIGEST_INVALID")


def test_referrers_staged_before_the_release_are_their_pushers_until_logged(server: Server, logged: str) -> None:
    package = _package(server, logged)
    _put(server, logged, package)
    note = Manifest.make(
        artifact_type="application/vnd.example.note",
        config=_blob(server, logged, media.OCI_EMPTY, EMPTY_CONFIG),
        layers=(),
        subject=Descriptor.of(media.OCI_MANIFEST, package.raw),
    )
    assert _put(server, logged, note).status == 201
    path = f"/v2/{logged}/referrers/{package.digest}"
    assert len(json.loads(server.ask("GET", path, token=ALICE).body)["manifests"]) == 1
    assert json.loads(server.ask("GET", path).body)["manifests"] == []


@pytest.fixture
def restarted(tmp_path: Path) -> Iterator[tuple[Server, Manifest, str]]:
    """A hub that died after the log took a release and before the registry's rows showed it."""
    repository = "tools/crashed"
    server = Server.spawn(tmp_path / "hub", "--plain")
    package = _package(server, repository)
    _put(server, repository, package)
    server.kill()
    line = {"package": repository, "version": "1.0.0", "subject": package.digest, "bundle": ""}
    (tmp_path / "hub" / "releases.jsonl").write_text(json.dumps(line) + "\n")
    with Server.start(tmp_path / "hub", "--plain") as again:
        yield again, package, repository


def test_release_that_a_crash_kept_from_the_rows_is_shown_all_the_same(
    restarted: tuple[Server, Manifest, str],
) -> None:
    server, package, repository = restarted
    assert server.ask("GET", f"/v2/{repository}/blobs/{package.layers[0].digest}").status == 200
    assert server.ask("GET", f"/v2/{repository}/manifests/latest").body == package.raw


def test_hub_without_plain_repositories_knows_none(tmp_path: Path) -> None:
    with Server.start(tmp_path / "hub") as server:
        assert _code(server.ask("GET", "/v2/plain/a/tags/list")) == (404, "NAME_UNKNOWN")
        assert _code(server.ask("POST", "/v2/plain/a/blobs/uploads/", token=ALICE)) == (404, "NAME_UNKNOWN")
