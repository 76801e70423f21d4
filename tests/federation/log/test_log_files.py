"""A log's files: tessera's log byte for byte, and every read while the log grows, shrinks back and is pruned."""

import base64
import json
from pathlib import Path

import pytest
from ebpfhub.federation.log.files import LogFiles
from ebpfhub.federation.log.tiles import TileName, pack_entries, tile_names, unpack_entries
from ebpfhub.schemas.errors import BadInput, StorageFailed
from ebpfhub.signing.merkle import HASH_SIZE, leaf_hash, root
from ebpfhub.signing.notes import Checkpoint, Note
from hypothesis import given
from hypothesis import strategies as st

ENTRIES = [f"entry {number}".encode() for number in range(1200)]


def test_tesseras_log_is_reproduced_byte_for_byte(vectors: Path, tmp_path: Path) -> None:
    published = vectors / "tessera-log" / "log"
    entries = unpack_entries((published / "tile/entries/000.p/15").read_bytes(), count=15)
    assert json.loads((published / ".state/treeState").read_text())["size"] == 15
    files, compared = LogFiles(tmp_path), 0
    for size in range(16):
        note = Note.parse((published / f"checkpoint.{size}").read_text())
        checkpoint = Checkpoint.parse(note.body)
        assert (checkpoint.size, checkpoint.root) == (size, root(files.hashes(size), size))
        compared += 1
        for name in tile_names(size):
            expected = (published / name.path).read_bytes()
            assert (tmp_path / name.path).read_bytes() == expected
            assert files.read(name, size) == expected
            compared += 1
        if size < 15:
            assert files.grow(size, entries[size : size + 1]) == size + 1
    assert compared == 16 + 15 * 2
    assert base64.b64encode(root(files.hashes(15), 15)).decode() == "rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs="


@pytest.mark.parametrize("batches", [(1, 254, 1, 1), (255, 2), (256, 256), (257, 300, 600), (1157,), (3, 511, 1, 600)])
def test_log_is_the_same_however_it_was_batched(tmp_path: Path, batches: tuple[int, ...]) -> None:
    whole, files, size = LogFiles(tmp_path / "whole"), LogFiles(tmp_path / "batched"), 0
    for count in batches:
        since, size = size, files.grow(size, ENTRIES[size : size + count])
        files.prune(since, size)
        assert names_on_disk(files) == {name.path for name in tile_names(size)}
    whole.grow(0, ENTRIES[:size])
    assert all(
        (whole.folder / path).read_bytes() == (files.folder / path).read_bytes() for path in names_on_disk(files)
    )
    assert root(files.hashes(size), size) == root(whole.hashes(size), size)


def test_every_entry_and_older_root_stays_readable(tmp_path: Path) -> None:
    files, size, roots = LogFiles(tmp_path), 0, {}
    for count in (3, 4, 255, 1, 300, 37):
        since, size = size, files.grow(size, ENTRIES[size : size + count])
        files.prune(since, size)
        roots[size] = root(files.hashes(size), size)
    for reader in (files, LogFiles(tmp_path)):
        # a reader that still answers for an older checkpoint finds its tiles in wider ones
        assert {old: root(reader.hashes(old), old) for old in roots} == roots
        assert [reader.entry(index, size) for index in range(size)] == ENTRIES[:size]
        assert [reader.entry(index, 7) for index in range(7)] == ENTRIES[:7]


def test_pruned_partial_tile_is_answered_out_of_a_wider_one(tmp_path: Path) -> None:
    files = LogFiles(tmp_path)
    for since, size in ((0, 5), (5, 9), (9, 700)):
        files.grow(since, ENTRIES[since:size])
        files.prune(since, size)
        for width in range(1, min(size, 256)):
            hashes = b"".join(leaf_hash(entry) for entry in ENTRIES[:width])
            assert files.read(TileName(0, 0, width), size) == hashes
            assert files.read(TileName(None, 0, width), size) == pack_entries(ENTRIES[:width])


