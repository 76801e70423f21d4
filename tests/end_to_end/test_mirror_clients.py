"""A mirror lies to its clients: each lie is refused with its own message, and with the origin there, that one is asked."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ebpfhub.schemas.answer import IndexAnswer
from ebpfhub.schemas.exit_codes import EXIT_CODES
from ebpfhub.schemas.oci import Manifest

from ..hubs import Ecli, Reply, RunningHub, ebpfhub, signature_in
from ..mirrors import Mirror, fsck, publish_versions, size_of, wait_until
from ..relay import Relay, changed_body, flip, honest
from .machine import installed_files

UNTRUSTED = EXIT_CODES["not-trusted"]


@pytest.fixture(scope="module")
def line(hub: RunningHub) -> Iterator[Relay]:
    """Over which the mirror follows its origin; tests cut it, so that nothing that they damage is mended."""
    with Relay(hub.port).running() as relay:
        yield relay


@pytest.fixture(scope="module")
def far(hub: RunningHub) -> Iterator[Relay]:
    """The origin, far away."""
    with Relay(hub.port, seconds=0.15).running() as relay:
        yield relay


@pytest.fixture(scope="module")
def mirror(hub: RunningHub, publisher: Ecli, line: Relay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mirror]:
    folder = tmp_path_factory.mktemp("liar") / "mirror"
    made = RunningHub.make(folder, origin="mirror.test", authority=False)
    with made.serving():
        ebpfhub("mirror", "add", folder, line.url, "--fingerprint", hub.fingerprint)
        yield Mirror(made, hub.origin)


@pytest.fixture
def cut(line: Relay, mirror: Mirror) -> Iterator[Mirror]:
    """The mirror while its line is cut; mended and checked afterwards."""
    mirror.sync()
    line.change = lambda _path, _reply: None
    yield mirror
    line.change = honest
    mirror.sync()
    wait_until(lambda: not fsck(mirror.hub)[0], "the mirror is whole again")


@pytest.fixture
def alone(mirror: Mirror, hub: RunningHub, tmp_path: Path) -> Ecli:
    """A user who knows the mirror only."""
    ecli = Ecli(tmp_path / "alone")
    ecli.run("trust", "add", mirror.hub.url, "--origin", hub.origin, "--fingerprint", hub.fingerprint)
    return ecli


@pytest.fixture
def both(alone: Ecli, far: Relay, hub: RunningHub, tmp_path: Path) -> Ecli:
    """A user who knows the origin too, which is far away."""
    ecli = Ecli(Path(shutil.copytree(alone.home, tmp_path / "both")))
    ecli.run("trust", "add", far.url, "--fingerprint", hub.fingerprint)
    return ecli


def refused(ecli: Ecli, says: str, *, code: int = UNTRUSTED) -> None:
    """A verified run is refused, and nothing was installed or run."""
    done = ecli.run("run", "--verify", "--timeout", "1s", "opensnoop:0.1.0", expect=code)
    assert says in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert (done.stdout, installed_files(ecli.home)) == ("", {})


def goes_to(ecli: Ecli, far: Relay, says: str) -> None:
    """The origin is taken instead, and the user is told why."""
    done = ecli.run("pull", "opensnoop:0.1.0")
    assert says in done.stderr, done.stderr
    assert f"ecli: asking {far.url} instead" in done.stderr
    assert "installed hub.test/library/opensnoop:0.1.0" in done.stdout


def manifest_of(mirror: Mirror) -> Manifest:
    return Manifest.parse(mirror.hub.ask(f"/v2/{mirror.origin}/library/opensnoop/manifests/0.1.0").body)


def test_a_changed_byte_of_a_blob_is_refused(cut: Mirror, alone: Ecli, both: Ecli, far: Relay) -> None:
    path = cut.hub.blob(manifest_of(cut).layers[0].digest)
    held = path.read_bytes()
    path.write_bytes(flip(held))
    try:
        refused(alone, "holds other bytes than its digest says")
        goes_to(both, far, "holds other bytes than its digest says")
    finally:
        path.write_bytes(held)
    assert alone.json("verify", "opensnoop:0.1.0")["verified"]


def test_a_bundle_that_is_gone_is_told(cut: Mirror, alone: Ecli, both: Ecli, far: Relay) -> None:
    digest = manifest_of(cut).digest
    referrer = signature_in(cut.hub.ask(f"/v2/{cut.origin}/library/opensnoop/referrers/{digest}").json())
    path = cut.hub.blob(referrer["digest"])
    held = path.read_bytes()
    path.unlink()
    try:
        done = alone.run("run", "--verify", "--timeout", "1s", "opensnoop:0.1.0", expect=None)
        assert done.returncode in (EXIT_CODES["not-found"], UNTRUSTED), done.stderr
        assert installed_files(alone.home) == {}
        assert f"asking {far.url} instead" in both.run("pull", "opensnoop:0.1.0").stderr
    finally:
        path.write_bytes(held)


def test_a_checkpoint_replaced_by_an_older_one_is_refused(
    mirror: Mirror, hub: RunningHub, line: Relay, package: Path, alone: Ecli, both: Ecli, far: Relay
) -> None:
    mirror.sync()
    older = mirror.checkpoint.read_bytes()
    publish_versions(hub, package, ["0.1.4-older"])
    mirror.wait(size_of(hub))
    line.change = lambda _path, _reply: None
    newest = mirror.checkpoint.read_bytes()
    mirror.checkpoint.write_bytes(older)
    said = "the mirrored checkpoint is not the one that was verified"
    done = alone.run("run", "--verify", "--timeout", "1s", "opensnoop:0.1.0", expect=None)
    assert done.returncode
    assert said in done.stderr
    assert installed_files(alone.home) == {}
    table = {item["url"]: item for item in both.json("mirrors")}
    assert said in table[mirror.hub.url]["error"]
    assert "installed" in both.run("pull", "opensnoop:0.1.0").stdout
    mirror.hub.kill()
    mirror.hub.start()
    assert alone.run("pull", "opensnoop:0.1.0", expect=None).returncode
    mirror.checkpoint.write_bytes(newest)
    mirror.hub.kill()
    mirror.hub.start()
    assert alone.json("verify", "opensnoop:0.1.0")["verified"]
    line.change = honest
    mirror.sync()


def test_a_mirror_from_an_old_backup_is_a_rollback_for_who_saw_more(
    mirror: Mirror, hub: RunningHub, line: Relay, package: Path, alone: Ecli, both: Ecli, tmp_path: Path
) -> None:
    mirror.sync()
    mirror.hub.stop()
    data = mirror.hub.folder / "data"
    shutil.copytree(data, tmp_path / "backup")
    mirror.hub.start()
    publish_versions(hub, package, ["0.1.5-backup"])
    mirror.wait(size_of(hub))
    assert alone.json("verify", "opensnoop:0.1.5-backup")["verified"]
    line.change = lambda _path, _reply: None
    mirror.hub.stop()
    shutil.move(data, tmp_path / "newest")
    shutil.copytree(tmp_path / "backup", data)
    mirror.hub.start()
    done = alone.run("pull", "opensnoop", expect=UNTRUSTED)
    assert "were seen before" in done.stderr
    table = {item["url"]: item for item in both.json("mirrors")}
    assert table[mirror.hub.url]["state"] == "behind"
    assert "installed" in both.run("pull", "opensnoop:0.1.5-backup").stdout
    line.change = honest
    mirror.sync()  # an old backup is no lie: the mirror catches up
    assert fsck(mirror.hub)[0] == []
    alone.run("pull", "opensnoop:0.1.5-backup")


def test_answers_of_other_packages_and_changed_ones_are_refused(
    cut: Mirror, hub: RunningHub, alone: Ecli, tmp_path: Path
) -> None:
    other = cut.hub.ask(f"{cut.path}/index/package/library/nothing:0.1.0?from=0").body
    true = IndexAnswer.parse(cut.hub.ask(f"{cut.path}/index/package/library/opensnoop:0.1.0?from=0").body)
    lies = {
        "other package": other,
        "withheld": replace(true, version=None, release=None).encode(),
        "no claim": replace(true, claims=()).encode(),
        "junk": b"\xff" * 100,
        "empty": b"",
        "huge": bytes(8 << 20),
    }
    with Relay(cut.hub.port).running() as liar:
        ecli = Ecli(tmp_path / "lied-to")
        ecli.run("trust", "add", liar.url, "--origin", hub.origin, "--fingerprint", hub.fingerprint)
        for name, lie in lies.items():
            liar.change = changed_body("/index/package/", lambda _, lie=lie: lie)  # type: ignore[misc]
            done = ecli.run("run", "--verify", "--timeout", "1s", "opensnoop:0.1.0", expect=None)
            assert done.returncode in (2, 4, 5), (name, done.stderr)
            assert "Traceback" not in done.stderr
            assert installed_files(ecli.home) == {}
        liar.change = changed_body("/manifests/sha256:", lambda data: data + b" ")
        refused(ecli, "holds other bytes than its digest says")
        liar.change = changed_body("/trust/", flip)
        refused(ecli, "trusted root")
        liar.change = changed_body("/origin", lambda data: data.replace(b"serial 1", b"serial 2"))
        refused(ecli, "signature")
        liar.change = lambda path, reply: Reply(404, {}, b"") if "/referrers/" in path else reply
        assert ecli.json("verify", "opensnoop:0.1.0")["verified"]
