"""Make the layer of kernel types of a package: BTFHub's archive, reduced to what one object needs (`--btfgen`).

It reads files only; which kernels there are is the archive's choice. The same files give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ...schemas.errors import BadInput
from ...schemas.kernel_types import System
from ..kernel_types.archive import MAX_ENTRIES, write_archive
from ..kernel_types.reduce import reduced, wanted
from .btfhub import files_of, no_types, read_types

Progress = Callable[[str], None]


def types_layer(bpf_object: bytes, archive_folder: Path, *, progress: Progress | None = None) -> bytes:
    """Reduce every BTF file below `archive_folder` (ID/VERSION_ID/ARCHITECTURE/RELEASE.btf[.tar.xz]) for an object.

    Empty when the object has nothing to relocate. About 0.1 seconds a kernel. Raises: NotFound, BadInput.
    """
    if not wanted(bpf_object).relocations:
        return b""
    made: dict[System, bytes] = {}
    for path, system in files_of(archive_folder):
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
