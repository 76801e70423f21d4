"""New keys for a log, and an origin that moves: clients and mirrors follow the origin note, and ask nobody."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ebpfhub.signing.notes import Checkpoint, Note
from ebpfhub.signing.origin import OriginNote, read_origin_note

from ..hubs import ADMIN, Ecli, RunningHub, build_opensnoop, ebpfhub
from ..mirrors import Mirror, fsck, mirror_of, size_of


@dataclass(frozen=True)
class Place:
    """A hub with opensnoop 0.1.0, a mirror of it, its publisher, and a reader who has pulled it."""

    hub: RunningHub
    mirror: Mirror
    publisher: Ecli
    reader: Ecli
    package: Path

    def note(self) -> OriginNote:
        return read_origin_note(self.hub.ask("/origin").text)

    def release(self, version: str) -> None:
        self.publisher.run("publish", self.package, "--to", self.hub.url, "--version", version)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    hub = RunningHub.make(tmp_path / "hub")
    with hub.serving():
        publisher, reader = Ecli(tmp_path / "publisher"), Ecli(tmp_path / "reader")
        publisher.login(hub, hub.token(ADMIN, role="admin"))
        package = build_opensnoop(tmp_path)
        publisher.publish(hub, package)
        reader.trust(hub)
        reader.run("pull", "opensnoop")
        mirror = mirror_of(hub, tmp_path / "mirror")
        try:
            yield Place(hub, mirror, publisher, reader, package)
        finally:
            if mirror.hub.process is not None:
                mirror.hub.stop()


def copied(folder: Path, to: Path) -> Path:
    """A copy of a hub's folder, without its socket."""
    return Path(shutil.copytree(folder, to, ignore=shutil.ignore_patterns("*.sock")))


def checkpoint(place: Place) -> tuple[int, Note]:
    note = Note.parse(place.hub.ask("/log/checkpoint").text)
    return Checkpoint.parse(note.body).size, note


def assert_signed_by_the_new_key(place: Place, size: int) -> None:
    """The note has two keys; the newest checkpoint, larger than `size`, is signed by the second and its cosigner."""
    note, (now, signed) = place.note(), checkpoint(place)
    assert len(note.logs) == 2 and note.logs[0].last == note.logs[1].first - 1
    assert now >= note.logs[1].first > size
    signed.verify(note.logs[1].key)
    assert len(note.cosigners) == 1 and signed.cosigned_at(note.cosigners[0]) is not None


def test_log_key_is_rotated_while_the_hub_serves(place: Place, tmp_path: Path) -> None:
    place.reader.run("export", "opensnoop", "-o", tmp_path / "before.bpf")
    old = (place.hub.folder / "keys" / "log.key").read_bytes()
    size = size_of(place.hub)
    ebpfhub("origin", "rotate", place.hub.folder)
    assert_signed_by_the_new_key(place, size)
    assert (place.hub.folder / "keys" / "log.key").read_bytes() != old, "the old key is gone"
    assert not (place.hub.folder / "keys" / "log.next").exists()
    place.release("0.2.0")
    place.reader.run("pull", "opensnoop:0.2.0")
    place.reader.run("verify", tmp_path / "before.bpf")
    place.mirror.wait(size_of(place.hub))
    far = Ecli(tmp_path / "far")
    far.run("trust", "add", place.mirror.hub.url, "--origin", place.hub.origin, "--fingerprint", place.hub.fingerprint)
    far.run("pull", "opensnoop:0.2.0")
    for hub in (place.hub, place.mirror.hub):
        assert fsck(hub)[0] == []
    # and once more; the hub starts with the newest
    ebpfhub("origin", "rotate", place.hub.folder)
    place.hub.stop()
    place.hub.start()
    place.release("0.3.0")
    place.reader.run("pull", "opensnoop:0.3.0")
    assert [item.last is None for item in place.note().logs] == [False, False, True]


