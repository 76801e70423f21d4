"""Authorization codes (RFC 6749 section 4.1.2): random, used once, short-lived, in a table of bounded size."""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from ...signing.authority.subject import Subject
from .oauth import AuthorizationRequest

LIFE = timedelta(seconds=60)
OUT_OF_BAND_LIFE = timedelta(minutes=5)  # a person carries it to a terminal
MAX_CODES = 10_000


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code stands for: who signed in, and for which request."""

    subject: Subject
    request: AuthorizationRequest
    expires: datetime


class CodeStore:
    """Codes that were given out and not used yet; only their hashes are kept. When full, the oldest is forgotten."""

    def __init__(self, max_codes: int = MAX_CODES) -> None:
        self._max_codes = max_codes
        self._grants: OrderedDict[bytes, Grant] = OrderedDict()

    def give(self, subject: Subject, request: AuthorizationRequest, now: datetime) -> str:
        """Make a code of 256 random bits."""
        code = secrets.token_urlsafe(32)
        life = OUT_OF_BAND_LIFE if request.redirect.out_of_band else LIFE
        self._grants[_hash(code)] = Grant(subject, request, now + life)
        while len(self._grants) > self._max_codes:
            self._grants.popitem(last=False)
        return code

    def take(self, code: str, now: datetime) -> Grant | None:
        """Use a code up, whatever comes of it; None if it is unknown, used or expired."""
        grant = self._grants.pop(_hash(code), None)
        return grant if grant is not None and now < grant.expires else None

    def __len__(self) -> int:
        return len(self._grants)


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
