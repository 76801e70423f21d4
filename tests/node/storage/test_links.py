"""Links and rows: who sees what, and when a blob leaves the disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ebpfhub.federation.blobs import BlobStore
from ebpfhub.node.storage.database import Database
from ebpfhub.node.storage.links import BlobLinks, Link
from ebpfhub.node.storage.manifests import ManifestRow, Manifests
from ebpfhub.node.storage.uploads import Uploads
from ebpfhub.schemas.digest import AnyDigest, Digest
from ebpfhub.schemas.errors import StorageFailed


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "hub.sqlite")
    yield made
    made.close()


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


@pytest.fixture
def links(database: Database, store: BlobStore) -> BlobLinks:
    return BlobLinks(database, store)


def _manifest(data: bytes, *, staged_by: str = "", subject: str = "") -> ManifestRow:
    return ManifestRow(Digest.of(data), "application/vnd.x", len(data), subject, staged_by=staged_by)


def test_staged_blob_is_seen_by_its_pusher_only(links: BlobLinks, store: BlobStore) -> None:
    digest = store.put(b"secret")
    links.add("ns/a", digest, staged_by="alice")
    assert links.visible("ns/a", digest, identity="alice")
    assert not links.visible("ns/a", digest, identity="bob")
    assert not links.visible("ns/a", digest)
    assert not links.visible("ns/b", digest, identity="alice")
    assert links.anywhere(digest, identity="bob") is None
    assert links.anywhere(digest, identity="alice") == "ns/a"


def test_link_to_a_blob_that_is_not_there_is_refused(links: BlobLinks) -> None:
    with pytest.raises(StorageFailed):
        links.add("plain/a", Digest.of(b"gone"))
    assert not links.visible("plain/a", Digest.of(b"gone"))


def test_of_links_that_are_added_together_only_those_to_missing_blobs_are_refused(
    links: BlobLinks, store: BlobStore, database: Database
) -> None:
    uploads = Uploads(database)
    session = uploads.begin("plain/a", identity="", algorithm="sha256")
    here, gone = Link("plain/a", store.put(b"here")), Link("plain/b", Digest.of(b"gone"), ends_upload=session.id)
    assert links.add_all([here, gone, Link("ns/c", here.digest, "alice")]) == [gone]
    assert links.public("plain/a", here.digest)
    assert links.visible("ns/c", here.digest, identity="alice") and not links.public("ns/c", here.digest)
    assert not links.visible("plain/b", gone.digest)
    assert uploads.get(session.id, repository="plain/a", identity="") is not None  # it can go on


def test_blob_is_removed_with_its_last_link_and_not_before(links: BlobLinks, store: BlobStore) -> None:
    digest = store.put(b"shared")
    links.add("plain/a", digest)
    links.add("plain/b", digest)
    assert links.remove("plain/a", digest)
    links.sweep(grace=-1)
    assert store.exists(digest)
    assert links.remove("plain/b", digest)
    assert links.sweep(grace=60) == 0
    assert store.exists(digest)
    assert links.sweep(grace=-1) == 1
    assert not store.exists(digest)


def test_blob_that_was_pushed_again_just_now_is_not_swept(
    links: BlobLinks, store: BlobStore, database: Database
) -> None:
    digest = store.put(b"again")
    links.add("plain/a", digest)
    links.remove("plain/a", digest)
    database.write("UPDATE unlinked SET since = since - 1000")
    store.put(b"again")  # its link is not there yet
    assert links.sweep(grace=300) == 0
    assert store.exists(digest)


def test_manifest_file_goes_with_its_row(links: BlobLinks, store: BlobStore, database: Database) -> None:
    manifests = Manifests(database)
    digest = store.put(b"manifest")
    manifests.add("plain/a", _manifest(b"manifest"), tags=["v1"])
    links.add("plain/b", digest)
    links.remove("plain/b", digest)
    links.sweep(grace=-1)
    assert store.exists(digest)
    assert manifests.remove("plain/a", digest)
    assert manifests.tags("plain/a", limit=9) == []
    links.sweep(grace=-1)
    assert not store.exists(digest)


def test_publishing_an_index_shows_all_below_it_and_nothing_else(
    links: BlobLinks, store: BlobStore, database: Database
) -> None:
    manifests = Manifests(database)
    blob, other = store.put(b"blob"), store.put(b"other")
    for digest in (blob, other):
        links.add("ns/a", digest, staged_by="alice")
    child, index = _manifest(b"child", staged_by="alice"), _manifest(b"index", staged_by="alice")
    manifests.add("ns/a", child, parts=[blob])
    manifests.add("ns/a", index, parts=[child.digest])
    manifests.publish("ns/a", index.digest)
    manifests.publish("ns/a", index.digest)
    shown: list[AnyDigest] = [index.digest, child.digest]
    assert all(manifests.get("ns/a", digest) for digest in shown)
    assert links.visible("ns/a", blob)
    assert not links.visible("ns/a", other)
    assert manifests.remove("ns/a", index.digest, staged_by="alice")
    assert manifests.get("ns/a", index.digest)


def test_upload_session_is_its_callers_in_its_repository(database: Database) -> None:
    uploads = Uploads(database)
    session = uploads.begin("ns/a", identity="alice", algorithm="sha256")
    assert uploads.get(session.id, repository="ns/a", identity="alice") == session
    assert uploads.get(session.id, repository="ns/a", identity="bob") is None
    assert uploads.get(session.id, repository="ns/b", identity="alice") is None
    assert uploads.count("alice") == 1


def test_upload_session_expires_after_a_day(database: Database) -> None:
    uploads = Uploads(database)
    session = uploads.begin("ns/a", identity="alice", algorithm="sha256")
    database.write("UPDATE uploads SET started = started - 24 * 3600")
    assert uploads.get(session.id, repository="ns/a", identity="alice") is None
    assert uploads.live() == set()
    assert uploads.expire() == [session.id]
    assert uploads.count("alice") == 0


def test_blob_that_a_log_needs_is_not_swept(database: Database, store: BlobStore) -> None:
    """Somebody pushes the public bundle of an order as a blob of theirs, and deletes it: the log keeps it."""
    links, digest = BlobLinks(database, store), Digest.of(b"bundle")
    store.put(b"bundle", digest=digest)
    links.add("plain/a", digest)
    links.remove("plain/a", digest)
    assert links.sweep(grace=-1, needed=lambda found: found == digest) == 0 and store.exists(digest)
    links.add("plain/a", digest)
    links.remove("plain/a", digest)
    assert links.sweep(grace=-1) == 1 and not store.exists(digest)
