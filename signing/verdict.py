"""What comes of verifying a Sigstore bundle: a proof, or one bounded sentence that says why not.

How it is verified is in verifier.py, which imports the libraries; nothing here does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..schemas.errors import HubError, NotTrusted
from ..schemas.identity import Identity

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

MAX_REASON_CHARS = 300
CHECK = "signature"


@dataclass(frozen=True, slots=True)
class Proof:
    """What a verified bundle proves: who, when (Unix seconds), and the log index."""

    identity: Identity
    signed_at: int
    log_index: int


class AnyIdentity:
    """The library's policy slot, left open: the identity is returned, and whoever asked compares it."""

    def verify(self, cert: Certificate) -> None:
        """Accept."""


@contextmanager
def refusals() -> Iterator[None]:
    """Turn whatever is raised inside into NotTrusted with one bounded sentence. Fail closed."""
    try:
        yield
    except NotTrusted:
        raise
    except HubError as error:
        reason = f"{error.where} {error.what}" if error.where else error.what
        raise NotTrusted(f"the signature cannot be checked: {reason}", check=CHECK) from error
    except Exception as error:
        raise NotTrusted(f"the Sigstore bundle is refused: {one_sentence(error)}", check=CHECK) from error


def one_sentence(error: BaseException) -> str:
    """An exception's text as one printable line of at most MAX_REASON_CHARS characters."""
    text = " ".join(str(error).split()) or type(error).__name__
    text = "".join(char if char.isprintable() else "?" for char in text)
    return text if len(text) <= MAX_REASON_CHARS else text[: MAX_REASON_CHARS - 1] + "…"
