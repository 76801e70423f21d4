"""Pinned origins: whose log this user believes, where it is found, and what was last seen of it.

One JSON file an origin; the first one that was added is the default origin.
"""

from __future__ import annotations

import base64
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..federation.files import remove_durably, write_durably
from ..federation.index.check import Seen
from ..federation.transport import check_url
from ..schemas.codec import canonical_json, decode_json
from ..schemas.errors import BadInput, Conflict, NotFound
from ..schemas.fields import Fields
from ..schemas.reference import check_origin
from ..signing.merkle import EMPTY_ROOT
from ..signing.origin import Successor, verify_origin_note
from ..signing.receipts import check_owner
from .home import Home

MAX_PIN_BYTES = 256 * 1024
MAX_HINTS = 16
MAX_NOTE_CHARS = 64 * 1024
UNSEEN = Seen(0, EMPTY_ROOT)


@dataclass(frozen=True, slots=True)
class Place:
    """A server that has the origin's content; a hint came from the origin's own list, not from the user."""

    url: str
    mirror: bool
    hint: bool = False


@dataclass(frozen=True, slots=True)
class Pin:
    """One origin: `fingerprint` of its origin key, servers that have its content, newest note and checkpoint seen."""

    origin: str
    fingerprint: str
    places: tuple[Place, ...]
    added: int
    serial: int = 0
    seen: Seen = UNSEEN
    note: str = ""  # the newest origin note that was verified
    checked: int = 0  # when the origin's word was last verified, in Unix seconds

    @property
    def url(self) -> str:
        """The origin's own address where it is known, else the first mirror's."""
        own = [place for place in self.places if not place.mirror]
        return (own or list(self.places))[0].url

    def with_place(self, place: Place) -> Pin:
        """The pin with one more server that the user named."""
        return replace(self, places=(*(item for item in self.places if item.url != place.url), place))

    def with_hints(self, urls: list[str]) -> Pin:
        """The pin with the mirrors that the origin lists now, in place of those that it listed before."""
        named = [place for place in self.places if not place.hint]
        known = {place.url for place in named}
        hints = [Place(url, mirror=True, hint=True) for url in dict.fromkeys(urls) if url not in known]
        return replace(self, places=(*named, *hints[:MAX_HINTS]))

    def to_json(self) -> dict[str, Any]:
        """The JSON object."""
        return {
            "origin": self.origin,
            "fingerprint": self.fingerprint,
            "places": [{"url": item.url, "mirror": item.mirror, "hint": item.hint} for item in self.places],
            "added": self.added,
            "serial": self.serial,
            "note": self.note,
            "checked": self.checked,
            "seen": {"size": self.seen.size, "root": base64.b64encode(self.seen.root).decode()},
        }

    @classmethod
    def parse(cls, data: bytes, *, where: str) -> Pin:
        """Read a pin. Raises: BadInput."""
        fields = Fields(decode_json(data, limit=MAX_PIN_BYTES, where=where), where)
        seen = fields.map("seen")
        try:
            root = base64.b64decode(seen.text("root", limit=64), validate=True)
        except ValueError as error:
            raise BadInput("is not base64", where=seen.at("root")) from error
        return cls(
            check_origin(fields.text("origin", limit=253)),
            fields.text("fingerprint", limit=64),
            _places(fields),
            fields.integer("added"),
            fields.integer("serial"),
            Seen(seen.integer("size"), root),
            fields.text("note", limit=MAX_NOTE_CHARS, default=""),
            fields.integer("checked", default=0),
        )


def _read(path: Path) -> Pin:
    """Read a pin that nobody else can have written: root believes no other user's. Raises: NotTrusted, BadInput."""
    with path.open("rb") as file:
        check_owner(os.fstat(file.fileno()), where=str(path), user=os.geteuid(), what="pin")
        data = file.read(MAX_PIN_BYTES + 1)
    return Pin.parse(data, where=str(path))


