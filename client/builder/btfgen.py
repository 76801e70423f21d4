"""Make the layer of kernel types of a package: BTFHub's archive, reduced to what one object needs (`--btfgen`).

It reads files only; which kernels there are is the archive's choice. The same files give the same bytes.
"""

from __future__ import annotations

import io
import lzma
import os
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

from ...schemas.errors import BadInput, NotFound
from ..kernel_types.archive import MAX_ENTRIES, SUFFIX, System, system_of, write_archive
from ..kernel_types.index import MAX_KERNEL_BTF_BYTES
from ..kernel_types.reduce import reduced, wanted

PACKED = ".btf.tar.xz"  # as BTFHub's archive has them
MAX_PACKED_BYTES = 32 * 1024 * 1024
MAX_UNPACKED_BYTES = MAX_KERNEL_BTF_BYTES + 1024 * 1024  # a tar of one file
MAX_LZMA_MEMORY = 256 * 1024 * 1024


Progress = Callable[[str], None]


def types_layer(bpf_object: bytes, archive_folder: Path, *, progress: Progress | None = None) -> bytes:
    """Reduce every BTF file below `archive_folder` (ID/VERSION_ID/ARCHITECTURE/RELEASE.btf[.tar.xz]) for an object.

    Empty when the object has nothing to relocate. About 0.1 seconds a kernel. Raises: NotFound, BadInput.
    """
    if not wanted(bpf_object).relocations:
        return b""
    made: dict[System, bytes] = {}
    for path, system in _files(archive_folder):
        if progress:
            progress(f"Fitting the program to {system.id} {system.version} {system.release}")
        small = reduced(bpf_object, _content(path), standalone=True)
        if small is None:
            raise BadInput("has relocations that cannot be fitted ahead of time", where="BPF object")
        made[system] = small
        if len(made) > MAX_ENTRIES:
            raise BadInput(f"has more than {MAX_ENTRIES} kernels", where=str(archive_folder))
    if not made:
        raise NotFound(
            "holds no kernel types",
            where=str(archive_folder),
            todo="Name a checkout of btfhub-archive, or a folder like it: ubuntu/22.04/x86_64/5.15.0-25-generic.btf",
        )
    return write_archive(made)


def _files(folder: Path) -> Iterator[tuple[Path, System]]:
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            plain = name.removesuffix(PACKED) + SUFFIX if name.endswith(PACKED) else name
            system = system_of(path.with_name(plain).relative_to(folder).as_posix())
            if system is not None:
                yield path, system


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_KERNEL_BTF_BYTES + 1)
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=str(path)) from error
    return _unpacked(data, str(path)) if path.name.endswith(PACKED) else data


def _unpacked(data: bytes, where: str) -> bytes:
    """The one file of a tar.xz, within limits. Raises: BadInput."""
    try:
        if len(data) > MAX_PACKED_BYTES:
            raise BadInput("is too large", where=where)
        xz = lzma.LZMADecompressor(memlimit=MAX_LZMA_MEMORY)
        raw = xz.decompress(data, MAX_UNPACKED_BYTES)
        if not xz.eof:
            raise BadInput("is cut off, or too large when unpacked", where=where)
        with tarfile.open(fileobj=io.BytesIO(raw), mode="r:") as tar:
            files = [member for member in tar if member.isreg() and member.name.endswith(SUFFIX)]
            file = tar.extractfile(files[0]) if len(files) == 1 and files[0].size <= len(raw) else None
            if file is None:
                raise BadInput("does not hold one file of kernel types", where=where)
            return file.read(MAX_KERNEL_BTF_BYTES + 1)
    except (lzma.LZMAError, tarfile.TarError, MemoryError, ValueError, OSError) as error:
        raise BadInput("is not a tar packed with xz", where=where) from error
