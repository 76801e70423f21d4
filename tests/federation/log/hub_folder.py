"""A hub's log in a folder, for tests that start, break and restart its writer."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ebpfhub.federation.files import write_durably
from ebpfhub.federation.log import files as log_files
from ebpfhub.federation.log import sequencer as log_sequencer
from ebpfhub.federation.log.files import LogFiles
from ebpfhub.federation.log.sequencer import Head, HeadStore, Sequencer
from ebpfhub.federation.log.tiles import TileName, tile_names
from ebpfhub.signing.merkle import check_consistency, consistency_proof
from ebpfhub.signing.notes import Checkpoint, Note

from ..log_fixtures import NOW, ORIGIN, Keys, SqliteHeads


@dataclass
class Hub:
    """One folder with a log; `start` is what a hub does when it starts."""

    folder: Path
    keys: Keys = field(default_factory=Keys)

    def start(self, heads: HeadStore | None = None) -> Sequencer:
        files, store = LogFiles(self.folder / "log"), heads or SqliteHeads(self.folder / "heads.db")
        made = Sequencer(files, store, origin=ORIGIN, key=self.keys.log, cosigner=self.keys.cosigner)
        made.recover(time=NOW)
        return made

    @property
    def head(self) -> Head:
        return SqliteHeads(self.folder / "heads.db").load()

    @property
    def published(self) -> Checkpoint:
        note = Note.parse((self.folder / "log" / "checkpoint").read_text())
        note.verify(self.keys.log.verifier)
        assert note.cosigned_at(self.keys.cosigner.verifier)
        return Checkpoint.parse(note.body)

    def entries(self) -> list[bytes]:
        files, size = LogFiles(self.folder / "log"), self.head.size
        return [files.entry(at, size) for at in range(size)]

    def names(self) -> set[str]:
        folder = self.folder / "log"
        return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {".lock", "checkpoint"}


def batch(name: str, count: int) -> list[bytes]:
    return [f"{name} {number}".encode() for number in range(count)]


@contextlib.contextmanager
def failing_write(monkeypatch: pytest.MonkeyPatch, number: int, failure: BaseException) -> Iterator[Callable[[], int]]:
    """Make the write of that number, and all after it, fail; yields a counter of the writes."""
    count = 0

    def write(path: Path, data: bytes) -> None:
        nonlocal count
        count += 1
        if count > number:
            raise failure
        write_durably(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(log_files, "write_durably", write)
        patch.setattr(log_sequencer, "write_durably", write)
        yield lambda: count


def only_committed(hub: Hub) -> None:
    """Check that every tile on disk is one of the committed log: all of those, and at most outgrown ones besides."""
    size, files = hub.head.size, LogFiles(hub.folder / "log")
    names = {TileName.parse(name) for name in hub.names() if not name.endswith(".tmp")}
    assert names >= set(tile_names(size))
    for name in names:
        assert files.read(name, size) == (files.folder / name.path).read_bytes()


def grew(hub: Hub, before: Checkpoint) -> None:
    """Check that the published log continues what was published before."""
    after = hub.published
    assert (after.size, after.root) == (hub.head.size, hub.head.root)
    hashes = LogFiles(hub.folder / "log").hashes(after.size)
    proof = consistency_proof(hashes, before.size, after.size)
    check_consistency(old=before.size, new=after.size, old_root=before.root, new_root=after.root, proof=proof)
