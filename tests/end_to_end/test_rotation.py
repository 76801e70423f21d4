"""An authority whose keys are rotated: releases before and after it verify everywhere, and the old keys say no more.

The thief of these tests copied the keys before the rotation, all of them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ebpfhub.client.sign_package import with_bundles
from ebpfhub.federation.package_file import PackageFile
from ebpfhub.node.folder import HubFolder
from ebpfhub.node.kept_authority import KeptAuthority
from ebpfhub.node.own_origin import OwnOrigin
from ebpfhub.schemas.digest import Digest
from ebpfhub.signing.authority.keys import AuthorityKeys
from ebpfhub.signing.authority.subject import Subject
from ebpfhub.signing.authority.tokens import issue_token
from ebpfhub.signing.bundle import verify_manifest_bundle
from ebpfhub.signing.roots import TrustDomain

from ..hubs import ADMIN, BIN, Ecli, RunningHub, ebpfhub
from ..mirrors import Mirror, mirror_of, wait_until
from ..sigstores import Sigstore
from .machine import assert_one_message, under

LATER = timedelta(seconds=5)
WAS_NOT = "in trust domain hub was not valid when it was signed"


@dataclass
class Rotated:
    """A hub with a release before its rotation and one after it; its mirror; what was pulled before; the stolen keys."""

    hub: RunningHub
    mirror: Mirror
    author: Ecli
    before: Path
    stolen: Path

    def thief(self) -> Sigstore:
        """The authority, as it was, in somebody else's hands."""
        made = Sigstore(self.hub.origin)
        made.__dict__["keys"] = AuthorityKeys.from_files(
            {path.name: path.read_bytes() for path in self.stolen.iterdir()}
        )
        return made


@pytest.fixture(scope="module")
def rotated(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rotated]:
    """The CA was rotated while the hub served; the keys of log, promises, timestamps and tokens are as they were."""
    folder = tmp_path_factory.mktemp("rotated")
    hub = RunningHub.make(folder / "hub")
    with hub.serving():
        author, early = Ecli(folder / "author"), Ecli(folder / "early")
        author.login(hub, hub.token(ADMIN, role="admin"))
        author.publish(hub, package)
        early.trust(hub)
        early.run("pull", "opensnoop:0.1.0")
        early.run("export", "opensnoop:0.1.0", "-o", folder / "before.bpf")
        mirror = mirror_of(hub, folder / "mirror")
        stolen = shutil.copytree(hub.folder / "keys" / "authority", folder / "stolen")
        told = ebpfhub("authority", "rotate", hub.folder, "--overlap", "0", "--only", "signing").stdout
        assert "the origin note 2 is served" in told
        author.publish(hub, package, "--version", "0.2.0")
        yield Rotated(hub, mirror, author, folder / "before.bpf", stolen)
        mirror.hub.stop()


def test_releases_of_old_and_new_keys_verify_at_the_hub(rotated: Rotated, tmp_path: Path) -> None:
    reader = Ecli(tmp_path / "reader")
    reader.trust(rotated.hub)
    for version in ("0.1.0", "0.2.0"):
        assert reader.json("verify", f"opensnoop:{version}")["publisher"].startswith(ADMIN)
        reader.run("export", f"opensnoop:{version}", "-o", tmp_path / f"{version}.bpf")
        under(reader, "unshare", "--net", words=("verify", tmp_path / f"{version}.bpf"))
    under(reader, "unshare", "--net", words=("verify", rotated.before))  # from before, for whom knows the newer note
    late = Ecli(tmp_path / "late")
    late.run("trust", "add", rotated.hub.url, "--fingerprint", rotated.hub.fingerprint)
    under(late, "unshare", "--net", words=("verify", rotated.before))


