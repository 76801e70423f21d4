"""The air gap: a mirror exports, a hub that never saw a network imports, and its clients get what online ones get."""

from __future__ import annotations

import hashlib
import io
import json
import random
import signal
import subprocess
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import zstandard
from ebpfhub.schemas.exit_codes import EXIT_CODES

from ..hubs import BIN, Ecli, RunningHub, ebpfhub
from ..mirrors import Mirror, fsck, publish_versions, size_of
from .machine import Opener, rows


@dataclass(frozen=True)
class Disk:
    """What is carried: everything, and what came after it."""

    whole: Path
    news: Path
    since: int
    size: int


@pytest.fixture(scope="module")
def disk(hub: RunningHub, publisher: Ecli, package: Path, tmp_path_factory: pytest.TempPathFactory) -> Disk:
    """Exports of a mirror: before a release and, of what is new, after it."""
    folder = tmp_path_factory.mktemp("disk")
    mirror = RunningHub.make(folder / "mirror", origin="mirror.test", authority=False)
    ebpfhub("mirror", "add", mirror.folder, hub.url, "--fingerprint", hub.fingerprint)
    told = json.loads(ebpfhub("export", mirror.folder, folder / "whole.hubx", "--json").stdout)
    (part,) = told["origins"]
    assert (part["origin"], part["since"], part["size"]) == (hub.origin, 0, size_of(hub))
    publish_versions(hub, package, ["0.1.6-archive"])
    ebpfhub("mirror", "sync", mirror.folder)
    words = ("--origin", hub.origin, "--since", part["size"])
    told = json.loads(ebpfhub("export", mirror.folder, folder / "news.hubx", *words, "--json").stdout)
    assert told["releases"] == 1
    return Disk(folder / "whole.hubx", folder / "news.hubx", part["size"], size_of(hub))


@pytest.fixture
def island(tmp_path: Path) -> RunningHub:
    """A hub that never had a peer. It does not serve yet."""
    return RunningHub.make(tmp_path / "island", origin="island.test", authority=False)


def members(path: Path) -> dict[str, bytes]:
    data = zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read()
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {item.name: held.read() for item in tar.getmembers() if (held := tar.extractfile(item))}


def files(hub: RunningHub) -> dict[str, str]:
    """Every file of a hub, with its hash; but not SQLite's, nor its own checkpoint, which every start cosigns anew."""
    own = hub.folder / "data" / "log" / "checkpoint"
    found = [path for path in hub.folder.rglob("*") if path.is_file() and ".sqlite3" not in path.name and path != own]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def take(island: RunningHub, path: Path, *words: object, expect: int = 0) -> subprocess.CompletedProcess[str]:
    return ebpfhub("import", island.folder, path, *words, expect=expect)


def test_only_what_is_new_travels(disk: Disk, package: Path) -> None:
    whole, news = members(disk.whole), members(disk.news)
    blobs = {name for name in news if name.startswith("blobs/")}
    assert not blobs & set(whole)
    assert len(blobs) == 12, (
        "manifest, config, provenance and SBOM, the bundles over them, and the manifests of all these"
    )
    assert b'"since":%d' % disk.since in news["federation/archive.json"]
    entries = {name.rpartition("/")[2] for name in news if "/entries/" in name}
    assert entries == {str(disk.since)}
    for name, data in news.items():
        if name.startswith("blobs/"):
            assert hashlib.sha256(data).hexdigest() == name.rpartition("/")[2]


def test_the_island_serves_what_came_by_disk(hub: RunningHub, disk: Disk, island: RunningHub, opener: Opener) -> None:
    with island.serving():
        told = json.loads(take(island, disk.whole, "--fingerprint", hub.fingerprint, "--json").stdout)
        (part,) = told["origins"]
        assert (part["origin"], part["size"], part["entries"]) == (hub.origin, disk.since, disk.since)
        ecli = Ecli(island.folder.with_name("home"))
        ecli.run("trust", "add", island.url, "--origin", hub.origin, "--fingerprint", hub.fingerprint)
        words = ("run", "--verify", "--max-events", 1, "--timeout", "60s", "opensnoop", "--pid", opener.pid)
        done = ecli.run(*words)
        assert "verified hub.test/library/opensnoop" in done.stderr
        assert len(rows(done.stdout)) == 1
        ecli.run("pull", "opensnoop:0.1.6-archive", expect=EXIT_CODES["not-found"])
        (part,) = json.loads(take(island, disk.news, "--json").stdout)["origins"]
        assert (part["entries"], part["releases"]) == (disk.size - disk.since, ["library/opensnoop:0.1.6-archive"])
        assert ecli.json("verify", "opensnoop:0.1.6-archive")["verified"]
        status = Mirror(island, hub.origin).status()
        assert (status["state"], status["size"], status["url"]) == ("ok", disk.size, None)
        before = files(island)
        for path in (disk.whole, disk.news):
            assert "nothing new" in take(island, path).stdout
            assert files(island) == before
    assert fsck(island) == ([], [])


