"""A mirror's folder through crashes, broken disks and changed files: nothing verified is lost, nothing else is served."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from ebpfhub.federation import files as files_module
from ebpfhub.federation.files import write_durably
from ebpfhub.federation.log import files as log_files
from ebpfhub.federation.sync import replica as replica_module
from ebpfhub.federation.sync import verified_log as verified_log_module
from ebpfhub.schemas.errors import HubError, NotFound, NotTrusted, StorageFailed
from ebpfhub.signing.merkle import root
from ebpfhub.signing.notes import Checkpoint, Note

from ...relay import flip
from .recorded import Local, Origin


class PowerCut(BaseException):
    """What no code of ours catches."""


@contextmanager
def failing_write(monkeypatch: pytest.MonkeyPatch, number: int, failure: BaseException) -> Iterator[list[Path]]:
    """Make the durable write of that number fail, and all after it; yields the paths of those that were tried."""
    tried: list[Path] = []

    def write(path: Path, data: bytes, *, mode: int = 0o644) -> None:
        tried.append(path)
        if len(tried) > number:
            raise failure
        write_durably(path, data, mode=mode)

    with monkeypatch.context() as patch:
        for module in (log_files, replica_module, verified_log_module, files_module):
            patch.setattr(module, "write_durably", write)
        yield tried


def whole(local: Local, origin: Origin, size: int) -> None:
    """The mirror serves exactly the log of `size` entries, all of it."""
    shown = local.replica.shown
    assert shown.size == size == local.replica.replay.size
    note = Note.parse(shown.text)
    note.verify(origin.keys.log.verifier)
    checkpoint = Checkpoint.parse(note.body)
    assert root(local.replica.files.hashes(size), size) == checkpoint.root
    assert [local.replica.files.entry(at, size) for at in range(size)] == list(origin.late.all_entries[:size])
    for _, release in origin.late.releases:
        if size > _:
            assert local.store.verify(release.manifest)


async def test_disk_that_breaks_at_any_write_leaves_the_log_as_before(
    origin: Origin, local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    await local.pull(origin.early)
    number = 0
    while True:
        failure = StorageFailed("the disk is full")
        with failing_write(monkeypatch, number, failure) as tried:
            try:
                await local.pull(origin.late)
            except StorageFailed:
                whole(local, origin, origin.early.size)
            if len(tried) <= number:
                break
        number += 1
    assert number >= 3
    whole(local, origin, origin.late.size)


async def test_power_cut_at_any_write_loses_nothing(
    origin: Origin, local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    await local.pull(origin.early)
    number = 0
    while True:
        before = local.replica.head.size
        with failing_write(monkeypatch, number, PowerCut()) as tried:
            with suppress(PowerCut):
                await local.pull(origin.late)
            if len(tried) <= number:
                break
        local.open()
        assert local.replica.head.size >= before
        whole(local, origin, local.replica.head.size)
        number += 1
    assert number >= 3
    whole(local, origin, origin.late.size)


async def test_power_cut_between_commit_and_publication_loses_nothing(
    origin: Origin, local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    await local.pull(origin.early)

    def cut(*_: object) -> None:
        raise PowerCut

    with monkeypatch.context() as patch:
        patch.setattr(local.replica.log, "_publish_next", cut)
        with pytest.raises(PowerCut):
            await local.pull(origin.late)
    local.open()
    whole(local, origin, origin.late.size)
    assert not (local.folder / "replica" / "log" / "checkpoint.next").exists()


async def test_first_pull_that_is_cut_off_is_served_after_the_start(
    origin: Origin, local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object) -> None:
        raise PowerCut

    with monkeypatch.context() as patch:
        patch.setattr(local.replica.log, "_publish_next", cut)
        with pytest.raises(PowerCut):
            await local.pull(origin.late)
    local.open()
    whole(local, origin, origin.late.size)


def test_nothing_is_shown_before_the_first_pull(local: Local) -> None:
    with pytest.raises(NotFound, match="nothing of this origin was verified yet"):
        _ = local.replica.shown


async def test_changed_checkpoint_file_is_not_served(origin: Origin, local: Local) -> None:
    await local.pull(origin.early)
    path = local.replica.log.checkpoint_path
    older = path.read_bytes()
    await local.pull(origin.late)
    newest = path.read_bytes()
    for data in (older, b"", b"\xff\xfe", flip(newest), newest + b"x"):
        path.write_bytes(data)
        with pytest.raises(StorageFailed, match="checkpoint"):
            _ = local.replica.shown
        local.open()
        with pytest.raises(StorageFailed, match="checkpoint"):
            _ = local.replica.shown
        await local.pull(origin.late)
        whole(local, origin, origin.late.size)
    path.unlink()
    with pytest.raises(StorageFailed):
        _ = local.replica.shown


async def test_changed_log_is_not_opened(origin: Origin, local: Local) -> None:
    await local.pull(origin.late)
    for path in sorted((local.folder / "replica" / "log" / "tile").rglob("*")):
        if path.is_file():
            held = path.read_bytes()
            path.write_bytes(flip(held))
            with pytest.raises((StorageFailed, NotTrusted)):
                local.open()
            path.write_bytes(held)
    local.open()
    whole(local, origin, origin.late.size)


async def test_changed_or_missing_note_and_roots_are_not_opened(origin: Origin, local: Local) -> None:
    await local.pull(origin.late)
    replica = local.folder / "replica"
    for path in (replica / "origin.note", *(replica / "trust").iterdir()):
        held = path.read_bytes()
        for data in (None, b"", flip(held), b"\xff" * 10):
            path.unlink() if data is None else path.write_bytes(data)
            with pytest.raises(HubError):
                local.open()
            path.write_bytes(held)
    local.open()


async def test_folder_of_an_older_backup_is_not_served_under_a_newer_head(
    origin: Origin, local: Local, tmp_path: Path
) -> None:
    await local.pull(origin.early)
    shutil.copytree(local.folder / "replica", tmp_path / "backup")
    await local.pull(origin.late)
    shutil.rmtree(local.folder / "replica")
    shutil.copytree(tmp_path / "backup", local.folder / "replica")
    with pytest.raises(StorageFailed):
        local.open()
