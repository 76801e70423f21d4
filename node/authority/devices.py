"""Sign-ins from a device without a browser (RFC 8628): two codes that belong together, in a table of bounded size.

The program has the long one, the person types the short one. Used once, short-lived; only their hashes are kept.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from .oauth import Fault, Refused

LIFE = timedelta(minutes=10)
INTERVAL = timedelta(seconds=5)  # between two questions of a program
MAX_DEVICES = 10_000
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # section 6.1: no vowels, so no words; nothing that looks like a digit
CODE_LETTERS = 8  # 34 bits; whoever guesses them is slowed down by the limit on sign-ins


Wanted = TypeVar("Wanted")
Granted = TypeVar("Granted")


@dataclass(slots=True)
class _Waiting(Generic[Wanted, Granted]):
    user_code: str
    wanted: Wanted
    expires: datetime
    asked: datetime | None = None
    granted: Granted | None = None


class DeviceStore(Generic[Wanted, Granted]):
    """Devices that wait for a person; when there are too many, the oldest is forgotten.

    `Wanted` is what a device asks for, `Granted` what the person gives it.
    """

    def __init__(self, max_devices: int = MAX_DEVICES) -> None:
        self._max_devices = max_devices
        self._waiting: OrderedDict[bytes, _Waiting[Wanted, Granted]] = OrderedDict()
        self._by_user_code: dict[str, bytes] = {}

    def start(self, wanted: Wanted, now: datetime) -> tuple[str, str]:
        """Make a device code of 256 random bits, and a user code as people type it (`BCDF-GHJK`)."""
        device_code = secrets.token_urlsafe(32)
        letters = "".join(secrets.choice(LETTERS) for _ in range(CODE_LETTERS))
        key = _hash(device_code)
        self._waiting[key] = _Waiting(letters, wanted, now + LIFE)
        self._by_user_code[letters] = key
        while len(self._waiting) > self._max_devices:
            self._forget(next(iter(self._waiting)))
        return device_code, f"{letters[:4]}-{letters[4:]}"

    def waits(self, user_code: str, now: datetime) -> bool:
        """Tell whether a device waits under this code; capitals, dashes and spaces do not matter."""
        return self._found(user_code, now) is not None

    def asked(self, user_code: str, now: datetime) -> Wanted | None:
        """What the device that waits under this code asks for; None when none does, or it was granted already."""
        held = self._found(user_code, now)
        return held.wanted if held is not None and held.granted is None else None

    def approve(self, user_code: str, granted: Granted, now: datetime) -> bool:
        """Give the device that waits under this code what it asked for; False when none does, or it has it already."""
        held = self._found(user_code, now)
        if held is None or held.granted is not None:
            return False
        held.granted = granted
        return True

    def take(self, device_code: str, now: datetime) -> Granted:
        """What the device was granted; used up by this. Raises: Refused with the fault that the program is told."""
        key = _hash(device_code)
        held = self._waiting.get(key)
        if held is None:
            raise Refused(Fault.INVALID_GRANT, "the device_code is unknown or used")
        if now >= held.expires:
            self._forget(key)
            raise Refused(Fault.EXPIRED_TOKEN, "nobody signed in while the code was valid")
        if held.granted is not None:
            self._forget(key)
            return held.granted
        early = held.asked is not None and now - held.asked < INTERVAL
        held.asked = now
        if early:
            raise Refused(Fault.SLOW_DOWN, "asked too often")
        raise Refused(Fault.AUTHORIZATION_PENDING, "nobody has signed in yet")

    def _found(self, user_code: str, now: datetime) -> _Waiting[Wanted, Granted] | None:
        letters = "".join(char for char in user_code.upper() if char in LETTERS)
        key = self._by_user_code.get(letters)
        held = self._waiting.get(key) if key is not None else None
        return held if held is not None and now < held.expires else None

    def _forget(self, key: bytes) -> None:
        self._by_user_code.pop(self._waiting.pop(key).user_code, None)

    def __len__(self) -> int:
        return len(self._waiting)


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
