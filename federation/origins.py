"""Asking an address whose log it has: its own, or as a mirror another origin's."""

from __future__ import annotations

from dataclasses import replace

from ..schemas.errors import NotFound, NotTrusted
from ..signing.origin import OriginNote, read_origin_note
from .sources import HubSource
from .transport import Transport, check_url


async def find_origin(transport: Transport, url: str, *, origin: str) -> tuple[HubSource, OriginNote, str]:
    """Find the source of `origin` (any, when empty) at a hub's address, with the note that it shows and its text.

    The note is signed by the key that it names itself: whoever asks compares the fingerprint. Raises: HubError.
    """
    place = check_url(url).rstrip("/")
    own = HubSource(transport, place, origin)
    text = await own.origin_note()
    note = read_origin_note(text, where=place)
    if not origin or note.origin == origin:
        return replace(own, origin=note.origin), note, text
    mirror = replace(own, mirror=True)
    try:
        text = await mirror.origin_note()
    except NotFound as error:
        raise NotFound(f"the hub {note.origin} does not mirror {origin}", where=place) from error
    mirrored = read_origin_note(text, where=place)
    if mirrored.origin != origin:
        raise NotTrusted(f"the mirror shows {mirrored.origin}, not {origin}", check="origin", where=place)
    return mirror, mirrored, text


def check_fingerprint(note: OriginNote, wanted: str, *, where: str) -> None:
    """Compare the shown key with the fingerprint that somebody gave. Raises: NotTrusted."""
    if wanted and note.fingerprint != wanted:
        raise NotTrusted(
            f"the origin key of {note.origin} has the fingerprint {note.fingerprint}, not {wanted}",
            check="origin",
            where=where,
            todo="Somebody may stand between you and the hub; nothing was pinned.",
        )
