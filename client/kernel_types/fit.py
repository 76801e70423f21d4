"""Choose the types by which libbpf fits an object to this kernel: the user's file, a cached reduction, an archive's.

An archive is the package's own, or one that a hub serves. A reduction is made once for an object and a kernel. What
cannot be done here is left to libbpf and the kernel's own.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ...federation.files import make_folder, write_durably
from ...schemas.errors import BadInput, StorageFailed
from ...schemas.kernel_types import MAX_KERNEL_BTF_BYTES, System
from ..loader.kernel import Kernel
from ..local_files import FILE, digest, is_ours
from .archive import chosen
from .cached import NOTES, cached_types, entry, kernel_digest
from .reduce import reduced, wanted
from .this_system import this_system

MAX_KEPT = 256  # files in the cache; the oldest go first


class Offer(NamedTuple):
    """A kernel's whole BTF that can be had: the SHA-256 (hex) of what is fetched, and how to get it, unpacked."""

    digest: str
    read: Callable[[], bytes]


Offers = Callable[[System], Offer | None]


def fitted_types(
    bpf_object: bytes,
    *,
    cache: Path,
    kernel: Kernel,
    archive: bytes | None = None,
    offers: Offers = lambda _: None,
    notes: str = NOTES,
    system: Callable[[], System] = this_system,
) -> str:
    """Give the path for libbpf's btf_custom_path, or "" for the kernel's own types; `cache` is a folder for this alone.

    `archive` is the package's own; `offers` is asked where a kernel has no types and the archive none for it.
    Raises: NotFound and BadInput for BTF_FILE_PATH; BadInput for the object and the archive; Unsupported where the
    program needs types and there are none for this kernel; StorageFailed where those of the archive cannot be written;
    what `offers` raises.
    """
    custom = kernel.custom_btf()
    if custom:
        return custom
    name = digest(bpf_object)
    found = cached_types(name, str(cache), notes=notes, types=kernel.btf)
    if found is not None:
        return found
    if kernel.has_btf():
        return _made(bpf_object, name, cache, kernel, kernel_digest(notes, kernel.btf))
    wants = wanted(bpf_object)
    if not wants.relocations and not wants.own:
        return ""
    here = system()
    types = chosen(archive, here) if archive else None
    if types is not None:
        return _written(cache, f"{digest(types)}.btf", types)  # under its digest no other program's can take its place
    offer = offers(here)
    if offer is None:
        raise kernel.no_btf()
    return _from_offer(bpf_object, name, cache, offer)


def _made(bpf_object: bytes, name: str, cache: Path, kernel: Kernel, build: str) -> str:
    """Reduce the kernel's own types, and keep them; where that is not possible libbpf reads them all."""
    try:
        if not build or not _is_usable(cache):
            return ""
        with Path(kernel.btf).open("rb") as file:
            small = reduced(bpf_object, file.read(MAX_KERNEL_BTF_BYTES + 1))
        path = Path(entry(str(cache), name, build))
        write_durably(path, small or b"")  # an empty file: the kernel's own are needed
        _forget_old(cache)
    except (BadInput, StorageFailed, OSError):
        return ""
    return str(path) if small else ""


def _from_offer(bpf_object: bytes, name: str, cache: Path, offer: Offer) -> str:
    """Reduce a whole BTF once for an object; where that is not possible libbpf reads all of it."""
    path = entry(str(cache), name, offer.digest)
    with contextlib.suppress(OSError):
        if is_ours(str(cache)) and is_ours(path, FILE):
            return path
    types = offer.read()
    small = reduced(bpf_object, types, standalone=True)
    if small is None:
        return _written(cache, f"{offer.digest}.btf", types)
    return _written(cache, Path(path).name, small)


def _written(cache: Path, name: str, types: bytes) -> str:
    path = cache / name
    if not _is_usable(cache):
        raise StorageFailed("others can write this folder", where=str(cache), todo="Make it yours alone (chmod go-w).")
    write_durably(path, types)
    _forget_old(cache)
    return str(path)


def _is_usable(cache: Path) -> bool:
    try:
        if not cache.is_dir():
            make_folder(cache.parent)
            cache.mkdir(mode=0o755, exist_ok=True)
            cache.chmod(0o755)  # whatever the umask: others may not write
        return is_ours(str(cache))
    except OSError as error:
        raise StorageFailed(f"cannot be made: {error.strerror}", where=str(cache)) from error


def _forget_old(cache: Path) -> None:
    """Remove the oldest files beyond MAX_KEPT. One that a program is about to use was just looked up or written."""
    with contextlib.suppress(OSError), os.scandir(cache) as entries:
        dated = sorted((item.stat().st_mtime_ns, item.path) for item in entries if item.name.endswith(".btf"))
        for _, path in dated[:-MAX_KEPT]:
            os.unlink(path)  # noqa: PTH108 — scandir gives texts
