"""An OCI image layout as a tar or a folder (`skopeo copy … oci-archive:x.tar`, `oras copy --to-oci-layout`)."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

from ...federation.plain_tar import plain_files
from ...schemas import media
from ...schemas.codec import decode_json
from ...schemas.contents import PackageContents, check_blob
from ...schemas.errors import BadInput, Unsupported
from ...schemas.fields import Fields
from ...schemas.oci import MAX_MANIFEST_BYTES, Descriptor
from ...schemas.package import MAX_PACKAGE_BYTES
from .image import Image, choose, read_image

MAX_MEMBERS = 4096
MAX_TOTAL_BYTES = 64 * 1024 * 1024
MAX_NESTED = 3  # indexes in indexes

Lookup = Callable[[str], bytes | None]  # a file of the layout by its name


def open_tar(raw: bytes, *, where: str) -> PackageContents | bytes:
    """The package or the one file in a tar of a layout. Raises: BadInput, NotFound, NotTrusted."""
    files: dict[str, bytes] = {}
    total = 0
    for file in plain_files(io.BytesIO(raw), limit=lambda _: MAX_TOTAL_BYTES, count=MAX_MEMBERS, where=where):
        total += file.size
        if total > MAX_TOTAL_BYTES:
            raise BadInput(f"holds more than {MAX_TOTAL_BYTES} bytes", where=where)
        files[file.name.removeprefix("./")] = file.read()
    return open_layout(files.get, where=where)


def open_folder(folder: Path) -> PackageContents | bytes:
    """The package or the one file in a folder of a layout. Raises: BadInput, NotFound, NotTrusted."""
    return open_layout(lambda name: _read(folder / name), where=str(folder))


def is_layout(folder: Path) -> bool:
    """Tell whether a folder is an image layout."""
    return (folder / "oci-layout").is_file()


def open_layout(lookup: Lookup, *, where: str) -> PackageContents | bytes:
    """The package or the one file in a layout. Raises: BadInput, NotFound, NotTrusted."""
    marker, index = lookup("oci-layout"), lookup("index.json")
    if marker is None or index is None:
        raise BadInput("holds no OCI image layout", where=where)
    version = Fields(decode_json(marker, where=where), where).text("imageLayoutVersion", limit=32)
    if version != media.OCI_LAYOUT_VERSION:
        raise Unsupported(f"this is an OCI image layout of version {version!r}", where=where, needs="a newer ecli")
    read = read_image(index, where=f"{where}: index.json")
    for _ in range(MAX_NESTED):
        if isinstance(read, Image):
            break
        read = read_image(_blob(lookup, choose(read, where=where), MAX_MANIFEST_BYTES, where), where=where)
    if isinstance(read, Image):
        return _open(read, lookup, where)
    raise BadInput(f"nests image indexes more than {MAX_NESTED} deep", where=where)


def _open(image: Image, lookup: Lookup, where: str) -> PackageContents | bytes:
    if image.package is not None:
        found = {item.digest: _blob(lookup, item, MAX_PACKAGE_BYTES, where) for item in image.package.blobs}
        return PackageContents.open(image.package, found)
    if image.layer is None:
        raise BadInput("holds nothing", where=where)
    return _blob(lookup, image.layer, MAX_PACKAGE_BYTES, where)


def _blob(lookup: Lookup, descriptor: Descriptor, limit: int, where: str) -> bytes:
    if descriptor.size > limit:
        raise BadInput(f"has a blob of more than {limit} bytes", where=where)
    return check_blob(descriptor, lookup(f"blobs/sha256/{descriptor.digest.hex}"), where=where)


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_TOTAL_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadInput(f"cannot read: {error.strerror}", where=str(path)) from error
    if len(data) > MAX_TOTAL_BYTES:
        raise BadInput("is too large", where=str(path))
    return data
