"""Reading an archive: its files are unpacked into a folder of ours, bounded and checked by digest; then it is a source.

Nothing that the archive says is believed here; the pull verifies it.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from ...schemas.contents import check_blob
from ...schemas.digest import Digest
from ...schemas.errors import BadInput, NotFound, NotTrusted, StorageFailed
from ...schemas.oci import MAX_BLOB_BYTES, Descriptor, Manifest
from ...signing.material import MAX_BUNDLE_BYTES
from ...signing.notes import MAX_NOTE_BYTES
from ..log.tiles import TILE_WIDTH, unpack_entries
from ..plain_tar import PlainFile, Readable, plain_files
from .archive_format import MAX_DOCUMENT_BYTES, MAX_INDEX_BYTES, MAX_MEMBERS, MAX_ORIGINS, Part, read_description

_BLOB = re.compile(r"blobs/sha256/([0-9a-f]{64})")
_LOG = re.compile(r"federation/([0-9a-f]{64})/(origin|checkpoint|trust/[0-9a-f]{64}|entries/[0-9]{1,18})")
_DESCRIPTION = "federation/archive.json"
_CHUNK = 1 << 20


def peek(path: Path) -> list[tuple[Part, str]]:
    """Each origin of an archive with its origin note, without unpacking the blobs. Raises: BadInput, NotFound."""
    parts: list[Part] = []
    notes: dict[str, str] = {}
    with _opened(path) as files:
        for file in files:
            if file.name == _DESCRIPTION:
                parts = read_description(file.read(), where=str(path))
            match = _LOG.fullmatch(file.name)
            if match and match[2] == "origin":
                notes[match[1]] = _text(file.read(), str(path))
            if len(notes) > MAX_ORIGINS:
                raise BadInput(f"holds more than {MAX_ORIGINS} origins", where=str(path))
            if _BLOB.fullmatch(file.name) or (parts and len(notes) == len(parts)):
                break
    found = [(part, notes.get(part.folder.rpartition("/")[2], "")) for part in parts]
    if not found or not all(note for _, note in found):
        raise BadInput("this is not an archive of a hub", where=str(path))
    return found


def unpack(path: Path, folder: Path, *, room: Callable[[int], None] = lambda _: None) -> list[ArchiveSource]:
    """Unpack an archive into an empty `folder`; one source for each origin. `room(bytes)` raises when they do not fit.

    Raises: BadInput, NotTrusted for a blob that is another's, StorageFailed, NotFound.
    """
    parts: list[Part] = []
    try:
        with _opened(path) as files:
            for file in files:
                room(file.size)
                if file.name == _DESCRIPTION:
                    if parts:
                        raise _twice(file)
                    parts = read_description(file.read(), where=str(path))
                else:
                    _unpack_file(file, folder)
    except OSError as error:
        raise StorageFailed(f"cannot unpack the archive: {error.strerror}", where=str(folder)) from error
    if not parts:
        raise BadInput("this is not an archive of a hub", where=str(path))
    return [ArchiveSource(part, folder) for part in parts]


def _unpack_file(file: PlainFile, folder: Path) -> None:
    blob, log = _BLOB.fullmatch(file.name), _LOG.fullmatch(file.name)
    if not blob and not log:
        if file.name not in ("oci-layout", "index.json"):
            raise BadInput(f"holds {file.name[:80]!r}, which an archive does not have", where=file.where)
        return
    # the names are ours: the patterns let nothing through that leads elsewhere
    target = folder / "blobs" / blob[1] if blob else folder / log[1] / log[2] if log else folder
    if target.exists():
        raise _twice(file)
    target.parent.mkdir(parents=True, exist_ok=True)
    if blob:
        _unpack_blob(file, target, blob[1])
    else:
        target.write_bytes(file.read())


def _twice(file: PlainFile) -> BadInput:
    return BadInput(f"holds {file.name!r} twice", where=file.where)


@dataclass(frozen=True, slots=True)
class ArchiveSource:
    """One origin of an unpacked archive, as a pull reads it."""

    part: Part
    folder: Path

    @property
    def _log(self) -> Path:
        return self.folder / self.part.folder.rpartition("/")[2]

    async def origin_note(self) -> str:
        """The origin note. Raises: BadInput."""
        return _text(self._read(self._log / "origin", MAX_NOTE_BYTES), self.part.origin)

    async def checkpoint(self) -> str:
        """The checkpoint. Raises: BadInput."""
        return _text(self._read(self._log / "checkpoint", MAX_NOTE_BYTES), self.part.origin)

    async def entries(self, bundle: int, width: int) -> list[bytes]:
        """The first `width` entries of a bundle; those before the archive's start are empty. Raises: BadInput."""
        start = bundle * TILE_WIDTH
        first = max(start, self.part.since)
        data = self._read(self._log / "entries" / str(first), MAX_DOCUMENT_BYTES)
        held = unpack_entries(data, count=start + width - first, where=self.part.origin)
        return [b""] * (first - start) + held

    async def trusted_root(self, digest: Digest) -> bytes:
        """A trusted root that the origin note names. Raises: BadInput, NotTrusted."""
        data = self._read(self._log / "trust" / digest.hex, MAX_DOCUMENT_BYTES)
        if Digest.of(data) != digest:
            raise NotTrusted("the trusted root is not the one that the origin note names", check="trust")
        return data

    async def order_bundle(self, digest: Digest) -> bytes:
        """An owner's Sigstore bundle over an order. Raises: BadInput."""
        return self._read(self.folder / "blobs" / digest.hex, MAX_BUNDLE_BYTES + 1)

    async def manifest(self, namespace: str, name: str, digest: Digest) -> Manifest:
        """A manifest. Raises: BadInput."""
        return Manifest.parse(self._read(self.folder / "blobs" / digest.hex, MAX_BLOB_BYTES))

    async def blob(self, namespace: str, name: str, descriptor: Descriptor) -> bytes:
        """A blob. Raises: BadInput, NotTrusted."""
        return check_blob(descriptor, self._read(self.folder / "blobs" / descriptor.digest.hex, MAX_BLOB_BYTES))

    def _read(self, path: Path, limit: int) -> bytes:
        try:
            with path.open("rb") as file:
                return file.read(limit)
        except FileNotFoundError as error:
            raise BadInput(f"the archive lacks {path.name}", where=self.part.origin) from error
        except OSError as error:
            raise StorageFailed(f"cannot read what was unpacked: {error.strerror}", where=self.part.origin) from error