def test_note_is_signed_elsewhere_while_the_log_grows(place: Place, tmp_path: Path) -> None:
    key = tmp_path / "safe.key"
    shutil.move(place.hub.folder / "offline" / "origin.key", key)
    draft = tmp_path / "next.note"
    size = size_of(place.hub)
    ebpfhub("origin", "rotate", place.hub.folder, "--draft", draft, "--margin", "20")
    ebpfhub("origin", "sign", draft, "--key", key)
    place.release("0.2.0")
    assert len(place.note().logs) == 1, "nothing has changed yet"
    ebpfhub("origin", "install", place.hub.folder, draft)
    assert place.note().logs[0].last == size + 20 and size_of(place.hub) == size + 21
    assert_signed_by_the_new_key(place, size)
    place.reader.run("pull", "opensnoop:0.2.0")
    # one whose log has grown beyond it, and one whose keys were overtaken
    tight, older = tmp_path / "tight.note", tmp_path / "older.note"
    ebpfhub("origin", "rotate", place.hub.folder, "--draft", tight, "--margin", "1")
    ebpfhub("origin", "sign", tight, "--key", key)
    place.release("0.3.0")
    said = ebpfhub("origin", "install", place.hub.folder, tight, expect=9).stderr
    assert "the note ends its key at" in said and "--margin" in said
    ebpfhub("origin", "rotate", place.hub.folder, "--draft", older)
    ebpfhub("origin", "sign", older, "--key", key)
    ebpfhub("origin", "rotate", place.hub.folder, "--draft", tmp_path / "newer.note")
    assert (
        "other keys than those that wait here" in ebpfhub("origin", "install", place.hub.folder, older, expect=2).stderr
    )
    assert fsck(place.hub)[0] == []


def test_stolen_log_key_signs_nothing_any_more(place: Place, tmp_path: Path) -> None:
    """Whoever has the old keys, but not the origin key, cannot speak for a log of a size that the new key signs."""
    stolen = copied(place.hub.folder, tmp_path / "stolen")
    ebpfhub("origin", "rotate", place.hub.folder)
    place.release("0.2.0")
    place.reader.run("pull", "opensnoop:0.2.0")
    thief = RunningHub(stolen, place.hub.origin, place.hub.url, place.hub.fingerprint, place.hub.port)
    place.hub.stop()
    place.mirror.hub.stop()
    with thief.serving():
        done = place.reader.run("pull", "opensnoop:0.2.0", expect=None)
        assert done.returncode == 4 and "were seen before" in done.stderr
    place.hub.start()


@pytest.mark.parametrize("moment", ["adopted", "appended"])
def test_crash_between_note_and_key_is_mended_by_the_next_start(place: Place, tmp_path: Path, moment: str) -> None:
    before = copied(place.hub.folder, tmp_path / "before")
    draft = tmp_path / "next.note"
    ebpfhub("origin", "rotate", place.hub.folder, "--draft", draft, "--margin", "0")
    waiting = shutil.copytree(place.hub.folder / "keys" / "log.next", tmp_path / "log.next")
    old = (
        (place.hub.folder / "keys" / "log.key").read_bytes(),
        (place.hub.folder / "keys" / "cosigner.key").read_bytes(),
    )
    ebpfhub("origin", "sign", draft, "--key", before / "offline" / "origin.key")
    place.hub.stop()
    if moment == "adopted":  # the note is there, and nothing of what follows
        shutil.copy(draft, place.hub.folder / "origin.note")
    else:  # the new key has signed, and the files were not changed yet
        ebpfhub("origin", "install", place.hub.folder, draft)
        shutil.copytree(waiting, place.hub.folder / "keys" / "log.next")
        for name, data in zip(("log.key", "cosigner.key"), old, strict=True):
            (place.hub.folder / "keys" / name).write_bytes(data)
    place.hub.start()
    assert_signed_by_the_new_key(place, 0)
    assert not (place.hub.folder / "keys" / "log.next").exists()
    place.release("0.2.0")
    place.reader.run("pull", "opensnoop:0.2.0")


def test_origin_that_moves_vouches_for_its_successor(place: Place, tmp_path: Path) -> None:
    new = RunningHub.make(tmp_path / "new", origin="new.test")
    with new.serving():
        ebpfhub("origin", "move", place.hub.folder, new.origin, "--fingerprint", new.fingerprint)
        said = place.reader.run("pull", "opensnoop")
        told = place.reader.json("verify", "opensnoop")
        assert any("goes on as new.test" in line for line in told["warnings"]), said.stderr
        added = place.reader.run("trust", "add", new.url)
        assert "hub.test names it as its successor" in added.stderr
        assert "new.test" in place.reader.run("trust", "list").stdout
        other = RunningHub.make(tmp_path / "other", origin="new.test")
        with other.serving():
            stranger = Ecli(tmp_path / "stranger")
            stranger.trust(place.hub)
            stranger.run("pull", "opensnoop")
            assert "nobody answered" in stranger.run("trust", "add", other.url, expect=7).stderr, "the key is another"