def test_they_verify_at_a_mirror_an_island_and_after_a_restart(rotated: Rotated, tmp_path: Path) -> None:
    rotated.mirror.sync()
    ebpfhub("export", rotated.hub.folder, tmp_path / "all.hubx")
    island = RunningHub.make(tmp_path / "island", origin="island.test", authority=False)
    ebpfhub("import", island.folder, tmp_path / "all.hubx", "--fingerprint", rotated.hub.fingerprint)
    rotated.hub.stop()
    try:
        with island.serving():
            for server in (rotated.mirror.hub, island):
                far = Ecli(tmp_path / server.origin)
                pin = ("--origin", rotated.hub.origin, "--fingerprint", rotated.hub.fingerprint)
                far.run("trust", "add", server.url, *pin)
                for version in ("0.1.0", "0.2.0"):
                    assert far.json("verify", f"opensnoop:{version}")["publisher"].startswith(ADMIN)
    finally:
        rotated.hub.start()
    for server in (rotated.hub, rotated.mirror.hub, island):
        assert "clean" in ebpfhub("fsck", server.folder).stdout


def test_the_new_root_names_both_keys_with_their_times(rotated: Rotated) -> None:
    told = json.loads(ebpfhub("authority", "show", rotated.hub.folder, "--json").stdout)
    root = rotated.hub.ask(f"/trust/{told['root'].removeprefix('sha256:')}")
    assert Digest.of(root.body) == told["root"] == Digest.of(rotated.hub.ask("/sigstore/trusted_root.json").body)
    windows = [entry["validFor"] for entry in root.json()["certificateAuthorities"]]
    signing = [item for item in told["keys"] if item["purpose"] == "signing"]
    assert len(windows) == len(signing) == 2
    assert windows[0]["end"] == signing[0]["end"].replace("+00:00", "Z")
    assert datetime.fromisoformat(windows[0]["end"]) - datetime.fromisoformat(windows[1]["start"]) == timedelta(
        seconds=1
    )
    assert signing[1]["end"] is None
    words = ebpfhub("authority", "show", rotated.hub.folder).stdout
    assert words.count("signs now") == 5 and max(map(len, words.splitlines())) <= 80


def test_a_certificate_of_the_old_key_dated_after_its_end_is_refused_by_hub_and_client(
    rotated: Rotated, package: Path, tmp_path: Path
) -> None:
    """The thief has every other key that signed this: log, promise and timestamp are good to this day."""
    rotated.author.run("build", package.parent.parent, "library/opensnoop:6.6.6", "-o", tmp_path / "x.bpf")
    file = PackageFile.read((tmp_path / "x.bpf").read_bytes())
    bundle = rotated.thief().sign(file.contents.manifest.digest, ADMIN, certified=LATER, signed=LATER)
    (tmp_path / "forged.bpf").write_bytes(with_bundles(file, [bundle]).write())
    done = rotated.author.run("publish", tmp_path / "forged.bpf", "--to", rotated.hub.url, expect=7)
    assert f"the authority of the certificate {WAS_NOT}" in done.stderr
    assert_one_message(done.stderr)
    (tmp_path / "config.json").write_bytes(rotated.hub.ask("/sigstore/trust_config.json").body)
    reader = Ecli(tmp_path / "reader")
    reader.run("trust", "domain", "add", "ours", tmp_path / "config.json")
    signer = ("--identity", ADMIN, "--issuer", f"{rotated.hub.url}/sigstore/oidc", "--domain", "ours")
    done = reader.run("verify", tmp_path / "forged.bpf", *signer, expect=4)
    assert "the authority of the certificate in trust domain ours was not valid when it was signed" in done.stderr


