"""Make vmlinux.h: a kernel's types as C, written by libbpf's BTF dumper. The running kernel's is kept in a cache.

The small ctypes binding here is for the dumper alone; loading programs is client/loader's.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from ....schemas.errors import StorageFailed, Unsupported

KERNEL_BTF = Path("/sys/kernel/btf/vmlinux")
KERNEL_NOTES = Path("/sys/kernel/notes")  # holds the build id
MAX_NOTES_BYTES = 65536
MAX_KEPT = 4  # headers of this many kernels stay in the cache

# As `bpftool btf dump … format c` writes them: CO-RE relocations for every access, unless the program says otherwise.
_HEAD = """#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#endif

"""
_TAIL = """
#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif

#endif /* __VMLINUX_H__ */
"""

Progress = Callable[[str], None]


def kernel_types(cache: Path, *, progress: Progress | None = None) -> Path:
    """Give the folder that holds this kernel's vmlinux.h, making it under `cache` (about 3 MB) when it is not there.

    Raises: Unsupported where the kernel has no BTF or libbpf is missing; StorageFailed.
    """
    folder = cache / "types" / kernel_key()
    header = folder / "vmlinux.h"
    if header.is_file():
        return folder
    if progress:
        progress("Reading the kernel's types (once for each kernel)")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_header(header, btf=KERNEL_BTF)
        forget_old(folder.parent)
    except OSError as error:
        raise StorageFailed(f"vmlinux.h cannot be written: {error.strerror}", where=str(header)) from error
    return folder


def kernel_key() -> str:
    """Name the running kernel by what its build id says, in 32 hex digits. Raises: Unsupported."""
    for path, limit in ((KERNEL_NOTES, MAX_NOTES_BYTES), (KERNEL_BTF, -1)):
        with contextlib.suppress(OSError), path.open("rb") as file:
            return hashlib.sha256(file.read(limit)).hexdigest()[:32]
    raise _no_btf()


def write_header(header: Path, *, btf: Path) -> None:
    """Write vmlinux.h of the types in the file `btf`, durably. Raises: Unsupported, OSError."""
    handle, name = tempfile.mkstemp(dir=header.parent, prefix=".vmlinux-")
    os.close(handle)
    made = Path(name)
    try:
        _dump(made, btf)
        made.chmod(0o644)
        with made.open("rb+") as file:
            os.fsync(file.fileno())
        made.replace(header)
    finally:
        made.unlink(missing_ok=True)
    folder = os.open(header.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _dump(target: Path, btf: Path) -> None:
    """Write all types. The dumper prints through C's own vfprintf, so no line of it passes through Python."""
    libbpf, libc = _libbpf(), ctypes.CDLL(None, use_errno=True)
    libc.fopen.restype = ctypes.c_void_p
    libc.fopen.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
    libc.fputs.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    libc.fclose.argtypes = [ctypes.c_void_p]
    stream = libc.fopen(os.fsencode(target), b"w")
    if not stream:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    failed = 0
    try:
        failed |= libc.fputs(_HEAD.encode(), stream) < 0
        _dump_types(libbpf, ctypes.cast(libc.vfprintf, ctypes.c_void_p), stream, btf)
        failed |= libc.fputs(_TAIL.encode(), stream) < 0
    finally:
        failed |= libc.fclose(stream) != 0  # a full disk shows here at the latest
    if failed:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _dump_types(libbpf: ctypes.CDLL, printer: ctypes.c_void_p, stream: int, file: Path) -> None:
    btf = libbpf.btf__parse(os.fsencode(file), None)
    if not btf:
        raise _no_btf()
    try:
        dumper = libbpf.btf_dump__new(btf, printer, stream, None)
        if not dumper:
            raise Unsupported("libbpf cannot print the kernel's types", needs="libbpf 1.0 or newer")
        try:
            for number in range(1, libbpf.btf__type_cnt(btf)):
                if libbpf.btf_dump__dump_type(dumper, number):
                    raise Unsupported(f"libbpf cannot print the kernel's type {number}", needs="a newer libbpf")
        finally:
            libbpf.btf_dump__free(dumper)
    finally:
        libbpf.btf__free(btf)


def _libbpf() -> ctypes.CDLL:
    try:
        library = ctypes.CDLL("libbpf.so.1")
    except OSError as error:
        raise Unsupported(
            "libbpf.so.1 cannot be found", needs="libbpf 1.0 or newer", todo="Bring it with: apt-get install libbpf1"
        ) from error
    pointer = ctypes.c_void_p
    library.btf__parse.restype = pointer
    library.btf__parse.argtypes = [ctypes.c_char_p, pointer]
    library.btf__type_cnt.restype = ctypes.c_uint32
    library.btf__type_cnt.argtypes = [pointer]
    library.btf__free.restype = None
    library.btf__free.argtypes = [pointer]
    library.btf_dump__new.restype = pointer
    library.btf_dump__new.argtypes = [pointer, pointer, pointer, pointer]
    library.btf_dump__dump_type.argtypes = [pointer, ctypes.c_uint32]
    library.btf_dump__free.restype = None
    library.btf_dump__free.argtypes = [pointer]
    return library


def forget_old(folder: Path) -> None:
    """Keep the MAX_KEPT newest headers below `folder`, with what compilers made of them. Raises: OSError."""
    kept = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in kept[MAX_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def _no_btf() -> Unsupported:
    return Unsupported(
        "this kernel does not describe its types",
        needs="a kernel with CONFIG_DEBUG_INFO_BTF=y",
        where=str(KERNEL_BTF),
        todo="Build with the types that come with ecli: leave out --types kernel",
    )
