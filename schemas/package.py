"""A package's config: who it is and how it is used (protocol.md section 2; package-config.schema.json)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from . import media
from .codec import canonical_json, decode_json
from .errors import BadInput
from .example import Example
from .fields import Fields
from .oci import Descriptor, Manifest
from .package_tests import PackageTest, read_tests
from .program import NO_USAGE, Usage
from .reference import DEFAULT_NAMESPACE, check_name, check_namespace
from .semver import Version

MAX_CONFIG_BYTES = 1024 * 1024  # bytes
MAX_OBJECTS = 8  # of a package: one, or one for each architecture
MAX_OBJECT_BYTES = 16 * 1024 * 1024  # bytes of a BPF object, decompressed
MAX_WASM_BYTES = 32 * 1024 * 1024
MAX_TYPES_BYTES = 64 * 1024 * 1024  # bytes of an archive of kernel types, decompressed
MAX_README_BYTES = 256 * 1024  # bytes
MAX_PACKAGE_BYTES = 48 * 1024 * 1024  # bytes of all blobs as they are stored; a package file takes 64 MiB
MAX_DESCRIPTION_CHARS = 4096
ARCHITECTURE = "org.ebpfhub.architecture"  # the annotation that tells whose object a layer is, where there are several


@dataclass(frozen=True, slots=True)
class PackageConfig:
    """What a package says of itself. namespace, name and version are compared with the log entry and the reference.

    `architectures` are OCI's names (amd64, arm64) of those that its program is for; none stands for any.
    """

    namespace: str
    name: str
    version: str
    description: str = ""
    license: str = ""
    authors: tuple[str, ...] = ()
    url: str = ""
    keywords: tuple[str, ...] = ()
    usage: Usage = NO_USAGE
    architectures: tuple[str, ...] = ()
    tests: tuple[PackageTest, ...] = ()
    example: Example | None = None

    @classmethod
    def parse(cls, raw: bytes, *, where: str = "package config") -> PackageConfig:
        """Read a config. Unknown fields are left alone: later versions may add some. Raises: BadInput."""
        fields = Fields(decode_json(raw, limit=MAX_CONFIG_BYTES, where=where), where)
        if fields.integer("schemaVersion") != 1:
            raise BadInput("is of a later schema; a newer ecli may read it", where=fields.at("schemaVersion"))
        return cls(
            check_namespace(fields.text("namespace", limit=128)),
            check_name(fields.text("name", limit=128)),
            str(Version.parse(fields.text("version", limit=64), where=fields.at("version"))),
            fields.text("description", limit=MAX_DESCRIPTION_CHARS, default=""),
            fields.text("license", limit=128, default=""),
            tuple(fields.texts("authors", count=32, limit=256, default=[])),
            fields.text("url", limit=1024, default=""),
            tuple(fields.texts("keywords", count=32, limit=64, default=[])),
            Usage.read(fields),
            tuple(fields.texts("architectures", count=MAX_OBJECTS, limit=32, default=[])),
            read_tests(fields),
            Example.read(fields.map("example")) if fields.has("example") else None,
        )

    def to_json(self) -> bytes:
        """The config blob, in canonical JSON."""
        document: dict[str, Any] = {
            "schemaVersion": 1,
            "namespace": self.namespace,
            "name": self.name,
            "version": self.version,
        } | self.usage.to_json()
        optional = {
            "description": self.description,
            "license": self.license,
            "authors": list(self.authors),
            "url": self.url,
            "keywords": list(self.keywords),
            "architectures": list(self.architectures),
            "tests": [test.to_json() for test in self.tests],
            "example": self.example.to_json() if self.example else None,
        }
        return canonical_json(document | {key: value for key, value in optional.items() if value})

    def renamed(
        self, *, namespace: str | None = None, name: str | None = None, version: str | None = None
    ) -> PackageConfig:
        """The same package under another name or version. Raises: BadInput."""
        return replace(
            self,
            namespace=check_namespace(namespace) if namespace else self.namespace,
            name=check_name(name) if name else self.name,
            version=str(Version.parse(version)) if version else self.version,
        )

    @property
    def package(self) -> str:
        """`namespace/name`."""
        return f"{self.namespace}/{self.name}"


DEFAULT_CONFIG = PackageConfig(DEFAULT_NAMESPACE, "unnamed", "0.1.0")


def check_package_manifest(manifest: Manifest, *, where: str = "manifest") -> None:
    """Check that a manifest is a package's: artifact type, config, known layers at most once, but for objects.

    Raises: BadInput.
    """
    objects = object_layers(manifest)
    types = [layer.media_type for layer in manifest.layers if layer not in objects[1:]]
    check_frame(manifest, media.PACKAGE, media.LAYERS, where=where)
    if len(set(types)) != len(types):
        raise BadInput("has two layers of one type", where=where)
    names = [layer.annotations.get(ARCHITECTURE, "") for layer in objects]
    if len(objects) > 1 and (len(objects) > MAX_OBJECTS or "" in names or len(set(names)) != len(names)):
        raise BadInput(
            f"has several BPF objects, and not each is another architecture's by {ARCHITECTURE}", where=where
        )
    if sum(blob.size for blob in manifest.blobs) > MAX_PACKAGE_BYTES:
        raise BadInput(f"is larger than {MAX_PACKAGE_BYTES} bytes in all", where=where)
    check_readme(manifest, where=where)
    wasm = manifest.layer(media.WASM)
    if wasm is not None and wasm.size > MAX_WASM_BYTES:
        raise BadInput(f"has a Wasm module of more than {MAX_WASM_BYTES} bytes", where=where)
    if media.BPF_OBJECT not in types and media.WASM not in types:
        raise BadInput("has neither a BPF object nor a Wasm module", where=where)


def object_layers(manifest: Manifest) -> tuple[Descriptor, ...]:
    """The layers that hold BPF objects, in their order."""
    return tuple(layer for layer in manifest.layers if layer.media_type == media.BPF_OBJECT)


def check_frame(manifest: Manifest, artifact_type: str, layers: frozenset[str], *, where: str) -> None:
    """Check what all releases have in common: their type, the config, types of layers. Raises: BadInput."""
    if manifest.artifact_type != artifact_type:
        raise BadInput(f"artifactType is {manifest.artifact_type!r}, not {artifact_type}", where=where)
    if manifest.config.media_type != media.PACKAGE_CONFIG:
        raise BadInput(f"the config's mediaType must be {media.PACKAGE_CONFIG}", where=where)
    if manifest.config.size > MAX_CONFIG_BYTES:
        raise BadInput(f"the config has more than {MAX_CONFIG_BYTES} bytes", where=where)
    unknown = sorted({layer.media_type for layer in manifest.layers} - layers)
    if unknown:
        raise BadInput(f"has a layer of the unknown type {unknown[0]!r}", where=where)


def check_readme(manifest: Manifest, *, where: str) -> None:
    """Check a release's README, if it has one. Raises: BadInput."""
    readme = manifest.layer(media.README)
    if readme is not None and readme.size > MAX_README_BYTES:
        raise BadInput(f"has a README of more than {MAX_README_BYTES} bytes", where=where)
