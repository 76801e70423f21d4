"""A mirror, as its operator and its readers see it: it follows its origin, and serves it under the origin's name."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ebpfhub.schemas.answer import IndexAnswer
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.exit_codes import EXIT_CODES
from ebpfhub.signing.notes import Checkpoint, Note
from ebpfhub.signing.origin import verify_origin_note

from ..hubs import Ecli, RunningHub, ebpfhub, signature_in
from ..mirrors import Mirror, fsck, key_of, mirror_of, publish_versions, size_of, wait_until


@pytest.fixture(scope="module")
def mirror(hub: RunningHub, publisher: Ecli, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mirror]:
    """A serving mirror of the shared hub."""
    made = mirror_of(hub, tmp_path_factory.mktemp("mirror") / "mirror")
    yield made
    made.hub.stop()


def test_status_tells_every_origin_in_json_and_in_words(hub: RunningHub, mirror: Mirror) -> None:
    mirror.sync()
    told = json.loads(ebpfhub("mirror", "status", mirror.hub.folder, "--json").stdout)
    assert list(told) == ["origins", "cosigner"] and told["cosigner"].startswith("mirror.test/mirror+")
    (told,) = told["origins"]
    assert {key: told[key] for key in ("origin", "state", "reason", "size", "evidence")} == {
        "origin": hub.origin, "state": "ok", "reason": None, "size": size_of(hub), "evidence": None,
    }  # fmt: skip
    assert f"{hub.origin} " in ebpfhub("mirror", "status", mirror.hub.folder).stdout


def test_the_log_is_served_byte_for_byte_with_the_mirrors_cosignature(hub: RunningHub, mirror: Mirror) -> None:
    mirror.sync()
    note = verify_origin_note(
        mirror.hub.ask(f"{mirror.path}/origin").text, origin=hub.origin, fingerprint=hub.fingerprint
    )
    signed = Note.parse(mirror.hub.ask(f"{mirror.path}/checkpoint").text)
    size = Checkpoint.parse(signed.body).size
    signed.verify(note.log_key(size))
    assert signed.cosigned_at(note.cosigners[0])
    assert signed.cosigned_at(key_of(mirror.hub.folder / "keys" / "mirror.key").verifier)
    assert size == size_of(hub)
    for tile in (f"tile/entries/000.p/{size}", f"tile/0/000.p/{size}"):
        assert mirror.hub.ask(f"{mirror.path}/{tile}").body == hub.ask(f"/log/{tile}").body
    for _, digest in note.domains:
        assert Digest.of(mirror.hub.ask(f"{mirror.path}/trust/{digest.hex}").body) == digest


def test_the_index_answers_for_the_origin_and_not_for_the_mirror(hub: RunningHub, mirror: Mirror) -> None:
    mirror.sync()
    answer = IndexAnswer.parse(mirror.hub.ask(f"{mirror.path}/index/package/library/opensnoop:latest?from=0").body)
    assert Checkpoint.parse(Note.parse(answer.checkpoint).body).origin == hub.origin
    assert answer.release is not None
    own = IndexAnswer.parse(mirror.hub.ask("/index/package/library/opensnoop:latest?from=0").body)
    assert own.release is None
    assert size_of(mirror.hub) == 1, "mirroring wrote into the mirror's own log"


def test_oci_clients_find_the_package_under_the_origins_name(hub: RunningHub, mirror: Mirror) -> None:
    mirror.sync()
    base = f"/v2/{hub.origin}/library/opensnoop"
    manifest = mirror.hub.ask(f"{base}/manifests/latest")
    assert (manifest.status, manifest.body) == (200, hub.ask("/v2/library/opensnoop/manifests/latest").body)
    digest = Digest.of(manifest.body)
    assert manifest.headers["docker-content-digest"] == digest
    document = manifest.json()
    for blob in (document["config"], *document["layers"]):
        assert Digest.of(mirror.hub.ask(f"{base}/blobs/{blob['digest']}").body) == blob["digest"]
    assert "0.1.0" in mirror.hub.ask(f"{base}/tags/list").json()["tags"]
    referrer = signature_in(mirror.hub.ask(f"{base}/referrers/{digest}").json())
    bundle = mirror.hub.ask(f"{base}/manifests/{referrer['digest']}").json()["layers"][0]["digest"]
    assert Digest.of(mirror.hub.ask(f"{base}/blobs/{bundle}").body) == bundle
    assert mirror.hub.ask("/v2/library/opensnoop/manifests/latest").status == 404


def test_skopeo_reads_the_mirrored_package(hub: RunningHub, mirror: Mirror) -> None:
    place = f"docker://127.0.0.1:{mirror.hub.port}/{hub.origin}/library/opensnoop:0.1.0"
    words = ["skopeo", "inspect", "--raw", "--tls-verify=false", place]
    raw = subprocess.run(words, capture_output=True, check=True).stdout
    assert raw == hub.ask("/v2/library/opensnoop/manifests/0.1.0").body


def test_a_new_release_arrives_without_a_command(hub: RunningHub, mirror: Mirror, package: Path) -> None:
    publish_versions(hub, package, ["0.1.1-news"])
    wait_until(
        lambda: mirror.hub.ask(f"/v2/{hub.origin}/library/opensnoop/manifests/0.1.1-news").status == 200,
        "the new release is mirrored",
    )
    assert mirror.served() == size_of(hub)
    found = mirror.hub.ask("/api/v1/search?q=opensnoop").json()["results"]
    assert {item["origin"] for item in found} == {hub.origin}
    assert "opensnoop" in {item["name"] for item in found}


def test_nobody_writes_to_a_mirrored_repository(hub: RunningHub, mirror: Mirror) -> None:
    base = f"/v2/{hub.origin}/library/opensnoop"
    before = mirror.hub.ask(f"{base}/tags/list").body
    manifest = mirror.hub.ask(f"{base}/manifests/latest")
    headers = {
        "Authorization": f"Bearer {mirror.hub.token(role='admin')}", "Content-Type": manifest.headers["content-type"]
    }  # fmt: skip
    tries = [
        ("POST", f"{base}/blobs/uploads/", b""),
        ("PUT", f"{base}/manifests/evil", manifest.body),
        ("PUT", f"{base}/manifests/{Digest.of(manifest.body)}", manifest.body),
        ("DELETE", f"{base}/manifests/{Digest.of(manifest.body)}", b""),
        ("DELETE", f"{base}/manifests/latest", b""),
        ("DELETE", f"{base}/blobs/{manifest.json()['config']['digest']}", b""),
    ]
    for method, path, body in tries:
        answer = mirror.hub.ask(path, method=method, body=body, headers=headers)
        assert 400 <= answer.status < 500, f"{method} {path}: {answer.status}"
        assert answer.json()["errors"][0]["code"], answer.text
    assert mirror.hub.ask(f"{base}/tags/list").body == before
    assert mirror.hub.ask(f"{base}/manifests/latest").body == manifest.body


def test_a_mirror_of_a_mirror_serves_the_origins_log(
    hub: RunningHub, mirror: Mirror, package: Path, tmp_path: Path
) -> None:
    second = RunningHub.make(tmp_path / "second", origin="second.test", authority=False)
    with second.serving():
        ebpfhub(
            "mirror", "add", second.folder, mirror.hub.url, "--origin", hub.origin, "--fingerprint", hub.fingerprint
        )
        again = Mirror(second, hub.origin)
        assert again.status()["state"] == "ok"
        publish_versions(hub, package, ["0.1.2-far"])
        again.wait(size_of(hub))
        ecli = Ecli(tmp_path / "home")
        ecli.run("trust", "add", second.url, "--origin", hub.origin, "--fingerprint", hub.fingerprint)
        assert ecli.json("verify", "opensnoop:0.1.2-far")["verified"]
        signed = Note.parse(second.ask(f"{again.path}/checkpoint").text)
        assert signed.cosigned_at(key_of(second.folder / "keys" / "mirror.key").verifier)
    assert fsck(second) == ([], [])


def test_adding_needs_a_fingerprint_or_a_yes_and_a_wrong_one_is_refused(hub: RunningHub, tmp_path: Path) -> None:
    other = RunningHub.make(tmp_path / "other", origin="other.test", authority=False)
    done = ebpfhub("mirror", "add", other.folder, hub.url, expect=EXIT_CODES["denied"])
    assert hub.fingerprint in done.stderr
    done = ebpfhub("mirror", "add", other.folder, hub.url, "--fingerprint", "0" * 64, expect=EXIT_CODES["not-trusted"])
    assert hub.fingerprint in done.stderr
    done = ebpfhub(
        "mirror", "add", other.folder, hub.url, "--origin", "x.test", "--yes", expect=EXIT_CODES["not-found"]
    )
    assert "does not mirror x.test" in done.stderr
    assert json.loads(ebpfhub("mirror", "status", other.folder, "--json").stdout)["origins"] == []
    ebpfhub("mirror", "add", other.folder, hub.url, "--yes")
    assert Mirror(other, hub.origin).status()["state"] == "ok"
    ebpfhub("mirror", "add", other.folder, hub.url, "--yes")  # again: nothing new
    assert fsck(other) == ([], [])


def test_fsck_checks_what_is_mirrored(hub: RunningHub, publisher: Ecli, tmp_path: Path) -> None:
    other = RunningHub.make(tmp_path / "other", origin="other.test", authority=False)
    ebpfhub("mirror", "add", other.folder, hub.url, "--fingerprint", hub.fingerprint)
    made = Mirror(other, hub.origin)
    told = json.loads(ebpfhub("fsck", other.folder, "--json").stdout)
    assert (told["findings"], told["notes"]) == ([], [])
    assert told["entries"] == size_of(hub) + 1
    assert told["releases"] >= 1
    tile = next((made.folder / "log" / "tile" / "entries" / "000.p").iterdir())
    damages: tuple[tuple[Path, Callable[[bytes], bytes], str], ...] = (
        (made.checkpoint, lambda data: data.replace(b"hub.test\n", b"hub.best\n"), "checkpoint"),
        (made.folder / "origin.note", lambda data: data.replace(b"serial 1", b"serial 9"), "origin note"),
        (tile, lambda data: data[:-1] + bytes([data[-1] ^ 1]), "log entry"),
        (next((made.folder / "trust").iterdir()), lambda data: data + b" ", "release"),
    )
    for path, change, where in damages:
        held = path.read_bytes()
        path.write_bytes(change(held))
        assert path.read_bytes() != held
        findings, _ = fsck(other)
        assert any(item.startswith(f"{hub.origin} {where}") for item in findings), (path, findings)
        path.write_bytes(held)
    (other.folder / "data" / "blobs" / "uploads" / ("0" * 32)).write_bytes(b"half")
    orphan = Digest.of(b"orphan")
    other.blob(orphan).parent.mkdir(exist_ok=True)
    other.blob(orphan).write_bytes(b"orphan")
    done = ebpfhub("fsck", other.folder)
    assert f"note: blob {orphan}" in done.stdout
    assert "note: data/blobs/uploads/" in done.stdout
    assert "clean" in done.stdout
