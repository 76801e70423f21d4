"""Writing an archive: what a hub holds of one or more origins, from a log size on. Reads only; streams."""

from __future__ import annotations

import contextlib
import io
import os
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ...schemas import media
from ...schemas.codec import canonical_json
from ...schemas.digest import Digest
from ...schemas.entry import Entry, Release, parse_entry
from ...schemas.errors import BadInput, HubError, StorageFailed, Unsupported
from ...schemas.oci import MAX_BLOB_BYTES, Descriptor, Manifest
from ...schemas.ownership import Order
from ..blobs import BlobStore
from ..files import sync_folder
from ..index.rules import Replay
from ..log.files import LogFiles
from ..log.tiles import TILE_WIDTH, pack_entries
from .archive_format import Part, write_description

ZSTD_LEVEL = 9


@dataclass(frozen=True, slots=True)
class Exported:
    """One origin to write: its part of the archive, and where its content is."""

    part: Part
    note_text: str
    checkpoint: str
    trust: Mapping[Digest, bytes]
    files: LogFiles
    replay: Replay


@dataclass(frozen=True, slots=True)
class Written:
    """What an archive holds: its size in bytes, entries, releases, blobs."""

    size: int
    entries: int
    releases: int
    blobs: int


def write_archive(
    path: Path, exports: list[Exported], store: BlobStore, *, progress: Callable[[str], None] = lambda _: None
) -> Written:
    """Write an archive durably; nothing is left behind when it fails. Raises: StorageFailed, NotFound, BadInput."""
    releases = [release for item in exports for release in _releases(item)]
    manifests = list(_manifests(store, releases))
    bundles = [digest for item in exports for digest in _order_bundles(item)]
    known = _known(exports, store)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as raw:
            blobs = _write(raw, exports, manifests, bundles, known, store, progress)
            raw.flush()
            os.fsync(raw.fileno())
        temporary.rename(path)
        sync_folder(path.parent)
        size = path.stat().st_size
    except OSError as error:
        raise StorageFailed(f"cannot write the archive: {error.strerror}", where=str(path)) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    return Written(size, sum(item.part.size - item.part.since for item in exports), len(releases), blobs)


def _write(
    raw: io.BufferedWriter,
    exports: list[Exported],
    manifests: list[Manifest],
    bundles: list[Digest],
    known: set[Digest],
    store: BlobStore,
    progress: Callable[[str], None],
) -> int:
    import zstandard

    compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_checksum=True)
    written = set(known)
    with (
        compressor.stream_writer(raw, closefd=False) as out,
        tarfile.open(fileobj=out, mode="w|", format=tarfile.USTAR_FORMAT) as tar,
    ):
        _add(tar, "oci-layout", canonical_json({"imageLayoutVersion": media.OCI_LAYOUT_VERSION}))
        _add(tar, "federation/archive.json", write_description([item.part for item in exports]))
        for item in exports:
            for name, data in _log(item):
                _add(tar, f"{item.part.folder}/{name}", data)
        _add(tar, "index.json", _index(manifests))
        named = (digest for held in manifests for digest in (held.digest, *(blob.digest for blob in held.blobs)))
        for digest in (*bundles, *named):
            if digest not in written:
                written.add(digest)
                _add(tar, f"blobs/sha256/{digest.hex}", store.read(digest, limit=MAX_BLOB_BYTES))
                progress(f"blobs {len(written) - len(known)}")
    return len(written) - len(known)


def _known(exports: list[Exported], store: BlobStore) -> set[Digest]:
    """Digests that a reader who knows everything up to `since` has already: only what is new travels."""
    found: set[Digest] = set()
    for item in exports:
        before = replace(item, part=replace(item.part, since=0, size=item.part.since))
        for release in _releases(before) if item.part.since else ():
            for manifest in _manifests(store, [release]):
                found |= {manifest.digest, *(blob.digest for blob in manifest.blobs)}
    return found


def _log(item: Exported) -> Iterator[tuple[str, bytes]]:
    yield "origin", item.note_text.encode()
    yield "checkpoint", item.checkpoint.encode()
    for digest, data in item.trust.items():
        yield f"trust/{digest.hex}", data
    for first, entries in _entries(item):
        yield f"entries/{first}", pack_entries(entries)


def _entries(item: Exported) -> Iterator[tuple[int, list[bytes]]]:
    since, size = item.part.since, item.part.size
    for bundle in range(since // TILE_WIDTH, -(-size // TILE_WIDTH)):
        first = max(since, bundle * TILE_WIDTH)
        entries = item.files.entries(bundle, size)[first - bundle * TILE_WIDTH :]
        if entries:
            yield first, entries


def _releases(item: Exported) -> Iterator[Release]:
    """The releases with an effect among the entries of an origin's part."""
    for index, entry in _parsed(item):
        if isinstance(entry, Release):
            held = item.replay.packages.get(entry.package)
            record = held.versions.get(entry.version) if held else None
            if record is not None and record.entry == index:
                yield entry


def _order_bundles(item: Exported) -> Iterator[Digest]:
    """Digests of owners' bundles over the orders with an effect among them."""
    for _, entry in _parsed(item):
        bundle = entry.mandate.bundle if isinstance(entry, Order) else None
        if bundle is not None and bundle in item.replay.bundles:
            yield bundle


def _parsed(item: Exported) -> Iterator[tuple[int, Entry]]:
    for first, entries in _entries(item):
        for index, data in enumerate(entries, first):
            with contextlib.suppress(BadInput, Unsupported):
                yield index, parse_entry(data)


def _manifests(store: BlobStore, releases: list[Release]) -> Iterator[Manifest]:
    for release in releases:
        for digest in (release.manifest, *release.referrers):
            raw = store.read(digest, limit=MAX_BLOB_BYTES)
            if Digest.of(raw) != digest:
                raise HubError(f"the manifest {digest} of {release.package} is damaged here")
            yield Manifest.parse(raw)


def _index(manifests: list[Manifest]) -> bytes:
    listed = [
        Descriptor.of(media.OCI_MANIFEST, item.raw).to_json() | {"artifactType": item.artifact_type}
        for item in manifests
    ]
    return canonical_json({"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": listed})


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), 0o644
    tar.addfile(member, io.BytesIO(data))
