"""`ecli_REPOSITORY` and its older spellings: another place for this call, never less trust (protocol.md section 1).

A hub or mirror answers at /.well-known/ebpfhub.json; everything else is the prefix of a static server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from ...federation.transport import Transport, check_url
from ...schemas.codec import decode_json
from ...schemas.digest import Digest
from ...schemas.errors import BadInput, Denied, NotFound, NotTrusted, PeerFailed
from ...schemas.package import MAX_PACKAGE_BYTES
from ...schemas.reference import Reference
from ..credentials import Credentials
from ..home import Home
from .web import get

VARIABLES = ("ecli_REPOSITORY", "ECLI_REPOSITORY", "EUNOMIA_REPOSITORY", "ECLI_REGISTRY")
FILES = ("app.wasm", "package.json")
MAX_HINT_BYTES = 64 * 1024
_WELL_KNOWN = "/.well-known/ebpfhub.json"


@dataclass(frozen=True, slots=True)
class HubAddress:
    """A hub or mirror: the same names and the same trust, asked at this address."""

    url: str


@dataclass(frozen=True, slots=True)
class StaticPrefix:
    """The prefix of a plain web server's files, without a slash at its end."""

    url: str


def repository(environment: Mapping[str, str]) -> HubAddress | StaticPrefix | None:
    """What the environment names; None when it names nothing. Asks the server once. Raises: BadInput, PeerFailed."""
    name = next((name for name in VARIABLES if environment.get(name)), "")
    if not name:
        return None
    try:
        url = check_url(environment[name].rstrip("/"))
    except BadInput as error:
        raise BadInput(error.what, where=name, todo=error.todo) from error
    return HubAddress(url) if asyncio.run(_is_hub(url)) else StaticPrefix(url)


async def _is_hub(url: str) -> bool:
    async with Transport(Credentials(Home.find()).find) as transport:
        place, answer = await get(transport, url + _WELL_KNOWN, limit=MAX_HINT_BYTES)
    if answer.status >= 500:
        raise PeerFailed(f"the server answered {answer.status}", where=place)
    if answer.status != 200:
        return False
    try:
        found = decode_json(answer.body, limit=MAX_HINT_BYTES)
        return isinstance(found, dict) and isinstance(found.get("origin"), str)
    except BadInput:
        return False  # a web site that has a page for every address


def static_urls(prefix: StaticPrefix, name: str) -> tuple[str, ...]:
    """The addresses that may hold what `name[:tag]` means, in order. Raises: BadInput."""
    reference = Reference.parse(name)
    if reference.origin:
        raise BadInput("names an origin, which a static server cannot speak for", where=name)
    path, _, tag = name.partition("@")[0].partition(":")
    folders = [f"{prefix.url}/{path}/tags/{tag}"] if tag else []
    if tag in ("", "latest"):
        folders.append(f"{prefix.url}/{path}")
    return tuple(f"{folder}/{file}" for folder in folders for file in FILES)


async def fetch_static(transport: Transport, prefix: StaticPrefix, name: str) -> tuple[str, bytes]:
    """Fetch what `name[:tag][@digest]` means; a digest is that of the file. Returns address and bytes.

    Raises: NotFound, NotTrusted, PeerFailed, BadInput.
    """
    digest: Digest | None = Reference.parse(name).digest
    denied = ""
    for url in static_urls(prefix, name):
        place, answer = await get(transport, url, limit=MAX_PACKAGE_BYTES)
        if answer.status == 200:
            if digest is not None and Digest.of(answer.body) != digest:
                raise NotTrusted("the file has other bytes than the digest says", check="blob", where=place)
            return place, answer.body
        if answer.status in (401, 403):  # some stores answer so for what they do not have
            denied = place
        elif answer.status not in (404, 410):
            raise PeerFailed(f"the server answered {answer.status}", where=place)
    if denied:
        raise Denied("the server refuses to give this", where=denied)
    raise NotFound(f"the server has no package {name!r}", where=prefix.url)
