"""Asking all servers of an origin for their checkpoint at once: how long each takes, and what it shows."""

from __future__ import annotations

import asyncio
import contextlib
import time

from ..federation.mirrors import Measured, Ranked, rank
from ..federation.sources import HubSource
from ..federation.transport import Transport
from ..schemas.errors import HubError, NotTrusted, PeerFailed
from ..signing.notes import Checkpoint, Note
from ..signing.origin import verify_origin_note
from .pins import Pin, Place

PATIENCE = 0.05  # seconds that others get after the first answer, or as long again as that took
MAX_SECONDS = 10.0


async def measure(transport: Transport, pin: Pin, *, thorough: bool = False) -> list[Ranked]:
    """The origin's servers, best first. Without `thorough`, who takes far longer than the first is called slow."""
    started = time.monotonic()
    tasks = {asyncio.create_task(_ask(transport, pin, place)): place for place in pin.places}
    waiting, limit = set(tasks), started + MAX_SECONDS
    while waiting and (left := limit - time.monotonic()) > 0:
        done, waiting = await asyncio.wait(waiting, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        if not thorough and any(task.result().size is not None for task in done):
            took = time.monotonic() - started
            limit = min(limit, started + took + max(PATIENCE, took))
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    found = [_slow(place) if task in waiting else task.result() for task, place in tasks.items()]
    return rank(found, seen=pin.seen.size)


def why(ranked: list[Ranked]) -> str:
    """In a line, why the first server was taken, where that is not the only one."""
    told = [f"{item.measured.url} {_time(item.measured)}" + _note(item) for item in ranked]
    return ", ".join(told)


def _note(item: Ranked) -> str:
    return "" if item.verdict == "ok" else f" ({item.verdict})"


def _time(item: Measured) -> str:
    if item.milliseconds is None:
        return "slower" if item.slow else "no answer"
    return f"{item.milliseconds:.0f} ms"


async def _ask(transport: Transport, pin: Pin, place: Place) -> Measured:
    source, started = HubSource(transport, place.url, pin.origin, place.mirror), time.monotonic()
    try:
        text = await source.checkpoint()
        took = (time.monotonic() - started) * 1000
        size = await _signed_size(text, source, pin)
    except HubError as error:
        return Measured(place.url, place.mirror, error=error.what, untrusted=not isinstance(error, PeerFailed))
    return Measured(place.url, place.mirror, took, size)


async def _signed_size(text: str, source: HubSource, pin: Pin) -> int:
    """The size that the origin's log key signed: by unsigned claims any server could rank first. Raises: HubError."""
    note = Note.parse(text, where=source.url)
    checkpoint = Checkpoint.parse(note.body, where=source.url)
    if pin.note:
        known = verify_origin_note(pin.note, origin=pin.origin, fingerprint=pin.fingerprint)
        with contextlib.suppress(NotTrusted):
            note.verify(known.log_key(checkpoint.size), where=source.url)
            return checkpoint.size
    # the log's key may be newer than the note that is known
    shown = verify_origin_note(
        await source.origin_note(), origin=pin.origin, fingerprint=pin.fingerprint, where=source.url
    )
    note.verify(shown.log_key(checkpoint.size), where=source.url)
    return checkpoint.size


def _slow(place: Place) -> Measured:
    return Measured(place.url, place.mirror, error="no answer while others answered", slow=True)
