"""A release's bytes: manifest, config and layers, checked against each other by digest and size. Not yet trusted.

A release is a package, or an archive of kernel types; of these, the kernels' layers need not be there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from . import media
from .digest import Digest
from .errors import BadInput, NotTrusted
from .kernel_types import check_types_manifest
from .oci import Descriptor, Manifest
from .package import (
    ARCHITECTURE,
    MAX_OBJECT_BYTES,
    MAX_TYPES_BYTES,
    PackageConfig,
    check_package_manifest,
    object_layers,
)
from .program import NO_USAGE

MAX_FRAME_HEADER = 18  # bytes of a zstd frame's header (RFC 8878 section 3.1.1)


@dataclass(frozen=True, slots=True)
class PackageContents:
    """A package whose blobs have the digests that its manifest names."""

    manifest: Manifest
    config: PackageConfig
    blobs: Mapping[Digest, bytes]

    @classmethod
    def open(cls, manifest: Manifest, blobs: Mapping[Digest, bytes]) -> PackageContents:
        """Check form and digests of all blobs. Raises: BadInput, NotTrusted (check "blob")."""
        check_release_manifest(manifest)
        for descriptor in manifest.blobs:
            if descriptor.media_type != media.KERNEL_BTF or descriptor.digest in blobs:
                check_blob(descriptor, blobs.get(descriptor.digest))
        config = PackageConfig.parse(blobs[manifest.config.digest])
        if manifest.artifact_type == media.KERNEL_TYPES and config.usage != NO_USAGE:
            raise BadInput("kernel types have no options, events or attach points", where="package config")
        named = tuple(layer.annotations.get(ARCHITECTURE, "") for layer in object_layers(manifest))
        if any(named) and named != config.architectures:
            raise BadInput("names other architectures than the manifest has objects for", where="package config")
        return cls(manifest, config, blobs)

    @property
    def is_types(self) -> bool:
        """Whether these are kernel types, and no program."""
        return self.manifest.artifact_type == media.KERNEL_TYPES

    def objects(self) -> tuple[bytes, ...]:
        """All BPF objects, decompressed, each at most MAX_OBJECT_BYTES. Raises: BadInput."""
        return tuple(self._object(layer) for layer in object_layers(self.manifest))

    def bpf_object(self, architecture: str) -> bytes | None:
        """The BPF object for an architecture (OCI's name), decompressed; None for a package without any object.

        Where there is none for it, the first, which config.architectures keeps from running. Raises: BadInput.
        """
        layers = object_layers(self.manifest)
        fitting = [layer for layer in layers if layer.annotations.get(ARCHITECTURE) == architecture]
        return self._object((*fitting, *layers)[0]) if layers else None

    def _object(self, layer: Descriptor) -> bytes:
        return decompress(self.blobs[layer.digest], limit=MAX_OBJECT_BYTES)

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


def check_release_manifest(manifest: Manifest, *, where: str = "manifest") -> None:
    """Check that a manifest is one that a hub releases: a package's, or that of kernel types. Raises: BadInput."""
    if manifest.artifact_type == media.KERNEL_TYPES:
        check_types_manifest(manifest, where=where)
    else:
        check_package_manifest(manifest, where=where)


def judged(manifest: Manifest) -> list[Descriptor]:
    """The blobs without which a release cannot be judged: all but kernels, each of which is checked by its digest."""
    return [item for item in manifest.blobs if item.media_type != media.KERNEL_BTF]


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

    stated_size(data, limit=limit, where=where)
    try:
        made = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompress(data, max_output_size=limit)
    except zstandard.ZstdError as error:
        raise BadInput(f"this is not zstd: {error}", where=where) from error
    return made


def stated_size(head: bytes, *, limit: int, where: str = "layer") -> int:
    """The decompressed size that a zstd frame states in its first MAX_FRAME_HEADER bytes. Raises: BadInput."""
    import zstandard

    try:
        size = zstandard.frame_content_size(head)
    except zstandard.ZstdError as error:
        raise BadInput(f"this is not zstd: {error}", where=where) from error
    if not 0 <= size <= limit:
        raise BadInput(f"does not state a size of at most {limit} bytes", where=where)
    return int(size)


def compress(data: bytes) -> bytes:
    """Compress as one zstd frame, the same for the same data and library."""
    import zstandard

    return zstandard.ZstdCompressor(level=19, write_checksum=False, write_content_size=True).compress(data)
