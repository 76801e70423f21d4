"""A release's files as the blob store has them, read once, checked by digest: what pages and the API tell of it.

Shapes are schemas'; what is told of them, in which words, is their users'.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...federation.blobs import BlobStore
from ...schemas import media
from ...schemas.bpf_object import BpfObject, Program
from ...schemas.contents import check_blob, decompress
from ...schemas.digest import Digest
from ...schemas.entry import Release
from ...schemas.errors import NotTrusted
from ...schemas.oci import MAX_PACKAGE_MANIFEST_BYTES, Descriptor, Manifest
from ...schemas.package import MAX_OBJECT_BYTES, PackageConfig, object_layers
from ...schemas.permissions import Permissions, permissions_of_package
from ...schemas.wasm import objects_of_package

_TYPED = frozenset({"fentry", "fexit", "fmod_ret", "lsm", "iterator", "struct_ops"})  # attached by kernel BTF


@dataclass(frozen=True, slots=True)
class ReleaseFiles:
    """Manifest and config of a release, the facts of its objects, and what these may do together.

    `code` are the digests of its own objects and its module, decompressed.
    """

    manifest: Manifest
    config: PackageConfig
    objects: tuple[BpfObject, ...]
    permissions: Permissions
    code: frozenset[Digest]

    @property
    def programs(self) -> Sequence[Program]:
        """All programs; one that several architectures' objects hold counts once."""
        return list({(item.name, item.section): item for bpf in self.objects for item in bpf.programs}.values())

    @property
    def is_example_own(self) -> bool:
        """Whether the recorded output, where there is some, is of this very code."""
        return self.config.example is not None and self.config.example.object in self.code

    @property
    def kernel_types(self) -> Sequence[str]:
        """Kernel types that are read by CO-RE, sorted."""
        return sorted({name for bpf in self.objects for name in bpf.core_roots})

    @property
    def needs_btf(self) -> bool:
        """Whether it needs a kernel with BTF."""
        kinds = [program.kind for program in self.programs]
        return bool(self.kernel_types) or any(kind.type in _TYPED or kind.hook == "tp_btf" for kind in kinds)


def read_release(store: BlobStore, release: Release) -> ReleaseFiles:
    """Read a release's files. Blocking. Raises: NotFound, NotTrusted (a changed blob), BadInput, StorageFailed."""
    raw = store.read(release.manifest, limit=MAX_PACKAGE_MANIFEST_BYTES)
    if Digest.of(raw) != release.manifest:
        raise NotTrusted(f"the manifest holds other bytes than {release.manifest} says", check="blob")
    manifest = Manifest.parse(raw)
    config = PackageConfig.parse(read_layer(store, manifest.config))
    module = manifest.layer(media.WASM)
    own = [decompress(read_layer(store, layer), limit=MAX_OBJECT_BYTES) for layer in object_layers(manifest)]
    wasm = read_layer(store, module) if module else None
    objects = tuple(BpfObject.parse(item) for item in objects_of_package(wasm, *own))
    code = frozenset(map(Digest.of, (*own, *([wasm] if wasm else []))))
    return ReleaseFiles(manifest, config, objects, permissions_of_package(wasm, *own), code)


def read_layer(store: BlobStore, descriptor: Descriptor) -> bytes:
    """Read a blob that a manifest names. Blocking. Raises: NotFound, NotTrusted, StorageFailed."""
    return check_blob(descriptor, store.read(descriptor.digest, limit=descriptor.size))
