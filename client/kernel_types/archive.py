"""Kernel types for kernels without their own: a plain tar in BTFHub's layout, ID/VERSION_ID/ARCHITECTURE/RELEASE.btf.

What is in it was reduced for one object (client/builder/btfgen.py). Nothing of it is unpacked to a path of its names.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping

from ...federation.plain_tar import plain_files
from ...schemas.errors import BadInput
from ...schemas.kernel_types import System
from ...schemas.package import MAX_TYPES_BYTES

MAX_ENTRIES = 32768
MAX_ENTRY_BYTES = 4 * 1024 * 1024
SUFFIX = ".btf"
UPSTREAM_FOLDER = "btfhub-archive"  # in the tars of ecc
_ARCHITECTURES = {"arm64": "aarch64", "amd64": "x86_64"}  # BTFHub's names -> uname's


def chosen(archive: bytes, system: System) -> bytes | None:
    """The types for a system, of an archive of at most MAX_TYPES_BYTES and MAX_ENTRIES. Raises: BadInput.

    What is there for System.second_choice is taken where there is nothing for the system itself.
    """
    if len(archive) > MAX_TYPES_BYTES:
        raise BadInput(f"has more than {MAX_TYPES_BYTES} bytes", where="kernel types")
    second = None
    for file in plain_files(io.BytesIO(archive), limit=_limit, count=MAX_ENTRIES, where="kernel types"):
        found = system_of(file.name)
        if found == system:
            return file.read()
        if found == system.second_choice:
            second = file.read()
    return second


def write_archive(entries: Mapping[System, bytes]) -> bytes:
    """Pack types, the same bytes for the same entries. Raises: BadInput for names that would not be read again."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for system in sorted(entries):
            path = path_of(system)
            if system_of(path) != system or len(entries[system]) > MAX_ENTRY_BYTES:
                raise BadInput("cannot be packed", where=path)
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(entries[system]), 0o644
            try:
                tar.addfile(member, io.BytesIO(entries[system]))
            except ValueError as error:
                raise BadInput("has a name that is too long", where=path) from error
    return out.getvalue()


def path_of(system: System) -> str:
    """Where a system's types lie in an archive."""
    return system.name + SUFFIX


def system_of(name: str) -> System | None:
    """The system whose types a name stands for; None for other files."""
    found = System.parse(name.removeprefix("./").removeprefix(f"{UPSTREAM_FOLDER}/").removesuffix(SUFFIX))
    if found is None or not name.endswith(SUFFIX):
        return None
    return found._replace(architecture=_ARCHITECTURES.get(found.architecture, found.architecture))


def _limit(name: str) -> int:
    return MAX_ENTRY_BYTES if name.endswith(SUFFIX) else MAX_TYPES_BYTES
