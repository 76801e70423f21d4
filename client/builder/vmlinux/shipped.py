"""The types that come with ecli: vmlinux.h of one Debian kernel for each architecture, unpacked at its first use.

derive.py makes the files beside this one. Later architectures are compressed given the first one's text: seven eighths
of it are the same.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from ....federation.files import write_durably
from ....schemas.codec import decode_json
from ....schemas.digest import Digest
from ....schemas.errors import StorageFailed
from ....schemas.fields import Fields
from ..architecture import Architecture
from ..compiler.types import Progress, forget_old

DATA = Path(__file__).with_name("data")
FACTS = DATA / "types.json"
MAX_HEADER_BYTES = 16 * 1024 * 1024
FIRST = Architecture.X86_64  # whose text the others are compressed with
WINDOW_LOG = 24  # 16 MiB: two headers


class ShippedTypes(NamedTuple):
    """What is shipped for one architecture: the kernel's release, the Debian package it is of, vmlinux.h's digest."""

    kernel: str
    package: str
    digest: Digest


@cache
def shipped_facts() -> dict[Architecture, ShippedTypes]:
    """What is shipped, by architecture. Raises: StorageFailed when the installation is damaged."""
    fields = Fields(decode_json(_read(FACTS), where=str(FACTS)), str(FACTS))
    found = {}
    for item in Architecture:
        entry = fields.map(item.value)
        found[item] = ShippedTypes(
            entry.text("kernel", limit=128), entry.text("package", limit=256), entry.digest("vmlinux.h")
        )
    return found


def shipped_types(architecture: Architecture, cache_folder: Path, *, progress: Progress | None = None) -> Path:
    """Give the folder that holds an architecture's vmlinux.h, unpacking it (about 3 MB) when it is not there.

    Raises: StorageFailed.
    """
    facts = shipped_facts()[architecture]
    folder = cache_folder / "types" / facts.digest.hex[:32]
    if not (folder / "vmlinux.h").is_file():
        if progress:
            progress(f"Unpacking the types of Linux {facts.kernel} (once)")
        write_durably(folder / "vmlinux.h", header(architecture))
        try:
            forget_old(folder.parent)
        except OSError as error:
            raise StorageFailed(f"cannot be listed: {error.strerror}", where=str(folder.parent)) from error
    return folder


def header(architecture: Architecture) -> bytes:
    """The text of a shipped vmlinux.h. Raises: StorageFailed when the installation is damaged."""
    import zstandard

    raw = zstandard.DICT_TYPE_RAWCONTENT
    dictionary = None if architecture is FIRST else zstandard.ZstdCompressionDict(header(FIRST), dict_type=raw)
    path = DATA / f"{architecture.value}.h.zst"
    try:
        unpacker = zstandard.ZstdDecompressor(dict_data=dictionary, max_window_size=1 << WINDOW_LOG)
        text = unpacker.decompress(_read(path), max_output_size=MAX_HEADER_BYTES)
    except zstandard.ZstdError as error:
        raise _damaged(path) from error
    if Digest.of(text) != shipped_facts()[architecture].digest:
        raise _damaged(path)
    return text


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> StorageFailed:
    return StorageFailed("is missing or damaged", where=str(path), todo="Install ebpfhub again.")
