"""Types as the compiler has read them before (a precompiled header): vmlinux.h takes two thirds of a compilation.

Used where a source includes vmlinux.h before anything else, so that it means the same. One file of some 15 MB for each
header, compiler and architecture, kept beside the header. Where it does not do, the source is compiled as ever.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from .toolchain import Toolchain

HEADER = "vmlinux.h"
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_FIRST = re.compile(r'\s*#\s*include\s*"vmlinux\.h"')


def begins_with_types(source: str) -> bool:
    """Tell whether the first thing in a source, but for comments, is that it includes vmlinux.h."""
    at = 0
    while found := _COMMENT.search(source, at):
        if source[at : found.start()].strip():
            break
        at = found.end()
    return _FIRST.match(source, at) is not None


def prepared_types(
    types: Path, toolchain: Toolchain, flags: Sequence[str], run: Callable[[list[str]], int]
) -> Path | None:
    """The precompiled header of the vmlinux.h in `types`, made by `run` where it is not there; None if it cannot be."""
    header = types / HEADER
    try:
        path = types / f"{_key(header, toolchain, flags)}.pch"
        if path.is_file():
            return path
        handle, name = tempfile.mkstemp(dir=types, prefix=".making-")
        os.close(handle)
        made = Path(name)
        try:
            if run([*toolchain.compiler, *flags, "-x", "c-header", str(header), "-o", name]):
                return None
            made.replace(path)
        finally:
            made.unlink(missing_ok=True)
    except OSError:
        return None  # a full disk or a folder of somebody else's: it is only quicker with it
    return path


def _key(header: Path, toolchain: Toolchain, flags: Sequence[str]) -> str:
    """What a precompiled header depends on: the compiler, its flags, and the header as it lies there."""
    status, program = header.stat(), Path(toolchain.compiler[0]).stat()
    words = (*toolchain.compiler, *flags, status.st_mtime_ns, status.st_size, program.st_mtime_ns, program.st_size)
    return hashlib.sha256(repr(words).encode()).hexdigest()[:32]
