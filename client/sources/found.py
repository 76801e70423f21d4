"""What a user named that is no hub's package: a file, a pipe, a URL, a static server's file, or a registry's image.

Found, sniffed and bounded; neither trusted nor run. What it is for is read by program.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from ...federation.transport import Transport
from ...schemas.contents import PackageContents
from ...schemas.digest import Digest
from ...schemas.errors import BadInput, Denied, NotFound
from ..credentials import Credentials
from ..home import Home
from . import layout
from .docker_login import Login, docker_login
from .program import program_of
from .registry import SCHEME, ImageReference, Registry
from .repository import StaticPrefix, fetch_static
from .sniff import Kind, check_kind, sniff
from .web import fetch

__all__ = ["Found", "find", "names_source", "program_of"]

MAX_BYTES = 64 * 1024 * 1024  # of a file, a pipe, or an answer
STDIN = "-"
_ENDINGS = (".json", ".wasm", ".tar", ".o", ".bpf")
_STARTS = ("./", "../", "/")


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, and where. `contents` is there for the kind CONTENTS only, `data` for all others.

    `outside`: it came from the network or a pipe. `image` is the manifest's digest of what a registry gave.
    """

    kind: Kind
    place: str
    name: str
    data: bytes = b""
    contents: PackageContents | None = None
    outside: bool = False
    image: Digest | None = None


def names_source(target: str) -> bool:
    """Tell whether a target is for find(), not a package's name: a path, a URL, oci://…, or `-`.

    A bare name is never a file, so that a file of that name in the folder cannot stand in for a package.
    """
    if target == STDIN or "://" in target or target.startswith(_STARTS) or target.endswith(_ENDINGS):
        return True
    return "/" in target and Path(target).is_file()


def find(
    target: str,
    *,
    environment: Mapping[str, str],
    stdin: BinaryIO,
    kind: str = "",
    static: StaticPrefix | None = None,
) -> Found:
    """Get what `target` names, at most MAX_BYTES. `kind` is what the user says it is (json, tar, wasm).

    A package's name is looked up at `static` (repository.py). Raises: HubError.
    """
    if target == STDIN:
        found = _sniffed(_read(stdin, "standard input"), "standard input", "stdin", outside=True)
    elif target.startswith(SCHEME):
        found = asyncio.run(_pulled(target, environment))
    elif target.startswith(("https://", "http://")):
        found = asyncio.run(_downloaded(target))
    elif "://" in target:
        raise BadInput(f"{target.partition('://')[0][:40]!r} is no kind of address that ecli reads", where=target[:200])
    elif names_source(target):
        found = _local(Path(target))
    elif static is not None:
        found = asyncio.run(_named(target, static))
    else:
        raise NotFound("there is no such file", where=target)
    check_kind(found.kind, kind, where=found.place)
    return found


def _sniffed(data: bytes, place: str, name: str, *, outside: bool, image: Digest | None = None) -> Found:
    kind = sniff(data, where=place)
    if kind is Kind.LAYOUT:
        return opened(layout.open_tar(data, where=place), place, name, outside=outside, image=image)
    return Found(kind, place, name, data, outside=outside, image=image)


def opened(
    inner: PackageContents | bytes, place: str, name: str, *, outside: bool, image: Digest | None = None
) -> Found:
    """Tell what an image or layout holds; a layout in another is not looked into. Raises: BadInput."""
    if isinstance(inner, PackageContents):
        return Found(Kind.CONTENTS, place, name, contents=inner, outside=outside, image=image)
    kind = sniff(inner, where=place)
    if kind is Kind.LAYOUT:
        raise BadInput(f"holds another {kind.value}", where=place)
    return Found(kind, place, name, inner, outside=outside, image=image)


def _local(path: Path) -> Found:
    name = path.name
    try:
        if path.is_dir():
            if not layout.is_layout(path):
                raise BadInput("is a folder", where=str(path), todo="`ecli build` makes a package of a project.")
            return opened(layout.open_folder(path), str(path), path.resolve().name, outside=False)
        with path.open("rb") as file:
            data = _read(file, str(path))
    except FileNotFoundError as error:
        raise NotFound("there is no such file", where=str(path)) from error
    except (OSError, ValueError) as error:
        raise BadInput(f"cannot read: {getattr(error, 'strerror', None) or error}", where=str(path)[:200]) from error
    return _sniffed(data, str(path), name, outside=False)


def _read(file: BinaryIO, where: str) -> bytes:
    """Read to the end, or MAX_BYTES. Raises: BadInput."""
    made = bytearray()
    try:
        while chunk := file.read(1 << 20):
            made += chunk
            if len(made) > MAX_BYTES:
                raise BadInput(f"has more than {MAX_BYTES} bytes", where=where)
    except OSError as error:
        raise BadInput(f"cannot read: {error.strerror}", where=where) from error
    return bytes(made)


async def _downloaded(url: str) -> Found:
    async with Transport() as transport:
        place, data = await fetch(transport, url, limit=MAX_BYTES)
    return _sniffed(data, place, _name_of(place), outside=True)


async def _named(name: str, static: StaticPrefix) -> Found:
    async with Transport() as transport:
        place, data = await fetch_static(transport, static, name)
    return _sniffed(data, place, name.partition("@")[0].partition(":")[0].rpartition("/")[2], outside=True)


async def _pulled(target: str, environment: Mapping[str, str]) -> Found:
    reference = ImageReference.parse(target)
    login = login_for(reference, environment)
    async with Transport() as transport:
        pulled = await Registry(transport, reference, login=login).pull()
    place, name = str(reference), reference.name
    inner = pulled.contents if pulled.contents is not None else pulled.data
    return opened(inner, place, name, outside=True, image=pulled.digest)


def login_for(reference: ImageReference, environment: Mapping[str, str]) -> Login | None:
    """What `ecli login` stored for this registry, else what `docker login` did."""
    try:
        return Login("ecli", Credentials(Home.find()).get(reference.url))
    except Denied:
        return docker_login(reference.registry, environment)


def _name_of(url: str) -> str:
    """A name for what a URL gave: its last part that says something."""
    parts = [part for part in unquote(urlsplit(url).path).split("/") if part]
    usual = ("app.wasm", "package.json")
    return next((part for part in reversed(parts) if part not in usual), urlsplit(url).hostname or "program")
