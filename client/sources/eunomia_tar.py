"""The tar packages of eunomia-bpf: a package.json, kernel types below btfhub-archive/, and the object once more."""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterator
from dataclasses import replace

from ...federation.plain_tar import plain_files
from ...schemas.errors import BadInput
from ...schemas.eunomia import MAX_JSON_BYTES, EunomiaPackage
from ...schemas.package import MAX_OBJECT_BYTES, MAX_TYPES_BYTES

MAX_MEMBERS = 65536  # the whole btfhub archive has some thousands
MAX_BTF_BYTES = 16 * 1024 * 1024  # of one kernel, minimised or not
MAX_NAME_CHARS = 200
_DESCRIPTION = "package.json"
_TYPES = re.compile(r"(?:custom-archive/)?btfhub-archive/((?:[\w.+~-]+/){3}[\w.+~-]+\.btf)", re.ASCII)
_BTF_MAGIC = b"\x9f\xeb"


def read_tar(raw: bytes, *, where: str = "tar package") -> EunomiaPackage:
    """Read a tar package; `types` is a plain tar of its kernel types. Raises: BadInput."""
    description: bytes | None = None
    types: dict[str, bytes] = {}
    for name, data in _members(raw, where):
        found = _TYPES.fullmatch(name)
        if name == _DESCRIPTION:
            if description is not None:
                raise BadInput(f"holds two of {_DESCRIPTION}", where=where)
            description = data
        elif found:
            types[_checked(found[1], data, types, where)] = data
    if description is None:
        raise BadInput(f"holds no {_DESCRIPTION}", where=where, todo="It is not a package of eunomia-bpf.")
    package = EunomiaPackage.parse(description, where=f"{where}: {_DESCRIPTION}")
    return replace(package, types=write_types(types)) if types else package


def write_types(types: dict[str, bytes]) -> bytes:
    """A plain tar of kernel types by `<id>/<version>/<machine>/<release>.btf`, the same for the same ones."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted(types):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(types[name]), 0o644
            archive.addfile(member, io.BytesIO(types[name]))
    return out.getvalue()


def _members(raw: bytes, where: str) -> Iterator[tuple[str, bytes]]:
    total = 0
    for file in plain_files(io.BytesIO(raw), limit=_limit, count=MAX_MEMBERS, where=where):
        total += file.size
        if total > MAX_TYPES_BYTES + MAX_JSON_BYTES + MAX_OBJECT_BYTES:
            raise BadInput("holds too much", where=where)
        name = _plain(file.name)
        if name == _DESCRIPTION or _TYPES.fullmatch(name):
            yield name, file.read()


def _plain(name: str) -> str:
    while name.startswith("./"):
        name = name[2:].lstrip("/")
    return name


def _limit(name: str) -> int:
    if _plain(name) == _DESCRIPTION:
        return MAX_JSON_BYTES
    return MAX_BTF_BYTES if name.endswith(".btf") else MAX_OBJECT_BYTES


def _checked(name: str, data: bytes, types: dict[str, bytes], where: str) -> str:
    if not data.startswith(_BTF_MAGIC):
        raise BadInput(f"{name[:80]!r} is not BTF", where=where)
    if name in types or ".." in name.split("/") or len(name) > MAX_NAME_CHARS:
        raise BadInput(f"{name[:80]!r} is there twice, or oddly named", where=where)
    return name
