"""Passwords as they are stored: Argon2id (RFC 9106) in its PHC text form. Not who may try how often."""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from ...schemas.errors import BadInput

MIN_CHARS = 8
MAX_CHARS = 1024
MAX_STORED_CHARS = 256
SALT_BYTES = 16
# RFC 9106 section 4, the second recommended choice
PASSES = 3
LANES = 4
MEMORY_KIB = 64 * 1024
KEY_BYTES = 32


def hash_password(text: str) -> str:
    """Hash a new password of 8 to 1024 characters; takes about 0.1 s and 64 MiB. Raises: BadInput."""
    if not MIN_CHARS <= len(text) <= MAX_CHARS:
        raise BadInput(f"must have {MIN_CHARS} to {MAX_CHARS} characters", where="password")
    salt = secrets.token_bytes(SALT_BYTES)
    derivation = Argon2id(salt=salt, length=KEY_BYTES, iterations=PASSES, lanes=LANES, memory_cost=MEMORY_KIB)
    return derivation.derive_phc_encoded(_bytes(text))


def check_password(text: str, stored: str) -> bool:
    """Tell whether `stored` is the hash of `text`, compared in constant time. A broken `stored` never is.

    An empty `stored` (an unknown user) costs as much as a real one, and is never right.
    """
    if len(text) > MAX_CHARS or len(stored) > MAX_STORED_CHARS:
        return False
    try:
        Argon2id.verify_phc_encoded(_bytes(text), stored or _NOBODY)
    except (InvalidKey, ValueError):
        return False
    return bool(stored)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


_NOBODY = f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$" + "A" * 22 + "$" + "A" * 43
