"""The content-addressed store: durable or absent, never half-written, never hiding a changed file."""

from __future__ import annotations

import asyncio
import hashlib
import multiprocessing
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from ebpfhub.federation.blobs import INLINE_BYTES, BlobStore
from ebpfhub.federation.upload import fill
from ebpfhub.schemas.digest import Digest, Sha512
from ebpfhub.schemas.errors import BadInput, Conflict, NotFound, StorageFailed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def _chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def _uploads(store: BlobStore) -> list[str]:
    return [file.name for file in (store.folder / "uploads").iterdir()]


def test_blob_is_one_file_named_by_its_hex_digest(store: BlobStore) -> None:
    digest = store.put(b"hello")
    assert (store.folder / "sha256" / digest.hex[:2] / digest.hex).read_bytes() == b"hello"
    assert store.read(digest, limit=5) == b"hello"
    assert store.size(digest) == 5
    assert _uploads(store) == []


def test_sha512_blob_has_a_folder_of_its_own(store: BlobStore) -> None:
    digest = Sha512.of(b"hello")
    assert store.put(b"hello", digest=digest) == digest
    assert (store.folder / "sha512" / digest.hex[:2] / digest.hex).read_bytes() == b"hello"
    assert list(store.digests()) == [digest]


def test_content_that_has_another_digest_is_refused_and_leaves_nothing(store: BlobStore) -> None:
    with pytest.raises(BadInput):
        store.put(b"hello", digest=Digest.of(b"other"))
    assert list(store.digests()) == []
    assert _uploads(store) == []


def test_missing_blob_is_not_found(store: BlobStore) -> None:
    digest = Digest.of(b"never stored")
    for ask in (store.size, store.load, store.open, store.verify):
        with pytest.raises(NotFound):
            ask(digest)
    assert not store.exists(digest)
    assert not store.delete(digest)


def test_file_changed_on_disk_is_seen_at_once_and_healed_by_a_push(store: BlobStore) -> None:
    digest = store.put(b"hello")
    assert store.verify(digest)
    Path(store.path(digest)).write_bytes(b"HELLO")
    assert store.read(digest, limit=5) == b"HELLO"
    assert not store.verify(digest)
    store.put(b"hello")
    assert store.verify(digest)


def test_blob_above_the_limit_is_not_read(store: BlobStore) -> None:
    with pytest.raises(BadInput):
        store.read(store.put(b"hello"), limit=4)


async def test_big_blob_arrives_in_chunks(store: BlobStore) -> None:
    parts = [os.urandom(300_000) for _ in range(9)]
    digest = Digest.of(b"".join(parts))
    with store.upload(str(uuid4())) as upload:
        await fill(upload, _chunks(*parts), limit=10_000_000)
        upload.commit(digest)
    assert store.verify(digest)
    loaded = store.load(digest)
    assert not isinstance(loaded, bytes)  # above INLINE_BYTES a file is given
    loaded.close()
    assert store.size(digest) > INLINE_BYTES


async def test_upload_above_the_limit_is_removed(store: BlobStore) -> None:
    with store.upload(str(uuid4())) as upload, pytest.raises(BadInput):
        await fill(upload, _chunks(b"12345", b"67890"), limit=9)
    assert _uploads(store) == []


async def test_what_came_before_a_broken_connection_is_kept(store: BlobStore) -> None:
    async def breaks() -> AsyncIterator[bytes]:
        yield b"hello "
        raise ConnectionResetError

    upload_id = str(uuid4())
    with store.upload(upload_id) as upload, pytest.raises(ConnectionResetError):
        await fill(upload, breaks(), limit=100)
    assert store.upload_size(upload_id) == 6
    with store.upload(upload_id) as upload:
        await fill(upload, _chunks(b"world"), limit=100)
        upload.commit(Digest.of(b"hello world"))
    assert store.read(Digest.of(b"hello world"), limit=100) == b"hello world"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.lists(st.binary(max_size=400), max_size=6),
    restart=st.lists(st.booleans(), min_size=6, max_size=6),
    long=st.booleans(),
)
def test_upload_cut_anywhere_and_resumed_after_restarts_is_the_same_blob(
    store: BlobStore, parts: list[bytes], restart: list[bool], long: bool
) -> None:
    upload_id, whole = str(uuid4()), b"".join(parts)
    at_work = store
    for part, restarted in zip(parts, restart, strict=False):
        at_work = BlobStore(store.folder) if restarted else at_work
        with at_work.upload(upload_id) as upload:
            upload.write(part)
    digest = Sha512.of(whole) if long else Digest.of(whole)
    with at_work.upload(upload_id) as upload:
        assert upload.offset == len(whole)
        upload.commit(digest)
    assert store.verify(digest)


def test_second_writer_of_an_upload_is_refused(store: BlobStore) -> None:
    upload_id = str(uuid4())
    with store.upload(upload_id) as upload:
        upload.write(b"x")
        with pytest.raises(Conflict):
            BlobStore(store.folder).upload(upload_id)
    BlobStore(store.folder).upload(upload_id).close()


def test_orphans_are_reaped_but_not_what_is_kept_or_being_written(store: BlobStore) -> None:
    orphan, kept, written = (str(uuid4()) for _ in range(3))
    for upload_id in (orphan, kept):
        with store.upload(upload_id) as upload:
            upload.write(b"half")
    with store.upload(written) as upload:
        upload.write(b"half")
        assert BlobStore(store.folder).reap(keep={kept}) == 1
        assert sorted(_uploads(store)) == sorted([kept, written])


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "", "x" * 36, ".." + "0" * 34, "0" * 37])
def test_upload_ids_never_leave_the_folder(store: BlobStore, name: str) -> None:
    with pytest.raises(BadInput):
        store.upload(name)


def _put_many(folder: str, blobs: list[bytes]) -> None:
    store = BlobStore(Path(folder))
    for blob in blobs:
        store.put(blob)


def test_many_processes_put_the_same_blobs_at_once(store: BlobStore) -> None:
    blobs = [hashlib.sha256(bytes([number])).digest() * 500 for number in range(20)]
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_put_many, args=(str(store.folder), blobs)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert sorted(store.digests()) == sorted(Digest.of(blob) for blob in blobs)
    assert all(store.verify(digest) for digest in store.digests())
    assert _uploads(store) == []


async def test_full_disk_removes_the_partial_file_at_once_and_leaves_the_rest(small_disk: Path) -> None:
    store = BlobStore(small_disk / "blobs")
    kept = store.put(b"k" * 100_000)
    with store.upload(str(uuid4())) as upload:
        with pytest.raises(StorageFailed, match="full"):
            await fill(upload, _chunks(*[os.urandom(500_000)] * 30), limit=100_000_000)
        assert _uploads(store) == []
        room = os.statvfs(small_disk)
        assert room.f_bavail * room.f_frsize > 7_000_000  # though the upload is still open
    assert store.verify(kept)
    store.put(os.urandom(1_000_000))


def test_what_cannot_fit_is_refused_before_it_is_sent(small_disk: Path) -> None:
    store = BlobStore(small_disk / "blobs")
    store.check_room(1_000_000)
    with pytest.raises(StorageFailed, match="full"):
        store.check_room(9_000_000)


async def test_request_cancelled_while_a_thread_writes_does_not_harm_other_files(store: BlobStore) -> None:
    started = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1_100_000
            started.set()
            await asyncio.sleep(0)

    async def push() -> None:
        with store.upload(str(uuid4())) as upload:
            await fill(upload, endless(), limit=1 << 40)

    task = asyncio.create_task(push())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    digest = store.put(b"other")
    assert store.verify(digest)
