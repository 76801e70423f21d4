"""The newest note of every pinned origin: which keys speak for it, and which trusted roots its publishers have."""

from __future__ import annotations

from dataclasses import dataclass

from ...federation.sources import HubSource
from ...federation.transport import Transport
from ...schemas.errors import HubError, NotTrusted
from ...signing.origin import OriginNote, verify_origin_note
from ..pins import Pin, Pins


@dataclass(frozen=True, slots=True)
class Refreshed:
    """An origin's newest note, and what it changes, a line each."""

    note: OriginNote
    changes: tuple[str, ...]


async def refresh_origin(transport: Transport, pins: Pins, pin: Pin) -> Refreshed:
    """Ask the origin's servers, in turn, for its note, and keep the newest. Raises: HubError, that of the last one."""
    failed: HubError | None = None
    for place in pin.places:
        try:
            text = await HubSource(transport, place.url, pin.origin, place.mirror).origin_note()
            note = _checked(text, pin, where=place.url)
        except HubError as error:
            failed = error
            continue
        pins.saw(pin, note=text, serial=note.serial, seen=pin.seen)
        return Refreshed(note, _changes(pin, note))
    raise failed or HubError("has no server", where=pin.origin)


def _checked(text: str, pin: Pin, *, where: str) -> OriginNote:
    note = verify_origin_note(text, origin=pin.origin, fingerprint=pin.fingerprint, where=where)
    if note.serial < pin.serial:
        raise NotTrusted(
            f"the origin note has the serial {note.serial}, but {pin.serial} was seen before",
            check="origin",
            where=where,
            todo="This server shows an older state; ask another one.",
        )
    return note


def _changes(pin: Pin, note: OriginNote) -> tuple[str, ...]:
    if not pin.note or note.serial == pin.serial:
        return ()
    old = verify_origin_note(pin.note, origin=pin.origin, fingerprint=pin.fingerprint)
    said = [f"serial {old.serial} to {note.serial}"]
    before = dict(old.domains)
    said += [f"new root of {name}: {root}" for name, root in note.domains if before.get(name) != root]
    said += [f"no Sigstore {name} any more" for name in before if name not in dict(note.domains)]
    known = {item.key for item in old.logs}
    said += [f"new log key {item.key.fingerprint[:16]}…" for item in note.logs if item.key not in known]
    return tuple(said)
