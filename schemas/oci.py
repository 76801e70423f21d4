"""OCI image manifests and descriptors as packages and their referrers use them (OCI image specification 1.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from . import media
from .codec import canonical_json, decode_json
from .digest import Digest
from .errors import BadInput
from .fields import Fields

MAX_MANIFEST_BYTES = 4 * 1024 * 1024  # bytes, as distribution 1.1 recommends at least
MAX_PACKAGE_MANIFEST_BYTES = 64 * 1024  # bytes; a package's manifest has a handful of layers
MAX_LAYERS = 16  # of a package or a bundle's manifest
MAX_TYPES_LAYERS = 256  # of kernel types: a layer a kernel; MAX_PACKAGE_MANIFEST_BYTES hold about as many
MAX_BLOB_BYTES = 256 * 1024 * 1024  # bytes, of one blob of a package

EMPTY_CONFIG = b"{}"


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What names a blob: media type, digest, size in bytes (descriptor.md)."""

    media_type: str
    digest: Digest
    size: int
    artifact_type: str = ""
    annotations: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, media_type: str, data: bytes, **annotations: str) -> Descriptor:
        """Describe `data`."""
        return cls(media_type, Digest.of(data), len(data), annotations=dict(annotations))

    @classmethod
    def read(cls, fields: Fields) -> Descriptor:
        """Read a descriptor out of a decoded manifest. Raises: BadInput."""
        return cls(
            fields.text("mediaType", limit=255),
            fields.digest("digest"),
            fields.integer("size"),
            fields.text("artifactType", limit=255, default=""),
            fields.text_map("annotations", count=64, limit=4096),
        )

    def to_json(self) -> dict[str, Any]:
        """The JSON object, without empty fields."""
        made: dict[str, Any] = {"mediaType": self.media_type, "digest": self.digest, "size": self.size}
        if self.artifact_type:
            made["artifactType"] = self.artifact_type
        if self.annotations:
            made["annotations"] = self.annotations
        return made


@dataclass(frozen=True, slots=True)
class Manifest:
    """An image manifest with sha256 descriptors. `raw` is what was signed and hashed, byte for byte."""

    raw: bytes
    artifact_type: str
    config: Descriptor
    layers: tuple[Descriptor, ...]
    subject: Descriptor | None
    annotations: dict[str, str]

    @property
    def digest(self) -> Digest:
        """Digest of the raw bytes."""
        return Digest.of(self.raw)

    def layer(self, media_type: str) -> Descriptor | None:
        """The one layer of that media type, or None."""
        return next((layer for layer in self.layers if layer.media_type == media_type), None)

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        """Config and layers."""
        return (self.config, *self.layers)

    @classmethod
    def parse(cls, raw: bytes, *, limit: int = MAX_PACKAGE_MANIFEST_BYTES, where: str = "manifest") -> Manifest:
        """Read a manifest of at most `limit` bytes. Raises: BadInput."""
        fields = Fields(decode_json(raw, limit=limit, where=where), where)
        if fields.integer("schemaVersion") != 2:
            raise BadInput("schemaVersion must be 2", where=where)
        if fields.text("mediaType", limit=255, default=media.OCI_MANIFEST) != media.OCI_MANIFEST:
            raise BadInput(f"mediaType must be {media.OCI_MANIFEST}", where=where)
        artifact_type = fields.text("artifactType", limit=255, default="")
        most = MAX_TYPES_LAYERS if artifact_type == media.KERNEL_TYPES else MAX_LAYERS
        layers = tuple(Descriptor.read(item) for item in fields.maps("layers", limit=most))
        if any(layer.size > MAX_BLOB_BYTES for layer in layers):
            raise BadInput(f"has a layer of more than {MAX_BLOB_BYTES} bytes", where=where)
        return cls(
            raw,
            artifact_type,
            Descriptor.read(fields.map("config")),
            layers,
            Descriptor.read(fields.map("subject")) if fields.has("subject") else None,
            fields.text_map("annotations", count=64, limit=4096),
        )

    @classmethod
    def make(
        cls,
        *,
        artifact_type: str,
        config: Descriptor,
        layers: tuple[Descriptor, ...],
        subject: Descriptor | None = None,
        annotations: dict[str, str] | None = None,
    ) -> Manifest:
        """Write a manifest in canonical JSON."""
        document: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": media.OCI_MANIFEST,
            "artifactType": artifact_type,
            "config": config.to_json(),
            "layers": [layer.to_json() for layer in layers],
        }
        if subject:
            document["subject"] = subject.to_json()
        if annotations:
            document["annotations"] = annotations
        return cls(canonical_json(document), artifact_type, config, layers, subject, annotations or {})
