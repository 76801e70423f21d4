"""A blob that is still arriving: one file that grows, and becomes a blob only when its digest is right.

It survives requests, connections and restarts; it never becomes visible half-written.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import hashlib
import os
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol, Self

from ..schemas.digest import AnyDigest
from ..schemas.errors import BadInput, Conflict, StorageFailed

BATCH_BYTES = 1024 * 1024  # bytes given to a thread at once; less is written and hashed inline
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Shelf(Protocol):
    """What an upload needs of the store it belongs to."""

    def path(self, digest: AnyDigest) -> str: ...
    def forget_hash(self, path: str) -> None: ...


class HashState:
    """A running hash and how many bytes of the file are in it."""

    __slots__ = ("algorithm", "hasher", "offset")

    def __init__(self, algorithm: str) -> None:
        self.algorithm = algorithm
        self.hasher = hashlib.new(algorithm)
        self.offset = 0

    def restart(self, algorithm: str) -> None:
        """Begin again, with nothing hashed."""
        self.algorithm, self.hasher, self.offset = algorithm, hashlib.new(algorithm), 0


class Upload:
    """Appends to one locked file. Not for two tasks at once; methods may run in threads.

    Raises (all methods): StorageFailed; the file is then gone already.
    """

    def __init__(self, shelf: Shelf, path: str, state: HashState) -> None:
        self._shelf, self._path, self._state = shelf, path, state
        self._guard = threading.Lock()  # a cancelled request must not close the file under a thread that writes it
        try:
            self._handle = _open_locked(path)
            self.offset = os.fstat(self._handle).st_size
        except OSError as error:
            raise storage_failed(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, data: bytes | bytearray, *, hashed: bool = True) -> None:
        """Append `data`; with `hashed` false the hash is left to whoever knows it already."""
        with self._guard:
            if self._handle < 0:
                raise StorageFailed("the upload was closed")
            try:
                _write_all(self._handle, data)
            except OSError as error:
                self._discard()
                raise storage_failed(error) from error
            if hashed and self._state.offset == self.offset:
                self._state.hasher.update(data)
                self._state.offset += len(data)
            self.offset += len(data)

    def commit(self, digest: AnyDigest) -> None:
        """Make the file the blob `digest`, durably. Raises: BadInput when it has another digest; the file is then gone.

        Reads the file again when its hash is not known (after a restart, or another algorithm).
        """
        with self._guard:
            try:
                self._catch_up(digest[:6])
            except OSError as error:
                self._discard()
                raise storage_failed(error) from error
            if self._state.hasher.hexdigest() != digest.hex:
                self._discard()
                raise BadInput("the content does not have that digest", where=digest)
        self.place(digest)

    def place(self, digest: AnyDigest) -> None:
        """Make the file the blob `digest` without looking at its content."""
        target = self._shelf.path(digest)
        folder = target.rpartition("/")[0]
        with self._guard:
            try:
                os.fdatasync(self._handle)
                _rename(self._path, target, folder)
                sync_folder(folder)
            except OSError as error:
                self._discard()
                raise storage_failed(error) from error
        self._shelf.forget_hash(self._path)

    def discard(self) -> None:
        """Remove the file."""
        with self._guard:
            self._discard()

    def close(self) -> None:
        """Let go of the file; what was written stays for a later upload to go on with."""
        with self._guard:
            if self._handle >= 0:
                os.close(self._handle)
                self._handle = -1

    def _discard(self) -> None:
        with suppress(OSError):
            os.unlink(self._path)  # noqa: PTH108
        with suppress(OSError):  # whoever else holds the file open must not keep the disk full
            os.ftruncate(self._handle, 0)
        self._shelf.forget_hash(self._path)

    def _catch_up(self, algorithm: str) -> None:
        state = self._state
        if state.algorithm != algorithm or state.offset > self.offset:
            state.restart(algorithm)
        while state.offset < self.offset:
            chunk = os.pread(self._handle, BATCH_BYTES, state.offset)
            if not chunk:
                raise OSError(errno.EIO, "the file is shorter than it was")
            state.hasher.update(chunk)
            state.offset += len(chunk)


async def fill(upload: Upload, chunks: AsyncIterator[bytes], *, limit: int) -> None:
    """Append everything that `chunks` brings, up to `limit` bytes in the whole file.

    Small bodies are written inline; bigger ones in a thread, while the next batch arrives. What came before a broken
    connection is kept. Raises: BadInput above the limit (the file is then gone), StorageFailed.
    """
    batch = bytearray()
    writing: asyncio.Future[None] | None = None
    loop = asyncio.get_running_loop()
    expected = upload.offset
    try:
        async for chunk in chunks:
            expected += len(chunk)
            if expected > limit:
                upload.discard()
                raise BadInput(f"the blob has more than {limit} bytes", where="size")
            batch += chunk
            if len(batch) >= BATCH_BYTES:
                full, batch = batch, bytearray()
                if writing is not None:
                    await writing
                writing = loop.run_in_executor(None, upload.write, full)
    finally:
        if writing is not None:
            await writing
        if batch and expected <= limit:
            upload.write(batch)


def storage_failed(error: OSError) -> StorageFailed:
    """Wrap what the operating system said, without a path."""
    if error.errno in _FULL:
        return StorageFailed("the disk is full", todo="Free some space, then try again.")
    return StorageFailed(f"the storage does not work: {os.strerror(error.errno or errno.EIO)}")


def sync_folder(folder: str) -> None:
    """Make what was renamed into `folder` durable. Raises: OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _rename(path: str, target: str, folder: str) -> None:
    try:
        os.rename(path, target)  # noqa: PTH104 (a hot path)
    except FileNotFoundError:
        Path(folder).mkdir(exist_ok=True)
        sync_folder(folder.rpartition("/")[0])
        os.rename(path, target)  # noqa: PTH104


def _open_locked(path: str) -> int:
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(handle)
            raise Conflict(
                "another request is writing this upload", todo="Wait for it, then ask for the state."
            ) from error
        if os.fstat(handle).st_nlink:  # else it was removed between open and lock
            return handle
        os.close(handle)


def _write_all(handle: int, data: bytes | bytearray) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]
