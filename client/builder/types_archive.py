"""Make a release of kernel types out of a folder like BTFHub's archive: each kernel's whole BTF, a layer each.

What one program needs of them goes into its own package by btfgen.py. The same files give the same digest.
"""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ...schemas import media
from ...schemas.contents import PackageContents, compress
from ...schemas.digest import Digest
from ...schemas.errors import BadInput
from ...schemas.kernel_types import KERNEL, MAX_TYPES_RELEASE_BYTES, System
from ...schemas.oci import MAX_PACKAGE_MANIFEST_BYTES, MAX_TYPES_LAYERS, Descriptor, Manifest
from ...schemas.package import PackageConfig
from ...schemas.reference import DEFAULT_TAG, Reference
from ...schemas.semver import Version
from ..kernel_types.index import KernelTypes
from .btfhub import files_of, no_types, read_types

MAX_NAMED = 8  # distributions in the description
_NARROWER = "Take fewer (--only 'ubuntu/20.04/x86_64/*'), or make several archives, each with a name of its own."

Progress = Callable[[str], None]


def build_types(
    folder: Path, reference: str, *, only: Sequence[str] = (), progress: Progress | None = None
) -> PackageContents:
    """Build the archive `reference` ([namespace/]name:version) of the types below `folder`; about 3 seconds a kernel.

    `only` are patterns as a shell has them, of which one must fit ID/VERSION_ID/ARCHITECTURE/RELEASE. Raises:
    NotFound, BadInput.
    """
    named = _named(reference)
    found = {system: path for path, system in files_of(folder) if _is_wanted(system, only)}
    if not found:
        raise no_types(folder, only=only)
    _check_room(len(found) <= MAX_TYPES_LAYERS, folder)
    layers = dict(_layers(found, progress))
    _check_room(sum(map(len, layers.values())) <= MAX_TYPES_RELEASE_BYTES, folder)
    head = PackageConfig(named.namespace, named.name, named.tag, summary(found)).to_json()
    manifest = Manifest.make(
        artifact_type=media.KERNEL_TYPES,
        config=Descriptor.of(media.PACKAGE_CONFIG, head),
        layers=tuple(Descriptor.of(media.KERNEL_BTF, data, **{KERNEL: system.name}) for system, data in layers.items()),
    )
    _check_room(len(manifest.raw) <= MAX_PACKAGE_MANIFEST_BYTES, folder)
    return PackageContents.open(manifest, {Digest.of(data): data for data in (head, *layers.values())})


def summary(systems: Collection[System]) -> str:
    """Say in a line for which kernels an archive is."""
    names = sorted({f"{system.id} {system.version}" for system in systems})
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    kernels = "1 kernel" if len(systems) == 1 else f"{len(systems)} kernels"
    return f"Types of {kernels} without BTF: {', '.join(names[:MAX_NAMED])}{more}"


def _named(text: str) -> Reference:
    reference = Reference.parse(text)
    if reference.origin or reference.digest or reference.tag == DEFAULT_TAG:
        raise BadInput(f"{text!r} is not [namespace/]name:version", where="name", todo="Such as kernel-types:1.0.0")
    Version.parse(reference.tag, where="name")
    return reference


def _is_wanted(system: System, only: Sequence[str]) -> bool:
    return not only or any(fnmatch.fnmatchcase(system.name, pattern) for pattern in only)


def _layers(found: Mapping[System, Path], progress: Progress | None) -> Iterator[tuple[System, bytes]]:
    """Check and pack every kernel's BTF, as many at once as there are processors."""
    systems = sorted(found)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as workers:
        packed = workers.map(_packed, (found[system] for system in systems))
        for number, (system, data) in enumerate(zip(systems, packed, strict=True), 1):
            if progress:
                progress(f"Packed {number} of {len(systems)}: {system}")
            yield system, data


def _packed(path: Path) -> bytes:
    data = read_types(path)
    KernelTypes(data, where=str(path))  # refuses what is no BTF
    return compress(data)


def _check_room(enough: bool, folder: Path) -> None:
    if not enough:
        raise BadInput("holds the types of more kernels than one release takes", where=str(folder), todo=_NARROWER)