def test_a_signature_dated_back_by_somebody_with_all_old_keys_is_no_release(
    rotated: Rotated, package: Path, tmp_path: Path
) -> None:
    """It verifies, as its keys did count then; but the authority's log, which the hub has, knows nothing of it."""
    (old, _) = json.loads(rotated.hub.ask("/sigstore/trusted_root.json").text)["certificateAuthorities"]
    rotated.author.run("build", package.parent.parent, "library/opensnoop:6.6.7", "-o", tmp_path / "x.bpf")
    file = PackageFile.read((tmp_path / "x.bpf").read_bytes())
    ago = datetime.fromisoformat(old["validFor"]["end"]) - datetime.now(UTC) - timedelta(seconds=2)
    bundle = rotated.thief().sign(file.contents.manifest.digest, ADMIN, certified=ago, signed=ago)
    domain = TrustDomain.parse("hub", rotated.hub.ask("/sigstore/trusted_root.json").body)
    verify_manifest_bundle(bundle, domain, manifest=file.contents.manifest.digest)
    (tmp_path / "forged.bpf").write_bytes(with_bundles(file, [bundle]).write())
    done = rotated.author.run("publish", tmp_path / "forged.bpf", "--to", rotated.hub.url, expect=7)
    assert "is not in the log of this hub's authority" in done.stderr
    assert_one_message(done.stderr)


def test_the_logs_door_is_shut_for_old_certificates(rotated: Rotated) -> None:
    thief = rotated.thief()
    asked = thief.request(thief.certificate(ADMIN, datetime.now(UTC)))
    answer = rotated.hub.ask("/sigstore/rekor/api/v2/log/entries", method="POST", body=asked)
    assert answer.status == 403 and "that this authority retired on" in answer.json()["message"]


def test_every_key_is_rotated_where_the_origin_key_is_elsewhere(
    rotated: Rotated, package: Path, tmp_path: Path
) -> None:
    hub, draft = rotated.hub, tmp_path / "next.note"
    safe = hub.folder.parent / "safe"
    shutil.move(hub.folder / "offline", safe)
    assert "--draft" in ebpfhub("authority", "rotate", hub.folder, expect=3).stderr
    ebpfhub("authority", "rotate", hub.folder, "--draft", tmp_path / "forgotten.note")
    ebpfhub("authority", "rotate", hub.folder, "--draft", tmp_path / "hasty.note", "--overlap", "0")
    ebpfhub("origin", "sign", tmp_path / "hasty.note", "--key", safe / "origin.key")
    over = int(time.time()) + 2  # the second of a rotation counts whole for the old keys, its end included
    wait_until(lambda: time.time() >= over, "the second of the rotation is over")
    rotated.author.publish(hub, package, "--version", "0.2.1")  # by keys whose end it says is past
    done = ebpfhub("origin", "install", hub.folder, tmp_path / "hasty.note", expect=9)
    assert "library/opensnoop:0.2.1 does not verify by the new root of hub" in done.stderr
    ebpfhub("authority", "rotate", hub.folder, "--draft", draft)
    root = json.loads(ebpfhub("authority", "show", hub.folder, "--json").stdout)
    assert root["waiting"] and root["waiting"] != root["root"]
    rotated.author.publish(hub, package, "--version", "0.3.0")  # by the keys that serve still
    for note in (tmp_path / "forgotten.note", draft):
        ebpfhub("origin", "sign", note, "--key", safe / "origin.key")
    done = ebpfhub("origin", "install", hub.folder, tmp_path / "forgotten.note", expect=9)
    assert_one_message(done.stderr, command="ebpfhub")
    assert "whose keys do not wait here" in done.stderr
    before = hub.ask("/sigstore/rekor/api/v2/checkpoint").text
    ebpfhub("origin", "install", hub.folder, draft)
    after = hub.ask("/sigstore/rekor/api/v2/checkpoint").text
    assert before.split("\n\n")[0] == after.split("\n\n")[0] and before != after  # the same log, signed by another key
    rotated.author.publish(hub, package, "--version", "0.4.0")
    assert [path.name for path in (hub.folder / "keys").iterdir() if path.is_dir()] == ["authority"]
    assert {path.stat().st_mode & 0o777 for path in (hub.folder / "keys" / "authority").iterdir()} == {0o600}
    reader = Ecli(tmp_path / "reader")
    reader.trust(hub)
    for version in ("0.1.0", "0.2.1", "0.4.0"):
        reader.run("verify", f"opensnoop:{version}")
    rotated.mirror.sync()
    for server in (hub, rotated.mirror.hub):
        assert "clean" in ebpfhub("fsck", server.folder).stdout


