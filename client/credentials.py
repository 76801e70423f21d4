"""Logins of this user: one token for each hub, in a file that nobody else reads. Tokens are never shown or logged."""

from __future__ import annotations

from ..federation.files import write_durably
from ..federation.transport import server_of
from ..schemas.codec import canonical_json, decode_json
from ..schemas.errors import BadInput, Denied
from ..schemas.fields import Fields
from .home import Home

MAX_FILE_BYTES = 1024 * 1024
MAX_TOKEN_CHARS = 16384


class Credentials:
    """The stored logins."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def get(self, url: str) -> str:
        """The token for a hub. Raises: Denied when there is none."""
        token = self._load().get(_place(url))
        if token is None:
            raise Denied(f"you are not logged in to {_place(url)}", todo=f"ecli login {url}")
        return token

    def find(self, url: str) -> str:
        """The token for a URL's hub; empty when there is none. Raises: BadInput for a broken file."""
        return self._load().get(_place(url), "")

    def put(self, url: str, token: str) -> None:
        """Keep a token. Raises: BadInput, StorageFailed."""
        check_token(token)
        self._home.make()
        tokens = self._load() | {_place(url): token}
        write_durably(self._home.credentials, canonical_json({"tokens": tokens}), mode=0o600)

    def remove(self, url: str) -> bool:
        """Forget a token; tells whether there was one."""
        tokens = self._load()
        found = tokens.pop(_place(url), None) is not None
        if found:
            write_durably(self._home.credentials, canonical_json({"tokens": tokens}), mode=0o600)
        return found

    def hubs(self) -> list[str]:
        """The hubs that this user is logged in to."""
        return sorted(self._load())

    def _load(self) -> dict[str, str]:
        try:
            data = self._home.credentials.read_bytes()
        except FileNotFoundError:
            return {}
        fields = Fields(decode_json(data, limit=MAX_FILE_BYTES, where="credentials"), str(self._home.credentials))
        return fields.text_map("tokens", count=1000, limit=MAX_TOKEN_CHARS)


def check_token(token: str) -> str:
    """Check that this can be a token: 1 to MAX_TOKEN_CHARS visible ASCII characters. Returns it. Raises: BadInput."""
    if not token or len(token) > MAX_TOKEN_CHARS or any(not 0x21 <= ord(char) < 0x7F for char in token):
        raise BadInput("this is not a token", where="token", todo="`ebpfhub token create` prints one line.")
    return token


def _place(url: str) -> str:
    return server_of(url)