def test_a_dry_run_verifies_and_changes_nothing(hub: RunningHub, disk: Disk, island: RunningHub) -> None:
    before = files(island)
    told = json.loads(take(island, disk.whole, "--fingerprint", hub.fingerprint, "--dry-run", "--json").stdout)
    assert told["dry_run"] is True
    assert told["origins"][0]["entries"] == disk.since
    assert "library/opensnoop:0.1.0" in told["origins"][0]["releases"]
    assert files(island) == before
    assert json.loads(ebpfhub("mirror", "status", island.folder, "--json").stdout)["origins"] == []
    take(island, disk.whole, "--fingerprint", hub.fingerprint)
    before = files(island)
    assert "would add" in take(island, disk.news, "--dry-run").stdout
    assert files(island) == before


def test_an_origin_needs_a_pin_a_fingerprint_or_a_yes(hub: RunningHub, disk: Disk, island: RunningHub) -> None:
    before = files(island)
    done = take(island, disk.whole, expect=EXIT_CODES["denied"])
    assert hub.fingerprint in done.stderr
    done = take(island, disk.whole, "--fingerprint", "0" * 64, expect=EXIT_CODES["denied"])
    assert hub.fingerprint in done.stderr
    take(island, disk.whole, "--fingerprint", "nonsense", expect=EXIT_CODES["bad-input"])
    done = take(island, disk.news, "--fingerprint", hub.fingerprint, expect=EXIT_CODES["bad-input"])
    assert f"begins at {disk.since} entries" in done.stderr
    assert files(island) == before
    assert json.loads(ebpfhub("mirror", "status", island.folder, "--json").stdout)["origins"] == []
    take(island, disk.whole, "--yes")
    take(island, disk.news)


def test_hostile_archives_change_nothing_while_the_island_serves(
    hub: RunningHub, disk: Disk, island: RunningHub, tmp_path: Path
) -> None:
    whole = members(disk.whole)
    blob = max((name for name in whole if name.startswith("blobs/")), key=lambda name: len(whole[name]))
    checkpoint = next(name for name in whole if name.endswith("/checkpoint"))
    news = members(disk.news)
    lies = {
        "cut": disk.whole.read_bytes()[:-2000],
        "blob": _packed(whole | {blob: whole[blob][:-1] + b"\0"}),
        "lacks": _packed({name: data for name, data in whole.items() if name != blob}),
        "climbs": _packed(whole | {"../../evil": b"evil"}),
        "newer checkpoint": _packed(whole | {checkpoint: news[checkpoint]}),
        "empty": b"",
    }
    with island.serving():
        before = files(island)
        for name, data in lies.items():
            path = tmp_path / "lie.hubx"
            path.write_bytes(data)
            done = take(island, path, "--fingerprint", hub.fingerprint, expect=None)  # type: ignore[arg-type]
            assert done.returncode in (2, 3, 4), (name, done.stderr)
            assert done.stderr.startswith("ebpfhub: "), done.stderr
            assert files(island) == before, name
        assert "Traceback" not in island.log.read_text()
        take(island, disk.whole, "--fingerprint", hub.fingerprint)
    assert fsck(island) == ([], [])


def test_an_import_that_is_killed_is_repeated(hub: RunningHub, disk: Disk, island: RunningHub) -> None:
    words = [str(BIN / "ebpfhub"), "import", str(island.folder), str(disk.whole), "--fingerprint", hub.fingerprint]
    started = time.monotonic()
    took = None
    chosen = random.Random(7)
    for number in range(6):
        with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                process.wait(timeout=chosen.uniform(0.4, 1.6 if took is None else took))
                took = took or time.monotonic() - started
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
        faults, _ = fsck(island)
        assert faults == [], number
    take(island, disk.whole, "--fingerprint", hub.fingerprint)
    assert Mirror(island, hub.origin).status()["size"] == disk.since
    assert fsck(island)[0] == []  # what a killed process was writing is a note


def test_a_killed_island_goes_on_where_it_was(hub: RunningHub, disk: Disk, island: RunningHub) -> None:
    """The import is the serving hub's work: the command only asks for it."""
    words = [str(BIN / "ebpfhub"), "import", str(island.folder), str(disk.whole), "--fingerprint", hub.fingerprint]
    for delay in (0.6, 0.9, 1.2):
        island.start()
        with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            time.sleep(delay)
            island.kill()
            process.kill()
        assert fsck(island)[0] == []
    with island.serving():
        take(island, disk.whole, "--fingerprint", hub.fingerprint)
        assert Mirror(island, hub.origin).served() == disk.since
    assert fsck(island)[0] == []  # what a killed process was writing is a note


def _packed(contents: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return zstandard.compress(out.getvalue())
