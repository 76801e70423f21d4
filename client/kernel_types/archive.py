"""Kernel types for kernels without their own: a plain tar in BTFHub's layout, ID/VERSION_ID/ARCHITECTURE/RELEASE.btf.

What is in it was reduced for one object (client/builder/btfgen.py). Nothing of it is unpacked to a path of its names.
"""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from ...federation.plain_tar import plain_files
from ...schemas.errors import BadInput
from ...schemas.package import MAX_TYPES_BYTES

MAX_ENTRIES = 32768
MAX_ENTRY_BYTES = 4 * 1024 * 1024
MAX_PART_CHARS = 96
SUFFIX = ".btf"
UPSTREAM_FOLDER = "btfhub-archive"  # in the tars of ecc
_ARCHITECTURES = {"arm64": "aarch64", "amd64": "x86_64"}  # BTFHub's names -> uname's
_OS_RELEASE = (Path("/etc/os-release"), Path("/usr/lib/os-release"))  # os-release(5)
_MAX_OS_RELEASE = 65536


class System(NamedTuple):
    """What decides which kernel types fit: os-release's ID and VERSION_ID, uname's machine and release."""

    id: str
    version: str
    architecture: str
    release: str

    @classmethod
    def here(cls, os_release: tuple[Path, ...] = _OS_RELEASE) -> System:
        """This machine's."""
        words = _os_release(os_release)
        uname = os.uname()
        return cls(words.get("ID", "linux"), words.get("VERSION_ID", ""), uname.machine, uname.release)

    @property
    def path(self) -> str:
        """Where its types lie in an archive."""
        return f"{self.id}/{self.version}/{self.architecture}/{self.release}{SUFFIX}"


def chosen(archive: bytes, system: System) -> bytes | None:
    """The types for a system, of an archive of at most MAX_TYPES_BYTES and MAX_ENTRIES. Raises: BadInput.

    Some distributions' versions are known by their first number alone (RHEL 8.4 as 8): that is second choice.
    """
    major = system._replace(version=system.version.partition(".")[0])
    if len(archive) > MAX_TYPES_BYTES:
        raise BadInput(f"has more than {MAX_TYPES_BYTES} bytes", where="kernel types")
    second = None
    for file in plain_files(io.BytesIO(archive), limit=_limit, count=MAX_ENTRIES, where="kernel types"):
        found = system_of(file.name)
        if found == system:
            return file.read()
        if found == major:
            second = file.read()
    return second


def write_archive(entries: Mapping[System, bytes]) -> bytes:
    """Pack types, the same bytes for the same entries. Raises: BadInput for names that would not be read again."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for system in sorted(entries):
            if system_of(system.path) != system or len(entries[system]) > MAX_ENTRY_BYTES:
                raise BadInput("cannot be packed", where=system.path)
            member = tarfile.TarInfo(system.path)
            member.size, member.mode = len(entries[system]), 0o644
            try:
                tar.addfile(member, io.BytesIO(entries[system]))
            except ValueError as error:
                raise BadInput("has a name that is too long", where=system.path) from error
    return out.getvalue()


def system_of(name: str) -> System | None:
    """The system whose types a name stands for; None for other files."""
    parts = name.removeprefix("./").removeprefix(f"{UPSTREAM_FOLDER}/").split("/")
    parts[-1:] = [parts[-1].removesuffix(SUFFIX)]
    if len(parts) != 4 or not name.endswith(SUFFIX) or not all(_is_plain(part) for part in parts):
        return None
    return System(parts[0], parts[1], _ARCHITECTURES.get(parts[2], parts[2]), parts[3])


def _is_plain(part: str) -> bool:
    return 0 < len(part) <= MAX_PART_CHARS and part.isascii() and part.isprintable() and part not in (".", "..")


def _limit(name: str) -> int:
    return MAX_ENTRY_BYTES if name.endswith(SUFFIX) else MAX_TYPES_BYTES


def _os_release(paths: tuple[Path, ...]) -> dict[str, str]:
    for path in paths:
        try:
            with path.open("rb") as file:
                text = file.read(_MAX_OS_RELEASE).decode("utf-8", "replace")
        except OSError:
            continue
        pairs = (line.partition("=") for line in text.splitlines() if not line.startswith("#"))
        return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}
    return {}
