"""Logins of this user: a token for each hub, in the keyring or a file that nobody else reads. Never shown or logged."""

from __future__ import annotations

from dataclasses import dataclass

from ..federation.files import write_durably
from ..federation.transport import server_of
from ..schemas.codec import canonical_json, decode_json
from ..schemas.errors import BadInput, Denied
from ..schemas.fields import Fields
from . import system_keyring
from .home import Home

MAX_FILE_BYTES = 1024 * 1024
MAX_TOKEN_CHARS = 16384


class Credentials:
    """The stored logins: in a keyring where there is one, else in the file, which names the places of both."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def get(self, url: str) -> str:
        """The token for a hub. Raises: Denied when there is none."""
        token = self.find(url)
        if not token:
            raise Denied(f"you are not logged in to {_place(url)}", todo=f"ecli login {url}")
        return token

    def find(self, url: str) -> str:
        """The token for a URL's hub; empty when there is none. Raises: BadInput (the file), Denied (the keyring)."""
        held, place = self._load(), _place(url)
        return system_keyring.get(place) if place in held.in_keyring else held.tokens.get(place, "")

    def put(self, url: str, token: str) -> None:
        """Keep a token. Raises: BadInput, StorageFailed."""
        check_token(token)
        self._home.make()
        held, place = self._load(), _place(url)
        held.forget(place)
        if system_keyring.is_usable() and system_keyring.put(place, token):
            held.in_keyring.add(place)
        else:
            held.tokens[place] = token
        self._save(held)

    def remove(self, url: str) -> bool:
        """Forget a token; tells whether there was one."""
        held, place = self._load(), _place(url)
        if place in held.in_keyring:
            system_keyring.remove(place)
        if not held.forget(place):
            return False
        self._save(held)
        return True

    def hubs(self) -> list[str]:
        """The hubs that this user is logged in to."""
        held = self._load()
        return sorted(held.tokens.keys() | held.in_keyring)

    def _load(self) -> _Held:
        try:
            data = self._home.credentials.read_bytes()
        except FileNotFoundError:
            return _Held({}, set())
        fields = Fields(decode_json(data, limit=MAX_FILE_BYTES, where="credentials"), str(self._home.credentials))
        places = fields.texts("keyring", count=1000, limit=MAX_TOKEN_CHARS, default=[])
        return _Held(fields.text_map("tokens", count=1000, limit=MAX_TOKEN_CHARS), set(places))

    def _save(self, held: _Held) -> None:
        document = {"tokens": held.tokens} | ({"keyring": sorted(held.in_keyring)} if held.in_keyring else {})
        write_durably(self._home.credentials, canonical_json(document), mode=0o600)


@dataclass(frozen=True, slots=True)
class _Held:
    """What the file says: tokens by hub, and hubs whose tokens are in the keyring."""

    tokens: dict[str, str]
    in_keyring: set[str]

    def forget(self, place: str) -> bool:
        known = place in self.tokens or place in self.in_keyring
        self.tokens.pop(place, None)
        self.in_keyring.discard(place)
        return known


def check_token(token: str) -> str:
    """Check that this can be a token: 1 to MAX_TOKEN_CHARS visible ASCII characters. Returns it. Raises: BadInput."""
    if not token or len(token) > MAX_TOKEN_CHARS or any(not 0x21 <= ord(char) < 0x7F for char in token):
        raise BadInput("this is not a token", where="token", todo="`ebpfhub token create` prints one line.")
    return token


def _place(url: str) -> str:
    return server_of(url)