def _unpack_blob(file: PlainFile, path: Path, hexed: str) -> None:
    hashed = hashlib.sha256()
    with path.open("wb") as out:
        for chunk in file.chunks(_CHUNK):
            hashed.update(chunk)
            out.write(chunk)
    if hashed.hexdigest() != hexed:
        raise NotTrusted(
            f"the blob sha256:{hexed} in the archive holds other bytes than its digest says",
            check="blob",
            todo="The archive was changed or damaged; nothing was imported.",
        )


@contextmanager
def _opened(path: Path) -> Iterator[Iterator[PlainFile]]:
    import zstandard

    try:
        raw = path.open("rb")
    except FileNotFoundError as error:
        raise NotFound("there is no such file", where=str(path)) from error
    except OSError as error:
        raise BadInput(f"cannot read the archive: {error.strerror}", where=str(path)) from error
    try:
        with raw, zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(raw) as stream:
            buffered = cast(Readable, io.BufferedReader(cast(io.RawIOBase, stream), _CHUNK))
            yield plain_files(buffered, limit=_limit, count=MAX_MEMBERS, where=str(path))
    except zstandard.ZstdError as error:
        raise BadInput(f"this is not an archive of a hub: {error}", where=str(path)) from error


def _limit(name: str) -> int:
    if _BLOB.fullmatch(name):
        return MAX_BLOB_BYTES
    if name.endswith(("/origin", "/checkpoint")):
        return MAX_NOTE_BYTES
    return MAX_INDEX_BYTES if name == "index.json" else MAX_DOCUMENT_BYTES


def _text(data: bytes, where: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise BadInput("this is not UTF-8 text", where=where) from error
