"""Sign-ins that wait for a provider's answer: bound to one browser, used once, in a table of bounded size."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ...schemas.errors import BadInput

SECONDS = 600.0
MAX_PENDING = 10_000
MAX_NEXT_CHARS = 1024
PROGRAMS = "/login/device"  # the one page below /login/ that people come to otherwise
_NEXT = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")  # visible ASCII without a backslash; never //, which is a host


@dataclass(frozen=True, slots=True)
class Asked:
    """One sign-in on its way. `cookie` is what the browser holds; `way` the number of the provider."""

    way: int
    next: str
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    began: float = field(default_factory=time.monotonic)

    @property
    def challenge(self) -> str:
        """The S256 challenge of the verifier (RFC 7636 section 4.2)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class Pending:
    """The table; when it is full the oldest is forgotten."""

    def __init__(self, most: int = MAX_PENDING) -> None:
        self._most = most
        self._asked: OrderedDict[str, Asked] = OrderedDict()

    def put(self, asked: Asked) -> None:
        """Remember a sign-in."""
        self._asked[asked.state] = asked
        while len(self._asked) > self._most:
            self._asked.popitem(last=False)

    def take(self, state: str, cookie: str) -> Asked:
        """The sign-in that an answer belongs to; it is used up. Raises: BadInput."""
        asked = self._asked.pop(state, None)
        if asked is None or time.monotonic() - asked.began > SECONDS:
            raise BadInput("this sign-in is unknown, used, or too old", todo="Start again.")
        if not hmac.compare_digest(asked.cookie.encode(), cookie.encode()):
            raise BadInput("this sign-in was begun in another browser, or cookies are off", todo="Start again.")
        return asked


def own_path(text: str) -> str:
    """A path of this hub that somebody may be sent to after signing in; `/` for anything else."""
    if len(text) > MAX_NEXT_CHARS or not _NEXT.fullmatch(text):
        return "/"
    try:
        parts = urlsplit(text)
    except ValueError:
        return "/"
    looping = parts.path.startswith("/login") and parts.path != PROGRAMS
    return "/" if parts.scheme or parts.netloc or looping else text
