"""Who mirrors this hub: mirrors that announced themselves, each believed only after its checkpoint was read.

The list is a hint for clients, who check everything themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from ...federation.sources import HubSource
from ...federation.transport import Transport, check_url, is_loopback
from ...schemas.errors import BadInput, Denied, NotTrusted
from ...signing.notes import Checkpoint, Note
from ...signing.origin import OriginNote
from ..storage.database import Database

MAX_MIRRORS = 64
FORGET_SECONDS = 7 * 24 * 3600  # after the last announcement


@dataclass(frozen=True, slots=True)
class Announced:
    """A mirror: where it is, the log size that it showed, when (Unix seconds)."""

    url: str
    size: int
    seen: int


class AnnouncedMirrors:
    """The mirrors of this hub's log."""

    def __init__(self, database: Database, note: OriginNote) -> None:
        self._database = database
        self._note = note

    def all(self, *, now: int) -> list[Announced]:
        """Those that announced themselves lately, the newest first."""
        rows = self._database.rows(
            "SELECT url, size, seen FROM announced WHERE seen > ? ORDER BY seen DESC LIMIT ?",
            now - FORGET_SECONDS,
            MAX_MIRRORS,
        )
        return [Announced(str(url), int(size), int(seen)) for url, size, seen in rows]

    async def announce(self, url: str, *, remote: str, now: int) -> Announced:
        """Read a mirror's checkpoint and take it into the list. Raises: BadInput, Denied, NotTrusted, PeerFailed."""
        place = check_url(url).rstrip("/")
        host = urlsplit(place).hostname or ""
        # a stranger must not make this hub send requests to programs of its own machine
        if is_loopback(host) and not is_loopback(remote):
            raise Denied("a mirror on loopback is announced from there only", where=place)
        known = {item.url for item in self.all(now=now)}
        if place not in known and len(known) >= MAX_MIRRORS:
            raise Denied(f"this hub lists {MAX_MIRRORS} mirrors already")
        async with Transport() as transport:
            text = await HubSource(transport, place, self._note.origin, mirror=True).checkpoint()
        note = Note.parse(text, where=place)
        checkpoint = Checkpoint.parse(note.body, where=place)
        note.verify(self._note.log_key(checkpoint.size), where=place)
        if len(note.signatures) < 2 or checkpoint.origin != self._note.origin:
            raise NotTrusted("this is no mirror's checkpoint", check="checkpoint", where=place)
        made = Announced(place, checkpoint.size, now)
        self._database.write(
            "INSERT INTO announced (url, key, size, seen) VALUES (?, '', ?, ?)"
            " ON CONFLICT (url) DO UPDATE SET size = excluded.size, seen = excluded.seen",
            *(made.url, made.size, made.seen),
        )
        return made


def read_announcement(document: object) -> str:
    """The URL of an announcement's JSON. Raises: BadInput."""
    if not isinstance(document, dict) or not isinstance(document.get("url"), str) or len(document["url"]) > 1024:
        raise BadInput('must be {"url": "https://…"}', where="announcement")
    return str(document["url"])
