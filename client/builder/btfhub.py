"""Folders of kernel types, laid out as BTFHub's archive: ID/VERSION_ID/ARCHITECTURE/RELEASE.btf or .btf.tar.xz.

It reads files only; what becomes of them is btfgen.py's and types_archive.py's.
"""

from __future__ import annotations

import io
import lzma
import os
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from ...schemas.errors import BadInput, NotFound
from ...schemas.kernel_types import MAX_KERNEL_BTF_BYTES, System
from ..kernel_types.archive import SUFFIX, system_of

PACKED = ".btf.tar.xz"
MAX_PACKED_BYTES = 32 * 1024 * 1024
MAX_UNPACKED_BYTES = MAX_KERNEL_BTF_BYTES + 1024 * 1024  # a tar of one file
MAX_LZMA_MEMORY = 256 * 1024 * 1024


def files_of(folder: Path) -> Iterator[tuple[Path, System]]:
    """Find the files of kernel types below a folder, and the systems that they are for, in the order of their paths."""
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            plain = name.removesuffix(PACKED) + SUFFIX if name.endswith(PACKED) else name
            system = system_of(path.with_name(plain).relative_to(folder).as_posix())
            if system is not None:
                yield path, system


def read_types(path: Path) -> bytes:
    """Read the BTF in one of these files, unpacked, at most a byte more than MAX_KERNEL_BTF_BYTES. Raises: BadInput."""
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


def no_types(folder: Path, *, only: Sequence[str] = ()) -> NotFound:
    """Make the error for a folder without any that is wanted."""
    return NotFound(
        f"holds no kernel types for {', '.join(only)}" if only else "holds no kernel types",
        where=str(folder),
        todo="Name a checkout of btfhub-archive, or a folder like it: ubuntu/22.04/x86_64/5.15.0-25-generic.btf",
    )