def test_an_identity_token_of_a_stolen_key_is_refused(rotated: Rotated) -> None:
    """The key of tokens needs no note: nobody outside knows it."""
    told = ebpfhub("authority", "rotate", rotated.hub.folder, "--only", "tokens").stdout
    assert told == "identity tokens are signed with a new key\n"
    raw = issue_token(rotated.thief().keys, Subject.parse(ADMIN), datetime.now(UTC))
    headers = {"Authorization": f"Bearer {raw}"}
    body = Sigstore.certificate_request()
    answer = rotated.hub.ask("/api/v2/signingCert", method="POST", body=body, headers=headers)
    assert answer.status == 401, answer.text


def test_the_audit_log_tells_all_of_it_while_the_hub_serves(rotated: Rotated) -> None:
    lines = ebpfhub("authority", "audit", rotated.hub.folder, "--json").stdout.splitlines()
    told = [json.loads(line) for line in lines]
    assert {event["what"] for event in told} >= {"certificate", "sign-in", "rotation"}
    certificates = [event for event in told if event["what"] == "certificate" and event["result"] == "given"]
    assert certificates and {event["who"] for event in certificates} == {ADMIN}
    words = ebpfhub("authority", "audit", rotated.hub.folder, "--last", "3").stdout
    assert words and max(map(len, words.splitlines())) <= 80
    assert ebpfhub("authority", "audit", rotated.hub.folder, "--who", "nobody@example.org").stdout == ""
    assert {path.stat().st_mode & 0o777 for path in (rotated.hub.folder / "data" / "audit").iterdir()} == {0o600}


# what the command is doing when it is killed: a system call on a path, the how many-th; and the note that is served then
MOMENTS = (
    ("fsync", "trust", 1, 1),
    ("fsync", "keys/authority.next.new", 3, 1),
    ("fsync", "keys/authority.next.new", 9, 1),
    ("rename", "keys/authority.next.new", 1, 1),
    ("openat", "keys/authority.next/authority.json", 1, 1),
    ("fsync", ".", 1, 2),  # the note has its place now
    ("rename", "keys/authority", 1, 3),
    ("rename", "keys/authority.next", 1, 4),
    ("unlinkat", "", 1, 5),
    ("unlinkat", "", 7, 6),
)


def test_a_rotation_that_dies_at_any_moment_leaves_a_working_authority(tmp_path: Path) -> None:
    """Before the note is in its place the old keys serve, after that the new ones, wherever they lie then."""
    hub = RunningHub.make(tmp_path / "hub")
    folder = HubFolder(hub.folder)
    for call, path, count, serial in MOMENTS:
        place = (f"--trace-path={(hub.folder / path).resolve()}",) if path else ()
        kill = (f"--trace={call}", f"--inject={call}:signal=KILL:when={count}", *place)
        command = (BIN / "ebpfhub", "authority", "rotate", hub.folder)
        words = ("strace", "-f", "-qq", "-o", os.devnull, *kill, *command)
        done = subprocess.run(words, check=False, capture_output=True, timeout=120)
        assert done.returncode in (-9, 137), (call, path, count, done)
        own = OwnOrigin(folder)
        assert own.note.serial == serial, (call, path, count)
        KeptAuthority(folder, own.root_of("hub"))  # refuses keys that are not those of the note
        assert not list(folder.authority.parent.glob("authority.*.*")), "keys of a rotation that came to nothing"
    with hub.serving():
        assert hub.ask("/sigstore/rekor/api/v2/checkpoint").status == 200
        assert "the origin note 7 is served" in ebpfhub("authority", "rotate", hub.folder).stdout