def test_tile_that_the_log_does_not_have_yet_is_not_read(tmp_path: Path) -> None:
    files = LogFiles(tmp_path)
    files.grow(0, ENTRIES[:300])  # on disk, but the caller knows of 200 only
    assert files.read(TileName(0, 0, 200), 200) is not None
    for name in (
        TileName(0, 0),
        TileName(0, 0, 201),
        TileName(0, 1, 1),
        TileName(1, 0, 1),
        TileName(None, 0),
        TileName(5, 9),
    ):
        assert files.read(name, 200) is None
    assert files.entries(5, 200) == []


def test_batch_that_was_never_committed_is_never_served(tmp_path: Path) -> None:
    """A crash left tiles of another batch; the next log has the same widths with other contents."""
    files = LogFiles(tmp_path)
    files.grow(0, ENTRIES[:5])
    for lost in (2, 5, 300, 900):
        LogFiles(tmp_path).grow(5, [b"lost"] * lost)
    files = LogFiles(tmp_path)
    files.trim(5)
    assert names_on_disk(files) == {name.path for name in tile_names(5)}
    assert files.grow(5, ENTRIES[5:300]) == 300
    for width in (5, 6, 7, 10, 200):
        assert files.read(TileName(None, 0, width), 300) == pack_entries(ENTRIES[:width])
        assert files.read(TileName(0, 0, width), 300) == b"".join(leaf_hash(entry) for entry in ENTRIES[:width])
    whole = LogFiles(tmp_path / "whole")
    whole.grow(0, ENTRIES[:300])
    assert root(files.hashes(300), 300) == root(whole.hashes(300), 300)


def test_trim_keeps_all_that_is_committed(tmp_path: Path) -> None:
    for size in (0, 1, 255, 256, 257, 700):
        files = LogFiles(tmp_path / str(size))
        files.grow(0, ENTRIES[:size])
        before = names_on_disk(files)
        files.grow(size, ENTRIES[size:1200])
        files.trim(size)
        assert names_on_disk(files) == before
        files.trim(size)
        assert root(files.hashes(size), size) == root(LogFiles(files.folder).hashes(size), size)


def test_missing_tile_is_a_storage_failure(tmp_path: Path) -> None:
    files = LogFiles(tmp_path)
    files.grow(0, ENTRIES[:300])
    (tmp_path / "tile/0/001.p/44").unlink()
    (tmp_path / "tile/entries/000").unlink()
    with pytest.raises(StorageFailed, match="missing"):
        root(LogFiles(tmp_path).hashes(300), 300)
    with pytest.raises(StorageFailed, match="missing"):
        files.entry(3, 300)


def test_entry_that_is_too_long_changes_nothing(tmp_path: Path) -> None:
    files = LogFiles(tmp_path)
    with pytest.raises(BadInput):
        files.grow(0, [b"x" * 65536])
    assert names_on_disk(files) == set()


@given(st.lists(st.integers(1, 400), min_size=1, max_size=4), st.data())
def test_random_batches_and_crashes_leave_the_same_log(
    tmp_path_factory: pytest.TempPathFactory, counts: list[int], data: st.DataObject
) -> None:
    files, size = LogFiles(tmp_path_factory.mktemp("log")), 0
    for count in counts:
        lost = data.draw(st.integers(0, 300))
        files.grow(size, [b"lost"] * lost)
        files.trim(size)
        since, size = size, files.grow(size, [ENTRIES[at % 1200] for at in range(size, size + count)])
        files.prune(since, size)
    expected = [ENTRIES[at % 1200] for at in range(size)]
    assert [entry for at in range(-(-size // 256)) for entry in files.entries(at, size)] == expected
    hashes = b"".join(leaf_hash(entry) for entry in expected)
    level_0 = b"".join(files.read(name, size) or b"" for name in tile_names(size) if name.level == 0)
    assert level_0 == hashes and len(level_0) == size * HASH_SIZE


def names_on_disk(files: LogFiles) -> set[str]:
    return {str(path.relative_to(files.folder)) for path in files.folder.rglob("*") if path.is_file()}