def _places(fields: Fields) -> tuple[Place, ...]:
    made = tuple(
        Place(check_url(item.text("url", limit=2048)), item.boolean("mirror"), item.boolean("hint", default=False))
        for item in fields.maps("places", limit=64)
    )
    if not made:
        raise BadInput("names no server", where=fields.at("places"))
    return made


class Pins:
    """All pinned origins of a user and of the machine."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def all(self) -> list[Pin]:
        """Every pin, the default first, the machine's before the user's. Raises: BadInput."""
        found: dict[str, Pin] = {}
        for folder in self._home.pins:
            for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
                pin = _read(path)
                held = found.get(pin.origin)
                if held is not None and held.fingerprint != pin.fingerprint:
                    continue  # what the machine's administrator pinned stands
                found[pin.origin] = pin
        default = self.default()
        return sorted(found.values(), key=lambda pin: (pin.origin != default, pin.added))

    def default(self) -> str:
        """The default origin's name, or an empty text."""
        return self._home.default_origin()

    def get(self, origin: str) -> Pin:
        """The pin of an origin; of the default one for an empty name. Raises: NotFound."""
        pins = self.all()
        if not pins:
            raise NotFound(
                "no hub is trusted yet", where="trust", todo="Add one: ecli trust add https://hub.example.org"
            )
        for pin in pins:
            if not origin or pin.origin == origin:
                return pin
        raise NotFound(
            f"the origin {origin} is not trusted", where="trust", todo=f"Add it: ecli trust add https://{origin}"
        )

    def predecessor(self, origin: str, fingerprint: str) -> str:
        """The pinned origin whose note names this one, with this key, as its successor; empty when none does."""
        for pin in self.all():
            note = verify_origin_note(pin.note, origin=pin.origin, fingerprint=pin.fingerprint) if pin.note else None
            if note is not None and note.successor == Successor(origin, fingerprint):
                return pin.origin
        return ""

    def put(self, pin: Pin) -> None:
        """Keep a pin; the first becomes the default. Raises: StorageFailed."""
        self._home.make()
        write_durably(self._path(pin.origin), canonical_json(pin.to_json()), mode=0o600)
        if not self.default():
            write_durably(self._home.root / "default-origin", pin.origin.encode())

    def remove(self, origin: str) -> None:
        """Forget a pin of the user's own. Of the others, the one that was added first is the default, if it was.

        Raises: NotFound, Conflict (the machine's is its administrator's), StorageFailed.
        """
        path, machine = self._path(self.get(origin).origin), self._home.pins[0] / f"{origin}.json"
        if machine.is_file():
            raise Conflict(f"the origin {origin} is pinned for the whole machine", where=str(machine))
        own = self._home.default_origins[0]
        left = sorted((pin.added, pin.origin) for pin in self.all() if pin.origin != origin)
        if own.is_file() and self.default() == origin:
            if left:
                write_durably(own, left[0][1].encode())
            else:
                remove_durably(own)
        remove_durably(path)

    def saw(self, pin: Pin, *, note: str, serial: int, seen: Seen) -> None:
        """Remember the newest verified state of an origin; it never goes back. Raises: StorageFailed."""
        held = self._held(pin)
        newer = seen if seen.size >= held.seen.size else held.seen
        newest = note if serial >= held.serial else held.note
        checked = max(held.checked, int(time.time()))
        self.put(replace(held, serial=max(serial, held.serial), seen=newer, note=newest, checked=checked))

    def hear_of(self, pin: Pin, urls: list[str]) -> Pin:
        """Remember the mirrors that the origin lists. Raises: StorageFailed."""
        made = self._held(pin).with_hints(urls)
        if made.places != pin.places:
            self.put(made)
        return made

    def _held(self, pin: Pin) -> Pin:
        path = self._path(pin.origin)
        return _read(path) if path.is_file() else pin

    def _path(self, origin: str) -> Path:
        return self._home.pins[1] / f"{check_origin(origin)}.json"
