"""Fetching a package, or one more blob of it, from the nearest server that tells the truth: one event loop for each."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from ..federation.index.check import ProvenAbsenceError
from ..federation.mirrors import Ranked, Verdict
from ..federation.origins import find_origin
from ..federation.sources import HubSource
from ..federation.transport import Transport
from ..schemas.errors import HubError, NotTrusted, PeerFailed, StorageFailed
from ..schemas.oci import Descriptor
from ..schemas.reference import Reference
from .acquire import acquire
from .credentials import Credentials
from .home import Home
from .nearest import measure, why
from .pins import Pin, Pins, Place
from .settings import Settings
from .store import Installed

_Made = TypeVar("_Made")
Act = Callable[[HubSource, Pin], Awaitable[_Made]]
HINT_SECONDS = 2.0  # that the origin's list of mirrors may take


def fetch(reference: Reference, *, home: Home, settings: Settings, address: str = "") -> Installed:
    """Fetch, verify and install what a reference means now; from the hub or mirror at `address` alone, where given.

    Raises: HubError.
    """

    async def act(source: HubSource, pin: Pin) -> Installed:
        return await acquire(reference, source, home=home, settings=settings, pin=pin)

    return asyncio.run(_from_any(Pins(home).get(reference.origin), act, home=home, address=address))


def fetch_blob(reference: Reference, descriptor: Descriptor, *, home: Home, address: str = "") -> bytes:
    """Fetch a blob that a verified manifest of `reference` (with its origin) names; its digest is checked.

    Raises: HubError.
    """

    async def act(source: HubSource, _pin: Pin) -> bytes:
        return await source.blob(reference.namespace, reference.name, descriptor)

    return asyncio.run(_from_any(Pins(home).get(reference.origin), act, home=home, address=address))


async def _from_any(pin: Pin, act: Act[_Made], *, home: Home, address: str) -> _Made:
    """Do something with the best server, and where that one fails with the next. Raises: HubError."""
    refusals: list[HubError] = []
    async with Transport(Credentials(home).find) as transport:
        ranked = await measure(transport, await _only(transport, pin, address) if address else pin)
        first = ranked[0]
        alone = len(ranked) == 1  # nothing was chosen
        if not alone and (first.measured.mirror or any(item.verdict is Verdict.BEHIND for item in ranked)):
            _say(
                f"taking {'the mirror' if first.measured.mirror else 'the origin'} {first.measured.url}: {why(ranked)}"
            )
        for item in ranked:
            if refusals:
                _say(f"{refusals[-1]}".split("\n", maxsplit=1)[0])
                _say(f"asking {item.measured.url} instead")
            try:
                return await _from(item, transport, pin, act, home=home)
            except ProvenAbsenceError as error:
                if not item.measured.mirror:
                    raise
                refusals.append(error)  # a mirror may not have heard of it yet
            except StorageFailed as error:
                if not error.where.startswith(("http://", "https://")):
                    raise  # this machine's own disk: no other server can help
                refusals.append(error)
            except HubError as error:
                refusals.append(error)
            pin = Pins(home).get(pin.origin)  # what this server proved binds the next one
    raise _worst(refusals)


async def _only(transport: Transport, pin: Pin, address: str) -> Pin:
    """The pin with one server in place of all that are known: what it says is checked as ever."""
    source, _, _ = await find_origin(transport, address, origin=pin.origin)
    return replace(pin, places=(Place(source.url, source.mirror),))


async def _from(item: Ranked, transport: Transport, pin: Pin, act: Act[_Made], *, home: Home) -> _Made:
    place = item.measured
    if place.size is None and not place.slow and not place.untrusted:  # an untrusted one fails below, by its own check
        raise PeerFailed(place.error, where=place.url, todo="Is the hub running, and its address right?")
    if place.size is not None and place.size < pin.seen.size:
        raise NotTrusted(
            f"the log was shown with {place.size} entries, but {pin.seen.size} were seen before",
            check="rollback",
            where=place.url,
            todo="The hub or mirror shows an older state; nothing was loaded.",
        )
    source = HubSource(transport, place.url, pin.origin, place.mirror)
    hints = asyncio.create_task(_hear_of_mirrors(source, pin, home))
    try:
        return await act(source, pin)
    finally:
        await hints


async def _hear_of_mirrors(source: HubSource, pin: Pin, home: Home) -> None:
    """Remember the mirrors that the origin lists. They are hints: that they cannot be had is no failure."""
    if source.mirror:
        return
    with contextlib.suppress(HubError, TimeoutError):
        async with asyncio.timeout(HINT_SECONDS):
            urls = await source.mirrors()
        Pins(home).hear_of(pin, urls)


def _worst(refusals: list[HubError]) -> HubError:
    """What to end with when every server failed: broken trust before absence, absence before a broken line."""
    for kind in (NotTrusted, ProvenAbsenceError):
        found = next((error for error in refusals if isinstance(error, kind)), None)
        if found is not None:
            return found
    return refusals[-1]


def _say(line: str) -> None:
    print(f"ecli: {line}", file=sys.stderr)  # noqa: T201
