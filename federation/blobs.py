"""Content-addressed store on disk: one file a blob, named by its hex digest, durable before anybody is told.

It knows nothing of repositories, callers or HTTP, and keeps nothing in memory that could hide a changed file.

    <folder>/sha256/<first two hex digits>/<hex>     blobs
    <folder>/sha512/<first two hex digits>/<hex>     blobs of plain OCI repositories
    <folder>/uploads/<id>                            what is not a blob yet; locked (flock) while somebody writes
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import uuid
from collections import OrderedDict
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO

from ..schemas.digest import AnyDigest, Digest, parse_any_digest
from ..schemas.errors import BadInput, NotFound, StorageFailed
from .upload import HashState, Upload, storage_failed, sync_folder

INLINE_BYTES = 1024 * 1024  # bytes; up to here reading and hashing is quicker than a hop to a thread
READ_BYTES = 1024 * 1024  # bytes of a file hashed at once
ALGORITHMS = ("sha256", "sha512")
MAX_HASH_STATES = 1024  # uploads whose hash is continued without reading the file again
RESERVE_BYTES = 64 * 1024 * 1024  # bytes of a disk (or a hundredth of it) that uploads leave to the database
_UPLOAD_ID = re.compile(r"[0-9a-f-]{32,36}")


class BlobStore:
    """Blobs in `folder`. Safe for several threads and processes at once; every write is durable when it returns."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._root = str(folder)
        self._hashes: OrderedDict[str, HashState] = OrderedDict()
        try:
            for name in (*ALGORITHMS, "uploads"):
                (folder / name).mkdir(parents=True, exist_ok=True)
            sync_folder(self._root)
        except OSError as error:
            raise storage_failed(error) from error

    def path(self, digest: AnyDigest) -> str:
        """Where the blob's file is, or would be."""
        name = digest.hex
        return f"{self._root}/{digest[:6]}/{name[:2]}/{name}"

    def exists(self, digest: AnyDigest) -> bool:
        """Tell whether the blob is there."""
        return Path(self.path(digest)).exists()

    def size(self, digest: AnyDigest) -> int:
        """Size in bytes. Raises: NotFound, StorageFailed."""
        try:
            return os.stat(self.path(digest)).st_size  # noqa: PTH116 (a hot path)
        except OSError as error:
            raise _read_failed(digest, error) from error

    def open(self, digest: AnyDigest) -> BinaryIO:
        """Open the blob's file for reading, unbuffered. Raises: NotFound, StorageFailed."""
        try:
            return open(self.path(digest), "rb", buffering=0)  # noqa: PTH123 (the caller closes it)
        except OSError as error:
            raise _read_failed(digest, error) from error

    def load(self, digest: AnyDigest, *, inline: int = INLINE_BYTES) -> bytes | BinaryIO:
        """Read a blob of at most `inline` bytes at once, or open a bigger one. Raises: NotFound, StorageFailed."""
        try:
            handle = os.open(self.path(digest), os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise _read_failed(digest, error) from error
        size = os.fstat(handle).st_size
        if size > inline:
            return open(handle, "rb", buffering=0)  # noqa: PTH123 (the caller closes it)
        try:
            return os.read(handle, size)
        except OSError as error:
            raise _read_failed(digest, error) from error
        finally:
            os.close(handle)

    def read(self, digest: AnyDigest, *, limit: int) -> bytes:
        """Read a blob of at most `limit` bytes. Raises: NotFound, BadInput when it is bigger, StorageFailed."""
        data = self.load(digest, inline=limit)
        if isinstance(data, bytes):
            return data
        data.close()
        raise BadInput(f"the blob has more than {limit} bytes", where=digest)

    def put(self, data: bytes, *, digest: AnyDigest | None = None) -> AnyDigest:
        """Store `data`, which must hash to `digest` where given. Raises: BadInput, StorageFailed."""
        name = Digest.of(data) if digest is None else digest
        if digest is not None and hashlib.new(digest[:6], data).hexdigest() != digest.hex:
            raise BadInput("the content does not have that digest", where=digest)
        with self.upload(str(uuid.uuid4())) as upload:
            upload.write(data, hashed=False)
            upload.place(name)
        return name

    def upload(self, upload_id: str, *, algorithm: str = "sha256") -> Upload:
        """Begin an upload, or go on with one. Close it (or use `with`) to let others go on.

        `upload_id` is 32 to 36 hex digits and hyphens. Raises: BadInput, Conflict while another writes, StorageFailed.
        """
        if algorithm not in ALGORITHMS:
            raise BadInput(f"{algorithm[:40]!r} is not sha256 or sha512", where="digest-algorithm")
        return Upload(self, self.upload_path(upload_id), self._hash_state(upload_id, algorithm))

    def upload_path(self, upload_id: str) -> str:
        """Where an upload's file is, or would be. Raises: BadInput."""
        if not _UPLOAD_ID.fullmatch(upload_id):
            raise BadInput("this is not the id of an upload", where="upload")
        return f"{self._root}/uploads/{upload_id}"

    def upload_size(self, upload_id: str) -> int:
        """Bytes received so far; 0 before the first. Raises: BadInput."""
        try:
            return os.stat(self.upload_path(upload_id)).st_size  # noqa: PTH116 (a hot path)
        except OSError:
            return 0

    def drop_upload(self, upload_id: str) -> None:
        """Remove an upload's file, if there is one. Raises: BadInput."""
        self._hashes.pop(upload_id, None)
        Path(self.upload_path(upload_id)).unlink(missing_ok=True)

    def delete(self, digest: AnyDigest) -> bool:
        """Remove a blob; False when it was not there. Raises: StorageFailed."""
        try:
            Path(self.path(digest)).unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise storage_failed(error) from error
        return True

    def verify(self, digest: AnyDigest) -> bool:
        """Hash the file again and compare. Raises: NotFound, StorageFailed."""
        found = hashlib.new(digest[:6])
        with self.open(digest) as file:
            try:
                while chunk := file.read(READ_BYTES):
                    found.update(chunk)
            except OSError as error:
                raise storage_failed(error) from error
        return found.hexdigest() == digest.hex

    def digests(self) -> Iterator[AnyDigest]:
        """Every blob there is, in no order. Files with other names are passed over."""
        for algorithm in ALGORITHMS:
            for file in (self.folder / algorithm).glob("??/*"):
                try:
                    yield parse_any_digest(f"{algorithm}:{file.name}")
                except BadInput:
                    continue

    def check_room(self, size: int) -> None:
        """Refuse what would not fit: `size` bytes and the reserve. Raises: StorageFailed."""
        try:
            disk = os.statvfs(self._root)
        except OSError as error:
            raise storage_failed(error) from error
        reserve = min(RESERVE_BYTES, disk.f_blocks * disk.f_frsize // 100)
        if disk.f_bavail * disk.f_frsize < size + reserve:
            raise StorageFailed("the disk is full", todo="Free some space, then try again.")

    def reap(self, *, keep: Collection[str] = ()) -> int:
        """Remove uploads that nobody writes, except those named in `keep`; tell how many. For starts of a hub."""
        removed = 0
        for file in (self.folder / "uploads").iterdir():
            if file.name not in keep:
                removed += _unlink_unlocked(file)
        return removed

    def _hash_state(self, upload_id: str, algorithm: str) -> HashState:
        state = self._hashes.get(upload_id)
        if state is None or state.algorithm != algorithm:
            state = self._hashes[upload_id] = HashState(algorithm)
        self._hashes.move_to_end(upload_id)
        if len(self._hashes) > MAX_HASH_STATES:
            self._hashes.popitem(last=False)
        return state

    def forget_hash(self, path: str) -> None:
        """Forget the hash of an upload that has ended."""
        self._hashes.pop(path.rpartition("/")[2], None)


def _unlink_unlocked(file: Path) -> bool:
    try:
        handle = os.open(file, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        file.unlink()
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def _read_failed(digest: AnyDigest, error: OSError) -> NotFound | StorageFailed:
    if isinstance(error, FileNotFoundError):
        return NotFound("there is no such blob", where=digest)
    return storage_failed(error)
