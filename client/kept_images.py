"""Images on this machine's disk, as they were fetched: one small file a reference, blobs by digest. Nobody's word.

`images/<sha256 of the reference>.json` names documents and bundles by digest; what else belongs to them the manifest
says. Whoever reads them verifies them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from ..federation.files import write_durably
from ..schemas.codec import canonical_json, decode_json
from ..schemas.contents import PackageContents
from ..schemas.digest import Digest
from ..schemas.errors import BadInput, NotTrusted
from ..schemas.fields import Fields
from ..schemas.oci import MAX_BLOB_BYTES
from ..signing.image import MAX_DOCUMENTS, ImageBytes
from .home import Home
from .sources.image import Image, read_image
from .sources.registry import ImageReference

MAX_FILE_BYTES = 64 * 1024
MAX_BUNDLES = 64  # of one document
VERSION = 1


@dataclass(frozen=True, slots=True)
class KeptImage:
    """One kept image, not yet read whole: `fetched` in Unix seconds, documents and bundles by their digests."""

    place: str
    fetched: int
    documents: tuple[Digest, ...]
    bundles: tuple[tuple[Digest, ...], ...]  # of each document
    blobs: Path

    def image(self) -> ImageBytes:
        """Read the bytes. Raises: NotTrusted (check "kept") when they are others now."""
        documents = tuple(self._read(digest) for digest in self.documents)
        held = zip(self.documents, self.bundles, strict=True)
        bundles = {digest: tuple(self._read(item) for item in items) for digest, items in held}
        read = read_image(documents[-1], where=self.place)
        if not isinstance(read, Image):
            raise self._changed(self.documents[-1])
        if read.package is not None:
            blobs = {item.digest: self._read(item.digest) for item in read.package.blobs}
            return ImageBytes(self.place, documents, PackageContents.open(read.package, blobs), b"", bundles)
        data = self._read(read.layer.digest) if read.layer is not None else b""
        return ImageBytes(self.place, documents, None, data, bundles)

    def _read(self, digest: Digest) -> bytes:
        try:
            with (self.blobs / digest.hex).open("rb") as file:
                data = file.read(MAX_BLOB_BYTES + 1)
        except OSError as error:
            raise self._changed(digest) from error
        if Digest.of(data) != digest:
            raise self._changed(digest)
        return data

    def _changed(self, digest: Digest) -> NotTrusted:
        return NotTrusted(
            f"what was kept of it under {digest} is missing or was changed",
            check="kept",
            where=self.place,
            todo="It was changed on this machine; nothing was loaded. `ecli pull` fetches it again.",
        )


class KeptImages:
    """All kept images of a user."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def find(self, reference: ImageReference) -> KeptImage | None:
        """What is kept of a reference; None when nothing is, or it cannot be read. It is verified by its user."""
        path = self._path(reference)
        try:
            with path.open("rb") as file:
                return self._parse(file.read(MAX_FILE_BYTES + 1), str(reference), where=str(path))
        except (OSError, BadInput):
            return None

    def put(self, reference: ImageReference, image: ImageBytes, *, now: int) -> None:
        """Keep an image; its own file comes last. Raises: StorageFailed."""
        self._home.make()
        blobs = dict(image.contents.blobs) if image.contents is not None else {Digest.of(image.data): image.data}
        documents = [Digest.of(item) for item in image.documents]
        held = [image.bundles.get(digest, ()) for digest in documents]
        bundles = [bundle for items in held for bundle in items]
        for data in (*blobs.values(), *image.documents, *bundles):
            write_durably(self._blobs / Digest.of(data).hex, data, mode=0o600)
        told = {
            "v": VERSION,
            "place": str(reference),
            "fetched": now,
            "documents": documents,
            "bundles": [[Digest.of(bundle) for bundle in items] for items in held],
        }
        write_durably(self._path(reference), canonical_json(told), mode=0o600)

    def _parse(self, data: bytes, place: str, *, where: str) -> KeptImage:
        fields = Fields(decode_json(data, limit=MAX_FILE_BYTES, where=where), where)
        fields.integer("v", low=VERSION, high=VERSION)
        if fields.text("place", limit=1024) != place:
            raise BadInput("is of another image", where=where)
        documents = _digests(fields.items("documents", limit=MAX_DOCUMENTS), where)
        bundles = tuple(
            _digests(Fields({"items": item}, where).items("items", limit=MAX_BUNDLES), where)
            for item in fields.items("bundles", limit=MAX_DOCUMENTS)
        )
        if not documents or len(bundles) != len(documents):
            raise BadInput("names no manifest", where=where)
        return KeptImage(place, fields.integer("fetched"), documents, bundles, self._blobs)

    @property
    def _blobs(self) -> Path:
        return self._home.images / "blobs"

    def _path(self, reference: ImageReference) -> Path:
        return self._home.images / f"{hashlib.sha256(str(reference).encode()).hexdigest()}.json"


def _digests(items: list[object], where: str) -> tuple[Digest, ...]:
    return tuple(Digest.parse(str(item), where=where) for item in items)
