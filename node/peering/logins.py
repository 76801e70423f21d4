"""Tokens with which this hub reads origins that are closed: a file for each, which nobody else reads."""

from __future__ import annotations

from pathlib import Path

from ...federation.transport import Logins, server_of
from ...schemas.errors import BadInput
from ...schemas.reference import check_origin
from ..folder import read_secret, write_secret

MAX_TOKEN_CHARS = 16384


class PeerLogins:
    """The tokens in one folder, read when they are needed: a new file counts at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, origin: str, token: str) -> None:
        """Keep the token for an origin, with mode 0600. Raises: BadInput, StorageFailed."""
        write_secret(self._file(origin), check_token(token).encode() + b"\n")

    def has(self, origin: str) -> bool:
        """Tell whether there is a token for an origin."""
        return self._file(origin).exists()

    def of(self, origin: str, url: str) -> Logins:
        """The login for an origin at its address, and for no other server."""

        def login(asked: str) -> str:
            if server_of(asked) != server_of(url) or not self.has(origin):
                return ""
            return check_token(read_secret(self._file(origin)).decode("ascii", "replace").strip())

        return login

    def _file(self, origin: str) -> Path:
        return self._folder / f"{check_origin(origin)}.token"


def check_token(token: str) -> str:
    """Check that this can be a token: visible ASCII characters. Returns it. Raises: BadInput, which never shows it."""
    if not token or len(token) > MAX_TOKEN_CHARS or any(not 0x21 <= ord(char) < 0x7F for char in token):
        raise BadInput("this is not a token", where="token", todo="It is one line, as its hub printed it.")
    return token
