"""A package's bytes: manifest, config and layers, checked against each other by digest and size. Not yet trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from . import media
from .digest import Digest
from .errors import BadInput, NotTrusted
from .oci import Descriptor, Manifest
from .package import MAX_OBJECT_BYTES, MAX_TYPES_BYTES, PackageConfig, check_package_manifest


@dataclass(frozen=True, slots=True)
class PackageContents:
    """A package whose blobs have the digests that its manifest names."""

    manifest: Manifest
    config: PackageConfig
    blobs: Mapping[Digest, bytes]

    @classmethod
    def open(cls, manifest: Manifest, blobs: Mapping[Digest, bytes]) -> PackageContents:
        """Check form and digests of all blobs. Raises: BadInput, NotTrusted (check "blob")."""
        check_package_manifest(manifest)
        for descriptor in manifest.blobs:
            check_blob(descriptor, blobs.get(descriptor.digest))
        return cls(manifest, PackageConfig.parse(blobs[manifest.config.digest]), blobs)

    def bpf_object(self) -> bytes | None:
        """The BPF object, decompressed, at most MAX_OBJECT_BYTES; None for a package without one. Raises: BadInput."""
        layer = self.manifest.layer(media.BPF_OBJECT)
        return None if layer is None else decompress(self.blobs[layer.digest], limit=MAX_OBJECT_BYTES)

    def wasm(self) -> bytes | None:
        """The Wasm user space; None for a package without one."""
        layer = self.manifest.layer(media.WASM)
        return None if layer is None else self.blobs[layer.digest]

    def types(self) -> bytes | None:
        """The plain tar of kernel types, decompressed, at most MAX_TYPES_BYTES; None without one. Raises: BadInput."""
        layer = self.manifest.layer(media.BTF_ARCHIVE)
        return None if layer is None else decompress(self.blobs[layer.digest], limit=MAX_TYPES_BYTES)

    def readme(self) -> str:
        """The README's text, or an empty one."""
        layer = self.manifest.layer(media.README)
        return "" if layer is None else self.blobs[layer.digest].decode("utf-8", "replace")


def check_blob(descriptor: Descriptor, data: bytes | None, *, where: str = "") -> bytes:
    """Check a blob against its descriptor. Raises: BadInput when missing; NotTrusted when it is another's bytes."""
    if data is None:
        raise BadInput("the blob is missing", where=descriptor.digest)
    if len(data) != descriptor.size or Digest.of(data) != descriptor.digest:
        raise NotTrusted(
            f"the blob {descriptor.digest} holds other bytes than its digest says",
            check="blob",
            where=where,
            todo="It was changed on the hub or on its way; nothing was loaded. Another mirror may have the right one.",
        )
    return data


def decompress(data: bytes, *, limit: int, where: str = "layer") -> bytes:
    """Decompress one zstd frame of at most `limit` bytes. Raises: BadInput."""
    import zstandard

    try:
        size = zstandard.frame_content_size(data)
        if size < 0 or size > limit:
            raise BadInput(f"does not state a size of at most {limit} bytes", where=where)
        made = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompress(data, max_output_size=limit)
    except zstandard.ZstdError as error:
        raise BadInput(f"this is not zstd: {error}", where=where) from error
    return made


def compress(data: bytes) -> bytes:
    """Compress as one zstd frame, the same for the same data and library."""
    import zstandard

    return zstandard.ZstdCompressor(level=19, write_checksum=False, write_content_size=True).compress(data)
