"""The log's writer: batches, restarts, and two writers of one log."""

from pathlib import Path

import pytest
from ebpfhub.federation.log.files import LogFiles
from ebpfhub.federation.log.sequencer import NEW_LOG, Sequencer
from ebpfhub.federation.log.tiles import tile_names
from ebpfhub.schemas.errors import BadInput, Conflict, StorageFailed
from ebpfhub.signing.notes import Note, SignerKey

from ..log_fixtures import NOW, ORIGIN, SqliteHeads
from .hub_folder import Hub, batch


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return Hub(tmp_path)


def test_appended_batches_are_in_a_signed_checkpoint(hub: Hub) -> None:
    log, wanted = hub.start(), list[bytes]()
    assert log.head == NEW_LOG
    for count in (1, 255, 1, 300):
        wanted += batch(f"of {count}", count)
        head = log.append(wanted[-count:], time=NOW)
        assert head == log.head == hub.head
        assert (hub.published.size, hub.published.root, hub.published.origin) == (head.size, head.root, ORIGIN)
    assert hub.entries() == wanted
    assert hub.names() == {name.path for name in tile_names(len(wanted))}


def test_restarted_log_goes_on(hub: Hub) -> None:
    hub.start().append(batch("a", 300), time=NOW)
    log = hub.start()
    assert log.head.size == hub.published.size == 300
    log.append(batch("b", 3), time=NOW)
    assert hub.entries() == batch("a", 300) + batch("b", 3)


def test_overtaken_writer_writes_and_signs_nothing_more(hub: Hub) -> None:
    older = hub.start()
    older.append(batch("a", 5), time=NOW)
    newer = hub.start()
    before = hub.names(), (hub.folder / "log" / "checkpoint").read_bytes()
    for _ in range(2):
        with pytest.raises(Conflict):
            older.append(batch("old", 3), time=NOW + 1)
        with pytest.raises(Conflict):
            older.cosign_again(time=NOW + 2)
        with pytest.raises(Conflict):
            older.recover(time=NOW + 3)
    assert before == (hub.names(), (hub.folder / "log" / "checkpoint").read_bytes())
    newer.append(batch("new", 3), time=NOW)
    assert hub.entries() == batch("a", 5) + batch("new", 3)


def test_overtaken_writer_does_not_touch_committed_tiles(hub: Hub) -> None:
    """Both write a batch of the same size: the older one's must not replace what the newer one has committed."""
    older = hub.start()
    older.append(batch("a", 5), time=NOW)
    newer = hub.start()
    newer.append(batch("new", 5), time=NOW)
    checkpoint = hub.published
    with pytest.raises(Conflict):
        older.append(batch("old", 5), time=NOW)
    with pytest.raises(Conflict):
        older.cosign_again(time=NOW)
    assert hub.published == checkpoint
    assert hub.entries() == batch("a", 5) + batch("new", 5)
    assert hub.start().head.size == 10


def test_entry_that_is_too_long_is_refused_and_the_log_is_as_before(hub: Hub) -> None:
    log = hub.start()
    log.append(batch("a", 3), time=NOW)
    before = hub.names(), log.head
    with pytest.raises(BadInput):
        log.append([b"fits", b"x" * 65536], time=NOW)
    assert before == (hub.names(), log.head)
    log.append([b"x" * 65535], time=NOW)
    assert hub.head.size == 4


def test_damaged_tiles_are_found_at_the_start(hub: Hub) -> None:
    hub.start().append(batch("a", 300), time=NOW)
    tile = hub.folder / "log" / "tile/0/001.p/44"
    data = bytearray(tile.read_bytes())
    data[7] ^= 1
    tile.write_bytes(data)
    with pytest.raises(StorageFailed, match="do not match"):
        hub.start()


def test_restored_older_tiles_are_found_at_the_start(hub: Hub) -> None:
    hub.start().append(batch("a", 3), time=NOW)
    (hub.folder / "log" / "tile/0/000.p/3").rename(hub.folder / "gone")
    with pytest.raises(StorageFailed):
        hub.start()


def test_restored_older_database_does_not_fork_the_log(hub: Hub) -> None:
    hub.start().append(batch("a", 5), time=NOW)
    backup = (hub.folder / "heads.db").read_bytes()
    hub.start().append(batch("b", 5), time=NOW)
    names = hub.names()
    (hub.folder / "heads.db").write_bytes(backup)
    with pytest.raises(StorageFailed, match="published with 10 entries, but only 5 are committed"):
        hub.start()
    assert hub.names() == names, "nothing of what was published is removed"


def test_unreadable_checkpoint_is_found_at_the_start(hub: Hub) -> None:
    hub.start().append(batch("a", 5), time=NOW)
    for damaged in (b"", b"\xff", b"junk\n"):
        (hub.folder / "log" / "checkpoint").write_bytes(damaged)
        with pytest.raises(StorageFailed, match="unreadable"):
            hub.start()


def test_quiet_log_is_cosigned_again(hub: Hub) -> None:
    log = hub.start()
    log.append(batch("a", 3), time=NOW)
    log.cosign_again(time=NOW + 600)
    note = Note.parse((hub.folder / "log" / "checkpoint").read_text())
    assert note.cosigned_at(hub.keys.cosigner.verifier) == NOW + 600
    assert len(note.signatures) == 2
    note.verify(hub.keys.log.verifier)


def test_key_of_another_log_signs_another_name(hub: Hub) -> None:
    log = Sequencer(
        LogFiles(hub.folder / "b"),
        SqliteHeads(hub.folder / "b.db"),
        origin="b.example.org",
        key=SignerKey.generate("x"),
        cosigner=None,
    )
    log.append([b"a"], time=NOW)
    assert log.note is not None
    assert (log.note.body.split("\n")[0], len(log.note.signatures)) == ("b.example.org", 1)
