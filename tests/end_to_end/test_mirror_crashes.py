"""A mirror that is killed again and again, or whose disk is full: it loses nothing, repeats little, and goes on."""

from __future__ import annotations

import contextlib
import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from ebpfhub.federation.sync.pull import AT_ONCE
from ebpfhub.schemas.exit_codes import EXIT_CODES

from ..hubs import ADMIN, BIN, RunningHub, ebpfhub
from ..mirrors import Mirror, fsck, publish_versions, size_of
from ..relay import Relay, honest

RELEASES = 24
BLOBS = 4  # of one release at most: object, config, bundle, the bundle's empty config


@pytest.fixture(scope="module")
def many(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """An origin with many small releases."""
    hub = RunningHub.make(tmp_path_factory.mktemp("many") / "hub")
    with hub.serving():
        hub.token(ADMIN, role="admin")
        publish_versions(hub, package, [f"0.{number}.0" for number in range(RELEASES)])
        yield hub


def test_a_mirror_that_is_killed_at_any_moment_loses_nothing_and_repeats_little(
    many: RunningHub, tmp_path: Path
) -> None:
    hub = RunningHub.make(tmp_path / "mirror", origin="mirror.test", authority=False)
    chosen = random.Random(11)
    kills = 0
    with Relay(many.port, seconds=0.01).running() as line:
        mirror = Mirror(hub, many.origin)
        words = [str(BIN / "ebpfhub"), "mirror", "add", str(hub.folder), line.url, "--fingerprint", many.fingerprint]
        for number in range(10):
            seen = len(line.seen)
            with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                end = time.monotonic() + 30
                # the moment is chosen by how far it came, so that a slow machine does not kill only starts
                target = seen + chosen.randrange(1, 60)
                while process.poll() is None and len(line.seen) < target and time.monotonic() < end:
                    time.sleep(0.002)
                if process.poll() is None:
                    kills += 1
                process.kill()
            assert fsck(hub)[0] == [], number
        ebpfhub(*[str(word) for word in words[1:]])
        told = mirror.status()
        assert (told["state"], told["size"]) == ("ok", size_of(many))
        blobs = Counter(path for path in line.seen if "/blobs/" in path)
        repeated = sum(count - 1 for count in blobs.values())
        assert kills
        assert repeated <= (kills + 1) * AT_ONCE * BLOBS
        before = line.count("/blobs/")
        mirror.sync()
        assert line.count("/blobs/") == before
    assert fsck(hub)[0] == []


def test_a_serving_mirror_that_is_killed_serves_at_once_what_it_had(
    many: RunningHub, package: Path, tmp_path: Path
) -> None:
    hub = RunningHub.make(tmp_path / "mirror", origin="mirror.test", authority=False)
    with Relay(many.port, seconds=0.005).running() as line:
        ebpfhub("mirror", "add", hub.folder, line.url, "--fingerprint", many.fingerprint)
        mirror = Mirror(hub, many.origin)
        chosen, served = random.Random(13), mirror.status()["size"]
        for number in range(5):
            line.change = honest
            hub.start()
            publish_versions(many, package, [f"1.{number}.0"])
            time.sleep(chosen.uniform(0, 0.6))
            served = max(served, mirror.served())
            hub.kill()
            line.change = lambda _path, _reply: None
            hub.start()
            assert mirror.served() >= served
            assert hub.ask(f"{mirror.path}/index/package/library/opensnoop?from=0").status == 200
            hub.kill()
            assert fsck(hub)[0] == []
        line.change = honest
        with hub.serving():
            mirror.wait(size_of(many))
    assert fsck(hub)[0] == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of twelve megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def test_a_full_disk_leaves_the_mirror_behind_and_not_stopped(
    many: RunningHub, package: Path, small_disk: Path
) -> None:
    hub = RunningHub.make(small_disk / "mirror", origin="mirror.test", authority=False)
    with hub.serving():
        ebpfhub("mirror", "add", hub.folder, many.url, "--fingerprint", many.fingerprint)
        mirror = Mirror(hub, many.origin)
        mirror.wait(size_of(many))
        for number, leave in enumerate((0, 8192, 40960)):
            filler = small_disk / "filler"
            with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
                while True:
                    file.write(bytes(4096))
            with filler.open("r+b") as file:
                file.truncate(max(0, filler.stat().st_size - leave))
            held = mirror.served()
            publish_versions(many, package, [f"2.{number}.0"])
            done = ebpfhub("mirror", "sync", hub.folder, expect=None)
            assert done.returncode in (0, EXIT_CODES["peer-failed"], EXIT_CODES["storage-failed"]), done.stderr
            assert done.returncode or leave, "a pull succeeded without any room"
            assert mirror.status()["state"] in (("behind", "ok") if done.returncode else ("ok",))
            assert mirror.served() in ((held,) if done.returncode else (size_of(many),))
            filler.unlink()
            mirror.sync()
            assert mirror.served() == size_of(many)
            answer = hub.ask(f"/v2/{many.origin}/library/opensnoop/manifests/2.{number}.0")
            assert answer.status == 200
            assert hub.ask(f"{mirror.path}/index/package/library/opensnoop?from=0").status == 200
        assert "Traceback" not in hub.log.read_text()
    assert fsck(hub)[0] == []
