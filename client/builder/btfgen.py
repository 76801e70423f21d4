"""Make the layer of kernel types of a package: BTFHub's archive, reduced to what one object needs (`--btfgen`).

It reads files only; which kernels there are is the archive's choice. The same files give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from ...schemas.errors import BadInput
from ...schemas.kernel_types import System
from ..kernel_types.archive import MAX_ENTRIES, write_archive
from ..kernel_types.reduce import reduced, wanted
from .architecture import Architecture
from .btfhub import files_of, no_types, read_types

Objects = Mapping[Architecture | None, bytes]  # None: the one for all
Progress = Callable[[str], None]


def types_layer(objects: Objects, archive_folder: Path, *, progress: Progress | None = None) -> bytes:
    """Reduce every BTF file below `archive_folder` (ID/VERSION_ID/ARCHITECTURE/RELEASE.btf[.tar.xz]) for its object.

    Empty when the objects have nothing to relocate. About 0.1 seconds a kernel. Raises: NotFound, BadInput.
    """
    if not any(wanted(item).relocations for item in objects.values()):
        return b""
    made: dict[System, bytes] = {}
    for path, system in files_of(archive_folder):
        bpf_object = _object_for(system, objects)
        if bpf_object is None:
            continue
        if progress:
            progress(f"Fitting the program to {system}")
        small = reduced(bpf_object, read_types(path), standalone=True)
        if small is None:
            raise BadInput("has relocations that cannot be fitted ahead of time", where="BPF object")
        made[system] = small
        if len(made) > MAX_ENTRIES:
            raise BadInput(f"has more than {MAX_ENTRIES} kernels", where=str(archive_folder))
    if not made:
        raise no_types(archive_folder)
    return write_archive(made)


def _object_for(system: System, objects: Objects) -> bytes | None:
    """The object that runs on a system; None where there is none for its architecture."""
    return objects.get(None) or objects.get(Architecture.named(system.architecture))
