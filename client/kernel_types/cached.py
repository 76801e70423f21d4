"""Find the reduced types of an object in the cache, for one kernel only; on the quick path: few imports.

A file is named after the object and the kernel's build id, and believed only where nobody else can have written it.
"""

from __future__ import annotations

import os

from ..local_files import FILE, digest, is_ours

NOTES, TYPES = "/sys/kernel/notes", "/sys/kernel/btf/vmlinux"
_MAX_NOTES = 65536  # bytes
_BUILD_ID = b"\x03\0\0\0GNU\0"  # type and owner of an ELF note (little-endian): NT_GNU_BUILD_ID


def cached_types(object_digest_hex: str, cache: str, *, notes: str = NOTES, types: str = TYPES) -> str | None:
    """The path for libbpf's btf_custom_path; "" where the kernel's own types are needed; None where it is not known.

    `object_digest_hex` is the SHA-256 of the BPF object; `cache` the folder that fit.py writes.
    """
    kernel = kernel_digest(notes, types)
    path = entry(cache, object_digest_hex, kernel)
    try:
        if not kernel or not is_ours(cache) or not is_ours(path, FILE):
            return None
        return path if os.lstat(path).st_size else ""
    except OSError:
        return None


def entry(cache: str, object_digest_hex: str, kernel: str) -> str:
    """Name the file of one object and one kernel."""
    return f"{cache}/{object_digest_hex}.{kernel}.btf"


def kernel_digest(notes: str = NOTES, types: str = TYPES) -> str:
    """Tell one build of a kernel from all others: by its notes with the build id, and by the size of its types.

    Empty where the kernel tells no build id, or has no types.
    """
    try:
        descriptor = os.open(notes, os.O_RDONLY | os.O_CLOEXEC)
        try:
            data = os.read(descriptor, _MAX_NOTES)
        finally:
            os.close(descriptor)
        size = os.lstat(types).st_size
    except OSError:
        return ""
    return digest(b"%d\n%s" % (size, data)) if _BUILD_ID in data and len(data) < _MAX_NOTES else ""
