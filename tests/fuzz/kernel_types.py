"""Targets that read a kernel's types: the lazy index, what a reduction makes of hostile ones, and archives of them."""

from __future__ import annotations

import struct
from functools import cache
from itertools import islice

from ebpfhub.client.kernel_types.archive import chosen, write_archive
from ebpfhub.client.kernel_types.index import KernelTypes
from ebpfhub.client.kernel_types.reduce import reduced
from ebpfhub.client.kernel_types.this_system import this_system
from ebpfhub.schemas import media
from ebpfhub.schemas.btf import Btf
from ebpfhub.schemas.contents import check_release_manifest, judged
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.kernel_types import KERNEL, System, kernels_of, nearest
from ebpfhub.schemas.oci import Descriptor, Manifest

from .target import Target
from .tars import mended

_NAMES = ("task_struct", "file", "request", "bio", "int", "")
_MOST_TYPES = 4096


def _index(data: bytes) -> None:
    types = KernelTypes(data)
    types.named(_NAMES)
    for number in range(min(len(types), _MOST_TYPES)):
        assert types[number] is types[number]


def _reduce(data: bytes) -> None:
    """An object and types: the first four bytes are the object's size."""
    (size,) = struct.unpack("<I", data[:4].ljust(4, b"\0"))
    bpf_object, types = data[4 : 4 + size], data[4 + size :]
    for standalone in (False, True):
        made = reduced(bpf_object, types, standalone=standalone)
        if made is not None:
            Btf.parse(made)
            assert reduced(bpf_object, made, standalone=standalone) == made


def _archive(data: bytes) -> None:
    for archive in (data, mended(data)):
        for system in (this_system(), System("ubuntu", "22.04", "x86_64", "5.15.0-25-generic")):
            try:
                chosen(archive, system)
            except BadInput:
                if archive is not data:
                    raise


def _manifest(data: bytes) -> None:
    """A release of kernel types: its manifest, and what is chosen of it."""
    manifest = Manifest.parse(data)
    check_release_manifest(manifest)
    kernels = kernels_of(manifest)
    here = this_system()
    assert set(nearest(kernels, here, count=4)) <= set(kernels)
    assert all(System.parse(system.name) == system for system in kernels)
    assert len(judged(manifest)) + len(kernels) == len(manifest.blobs)


@cache
def reduced_types() -> tuple[tuple[bytes, bytes], ...]:
    """Objects, and what they need of the running kernel's types."""
    from .built import KERNEL, objects

    types = KERNEL.read_bytes()
    made = ((item, reduced(item, types, standalone=True)) for item in objects())
    return tuple((item, small) for item, small in made if small is not None)


def _index_seeds() -> list[bytes]:
    from .built import objects, section

    own = (section(item, ".BTF") for item in islice(objects(), 2))
    return [*(small for _, small in reduced_types()), *own]


def _reduce_seeds() -> list[bytes]:
    return [struct.pack("<I", len(item)) + item + small for item, small in reduced_types()]


def _archive_seeds() -> list[bytes]:
    kernels = [small for _, small in reduced_types()]
    here = this_system()
    releases = (here.release, "5.15.0-25-generic", "4.18.0-80.el8")
    return [
        write_archive({here: kernels[0]}),
        write_archive({here._replace(release=release): kernels[0] for release in releases}),
        write_archive({here._replace(version=here.version.partition(".")[0]): kernels[-1]}),
    ]


def _manifest_seeds() -> list[bytes]:
    here = this_system()
    systems = [here, *(here._replace(release=release) for release in ("5.15.0-25-generic", "4.18.0-80.el8"))]
    config = Descriptor.of(media.PACKAGE_CONFIG, b"{}")
    layers = [Descriptor.of(media.KERNEL_BTF, b"x", **{KERNEL: system.name}) for system in systems]
    readme = Descriptor.of(media.README, b"# Types")
    made = (layers[:1], [*layers, readme])
    return [Manifest.make(artifact_type=media.KERNEL_TYPES, config=config, layers=tuple(held)).raw for held in made]


KERNEL_TYPES: dict[str, Target] = {
    "kernel-btf": Target(_index, _index_seeds),
    "reduce": Target(_reduce, _reduce_seeds),
    "types-archive": Target(_archive, _archive_seeds),
    "types-manifest": Target(_manifest, _manifest_seeds),
}
