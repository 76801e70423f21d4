"""A disk that is full: a clear refusal, nothing half-written, and everything goes on when there is room again."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from ebpfhub.schemas.exit_codes import EXIT_CODES

from ..hubs import ADMIN, Ecli, RunningHub, ebpfhub
from .machine import assert_nothing_half_written, assert_one_message, installed_files


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of eight megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def _fill(disk: Path, *, leave: int) -> Path:
    """Leave so many bytes free."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    with filler.open("r+b") as file:
        file.truncate(max(0, filler.stat().st_size - leave))
    return filler


@pytest.mark.parametrize("leave", [0, 8192, 24576])
def test_a_pull_onto_a_full_disk_leaves_nothing_half_written(
    hub: RunningHub, publisher: Ecli, disk: Path, leave: int
) -> None:
    ecli = Ecli(disk / "home")
    ecli.trust(hub)
    filler = _fill(disk, leave=leave)
    before = installed_files(ecli.home)
    done = ecli.run("pull", "opensnoop", expect=EXIT_CODES["storage-failed"])
    assert_one_message(done.stderr)
    assert str(ecli.home) in done.stderr
    assert "No space left" in done.stderr
    assert "Free some space" in done.stderr
    assert_nothing_half_written(ecli.home)
    assert not [path for path in installed_files(ecli.home) if "receipts" in path] or not before
    filler.unlink()
    ecli.run("pull", "opensnoop")
    ecli.run("run", "--timeout", "10ms", "opensnoop")


def test_a_build_and_an_export_onto_a_full_disk_are_told(installed: Ecli, package: Path, disk: Path) -> None:
    _fill(disk, leave=0)
    done = installed.run("export", "opensnoop", "-o", disk / "opensnoop.bpf", expect=EXIT_CODES["storage-failed"])
    assert_one_message(done.stderr)
    done = installed.run("build", package.parent.parent, "-o", disk / "made.bpf", expect=EXIT_CODES["storage-failed"])
    assert_one_message(done.stderr)
    assert [path.name for path in disk.iterdir()] == ["filler"]


def test_a_hub_on_a_full_disk_refuses_pushes_serves_reads_and_goes_on(
    package: Path, disk: Path, tmp_path: Path
) -> None:
    hub = RunningHub.make(disk / "hub")
    author, reader = Ecli(tmp_path / "author"), Ecli(tmp_path / "reader")
    with hub.serving():
        author.login(hub, hub.token(ADMIN, role="admin"))
        reader.trust(hub)
        author.publish(hub, package)
        for leave in (0, 32768):
            filler = _fill(disk, leave=leave)
            size, checkpoint = hub.ask("/readyz").json()["size"], hub.ask("/log/checkpoint").text
            done = author.run("publish", package, "--to", hub.url, "--version", "0.2.0", expect=None)
            if done.returncode:
                assert done.returncode == EXIT_CODES["storage-failed"], done.stderr
                assert_one_message(done.stderr)
                assert "full" in done.stderr
                assert "Traceback" not in hub.log.read_text()
                assert (hub.ask("/readyz").json()["size"], hub.ask("/log/checkpoint").text) == (size, checkpoint)
                reader.run("verify", "opensnoop:0.1.0")
            assert done.returncode or leave, "a publish succeeded without any room"
            filler.unlink()
        author.publish(hub, package, "--version", "0.2.0")
        reader.run("verify", "opensnoop:0.2.0")
        assert "clean" in ebpfhub("fsck", hub.folder).stdout
