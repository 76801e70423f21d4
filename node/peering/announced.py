"""Who mirrors this hub: mirrors that announced themselves, each believed only after its checkpoint was read.

The list is a hint for clients, who check everything themselves. Now and then the hub reads the listed mirrors'
checkpoints again, so that it can tell who is behind.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from ...federation.sources import HubSource
from ...federation.transport import Transport, check_url, is_loopback
from ...schemas.errors import BadInput, Denied, HubError, NotTrusted, PeerFailed
from ...signing.notes import Checkpoint, Note
from ...signing.origin import OriginNote
from ..storage.database import Database

MAX_MIRRORS = 64
MAX_ASKING = 4  # announced mirrors that are looked at at once
ASK_SECONDS = 10.0  # until one must have answered
LOOK_SECONDS = 300.0  # from one look at all mirrors to the next
FORGET_SECONDS = 7 * 24 * 3600  # after the last announcement


_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """What a mirror showed at the last look: when, the log's size, who cosigned it besides the origin (unverified).

    `size` is -1 where it did not answer.
    """

    time: int
    size: int
    cosigners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Announced:
    """A mirror: where it is, the log size that it showed, when (Unix seconds)."""

    url: str
    size: int
    seen: int


class AnnouncedMirrors:
    """The mirrors of this hub's log."""

    def __init__(self, database: Database, note: OriginNote, *, public_url: str) -> None:
        self._database = database
        self._note = note
        self._on_loopback = is_loopback(urlsplit(public_url).hostname or "")
        self._asking = 0
        self._looks: dict[str, Look] = {}

    def all(self, *, now: int) -> list[Announced]:
        """Those that announced themselves lately, the newest first."""
        rows = self._database.rows(
            "SELECT url, size, seen FROM announced WHERE seen > ? ORDER BY seen DESC LIMIT ?",
            now - FORGET_SECONDS,
            MAX_MIRRORS,
        )
        return [Announced(str(url), int(size), int(seen)) for url, size, seen in rows]

    def look(self, url: str) -> Look | None:
        """What a mirror showed last; None while nobody has looked since the hub started."""
        return self._looks.get(url)

    async def keep_looking(self, clock: Callable[[], int]) -> None:
        """Look at all mirrors again and again; a task of the application."""
        while True:
            try:
                known = self.all(now=clock())
                self._looks = {item.url: self._looks[item.url] for item in known if item.url in self._looks}
                for item in known:
                    await self._look(item.url, clock())
            except HubError:
                _LOG.exception("mirrors cannot be looked at; they will be tried again")
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self, url: str, now: int) -> None:
        try:
            checkpoint, cosigners = await self._checkpoint(url)
            self._looks[url] = Look(now, checkpoint.size, cosigners)
        except HubError:
            self._looks[url] = Look(now, -1, ())

    async def announce(self, url: str, *, remote: str, now: int) -> Announced:
        """Read a mirror's checkpoint and take it into the list. Raises: BadInput, Denied, NotTrusted, PeerFailed."""
        place = check_url(url).rstrip("/")
        parts = urlsplit(place)
        if parts.query or parts.fragment or "?" in place or "#" in place:
            raise BadInput("a mirror's address has no query", where=place)
        # a stranger must not make this hub send requests to programs of its own machine; behind a proxy all strangers
        # come from loopback, so a hub with a public address takes no such mirror at all
        if not (is_loopback(remote) and self._on_loopback) and await _is_here(parts.hostname or ""):
            raise Denied("a mirror on loopback is announced to a hub on loopback, from there only", where=place)
        known = {item.url for item in self.all(now=now)}
        if place not in known and len(known) >= MAX_MIRRORS:
            raise Denied(f"this hub lists {MAX_MIRRORS} mirrors already")
        checkpoint, cosigners = await self._checkpoint(place)
        made = Announced(place, checkpoint.size, now)
        self._looks[place] = Look(now, checkpoint.size, cosigners)
        self._database.write(
            "INSERT INTO announced (url, key, size, seen) VALUES (?, '', ?, ?)"
            " ON CONFLICT (url) DO UPDATE SET size = excluded.size, seen = excluded.seen",
            *(made.url, made.size, made.seen),
        )
        return made

    async def _checkpoint(self, place: str) -> tuple[Checkpoint, tuple[str, ...]]:
        """The checkpoint that a mirror shows, and who cosigned it. Raises: PeerFailed, whatever it said; NotTrusted."""
        if self._asking >= MAX_ASKING:
            raise PeerFailed("other mirrors are being looked at", where=place, todo="Announce it again later.")
        self._asking += 1
        try:
            async with asyncio.timeout(ASK_SECONDS), Transport() as transport:
                text = await HubSource(transport, place, self._note.origin, mirror=True).checkpoint()
            note = Note.parse(text, where=place)
            checkpoint = Checkpoint.parse(note.body, where=place)
        except (HubError, TimeoutError):
            # a stranger chose the address: why it failed would tell what answers inside this network
            raise PeerFailed("no checkpoint of this hub's log could be read there", where=place) from None
        finally:
            self._asking -= 1
        note.verify(self._note.log_key(checkpoint.size), where=place)
        own = {key.id for key in (self._note.log_key(checkpoint.size), *self._note.cosigners)}
        cosigners = tuple(f"{item.name} {item.key_id.hex()}" for item in note.signatures if item.key_id not in own)
        if checkpoint.origin != self._note.origin or not cosigners:
            raise NotTrusted("this is no mirror's checkpoint", check="checkpoint", where=place)
        return checkpoint, cosigners


async def _is_here(host: str) -> bool:
    """Whether a host's name leads to this machine, or to one that only its own network segment has, however spelled."""
    if is_loopback(host.rstrip(".")):
        return True
    try:
        async with asyncio.timeout(ASK_SECONDS):
            found = await asyncio.get_running_loop().getaddrinfo(host, None)
    except (OSError, UnicodeError, TimeoutError):
        return False  # nobody will connect to it either
    return any(_is_own(ipaddress.ip_address(str(place[0]).partition("%")[0])) for *_, place in found)


def _is_own(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    plain = getattr(address, "ipv4_mapped", None) or address
    return plain.is_loopback or plain.is_link_local or plain.is_unspecified or plain.is_multicast
