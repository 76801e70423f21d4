"""The log's writer and disks that are full or fail: the log is as before, and later batches work."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from ebpfhub.federation.log.sequencer import Head
from ebpfhub.schemas.errors import Conflict, StorageFailed

from ..log_fixtures import NOW, SqliteHeads
from .hub_folder import Hub, batch, failing_write


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return Hub(tmp_path)


class DiskFull:
    """A head store that cannot commit, and may or may not have done so."""

    def __init__(self, heads: SqliteHeads, *, committed: bool) -> None:
        self._heads, self._committed, self.full = heads, committed, False
        self.load, self.acquire = heads.load, heads.acquire

    def advance(self, *, fence: int, old: Head, new: Head) -> None:
        if not self.full or self._committed:
            self._heads.advance(fence=fence, old=old, new=new)
        if self.full:
            raise StorageFailed("database or disk is full")


def test_failed_commit_leaves_the_log_as_before(hub: Hub) -> None:
    heads = DiskFull(SqliteHeads(hub.folder / "heads.db"), committed=False)
    log = hub.start(heads)
    log.append(batch("a", 250), time=NOW)
    before, heads.full = (hub.names(), log.head), True
    with pytest.raises(StorageFailed):
        log.append(batch("lost", 20), time=NOW)
    assert before == (hub.names(), log.head)
    heads.full = False
    log.append(batch("b", 20), time=NOW)
    assert hub.entries() == batch("a", 250) + batch("b", 20)


def test_commit_of_unknown_outcome_is_not_built_upon(hub: Hub) -> None:
    heads = DiskFull(SqliteHeads(hub.folder / "heads.db"), committed=True)
    log = hub.start(heads)
    log.append(batch("a", 5), time=NOW)
    heads.full = True
    with pytest.raises(StorageFailed):
        log.append(batch("b", 3), time=NOW)
    heads.full = False
    with pytest.raises(Conflict):
        log.append(batch("c", 3), time=NOW)
    hub.start().append(batch("c", 3), time=NOW)
    assert hub.entries() == batch("a", 5) + batch("b", 3) + batch("c", 3)


def test_failed_write_leaves_the_log_as_before(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    log = hub.start()
    log.append(batch("a", 250), time=NOW)
    before, failed = (hub.names(), log.head, hub.published), 0
    for step in range(100):
        with failing_write(monkeypatch, step, StorageFailed("no space left")), contextlib.suppress(StorageFailed):
            log.append(batch("lost", 20), time=NOW)
        if hub.head != before[1]:
            break
        failed += 1
        assert before == (hub.names(), log.head, hub.published)
    assert failed >= 4, "bundles, tiles of two levels"
    # the last failure was behind the commit: the batch is in the log, and nothing is built on it before a restart
    assert log.head == hub.head
    with pytest.raises(StorageFailed):
        log.append(batch("more", 1), time=NOW)
    log.recover(time=NOW)
    log.append(batch("b", 2), time=NOW)
    assert hub.entries() == batch("a", 250) + batch("lost", 20) + batch("b", 2)
    assert hub.published.size == 272


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 320 KB, which needs root."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=320k", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_full_disk_fails_cleanly_and_later_appends_work(tiny_disk: Path, tmp_path: Path) -> None:
    (tiny_disk / "log").mkdir()
    (tmp_path / "log").symlink_to(tiny_disk / "log")
    hub, ballast, failures = Hub(tmp_path), tiny_disk / "ballast", 0
    log, wanted = hub.start(), batch("a", 3)
    log.append(wanted, time=NOW)
    for pages in range(24):
        fill(ballast, pages)
        before, entries = (hub.names(), log.head), batch(f"with {pages} free pages", 2)
        try:
            log.append(entries, time=NOW)
        except StorageFailed:
            failures += 1
            assert before == (hub.names(), log.head)
            assert hub.published.size == log.head.size == hub.head.size == len(wanted)
            ballast.unlink()
            log.append(entries, time=NOW)
        wanted += entries
        assert hub.entries() == wanted
        assert hub.published.size == len(wanted)
        ballast.unlink(missing_ok=True)
    assert 2 < failures < 20
    assert hub.start().head.size == len(wanted)


def fill(ballast: Path, pages: int) -> None:
    """Fill a file system but for `pages` free ones."""
    disk = os.statvfs(ballast.parent)
    ballast.write_bytes(bytes((disk.f_bavail - pages) * disk.f_frsize))
    assert os.statvfs(ballast.parent).f_bavail == pages
