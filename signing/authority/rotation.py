"""New keys beside the old: the authority after a rotation, from the one before it. Nothing is stored or announced here.

The new keys count from now; the old ones until now and an overlap, in which what was begun with them can be finished.
What they signed up to then stays valid for ever: their public halves stay in the trusted root.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from ..notes import SignerKey
from .issuers import Issuer, new_intermediate, new_root, new_timestamper
from .keys import AuthorityKeys, log_name
from .retired import Purpose, Retired
from .trust import spki

OVERLAP = timedelta(minutes=15)  # longer than a certificate lives
MAX_OVERLAP = timedelta(days=90)
_SECOND = timedelta(seconds=1)  # windows have whole ones, and promises of log keys milliseconds: this one counts whole


def rotated(keys: AuthorityKeys, purposes: Iterable[Purpose], now: datetime, *, overlap: timedelta) -> AuthorityKeys:
    """The authority with new keys for `purposes` from `now` on; the old ones count for `overlap` more.

    The private keys of new roots are made, used once, and forgotten: nothing that this authority does needs them.
    """
    start, wanted = now.astimezone(UTC).replace(microsecond=0), frozenset(purposes)
    changes: dict[str, Any] = {}
    for purpose in wanted:
        changes |= _new_keys(keys, purpose, start)
    retired = tuple(
        Retired(purpose, keys.started(purpose), start + overlap + _SECOND, _public(keys, purpose))
        for purpose in Purpose
        if purpose in wanted and purpose is not Purpose.TOKENS
    )
    starts = {**keys.starts, **dict.fromkeys(wanted, start)}
    return replace(keys, starts=starts, retired=(*keys.retired, *retired), **changes)


def _new_keys(keys: AuthorityKeys, purpose: Purpose, start: datetime) -> dict[str, Any]:
    number = len(keys.before(purpose)) + 2
    match purpose:
        case Purpose.SIGNING:
            root = new_root(keys.origin, f"eBPF Hub signing root {number}", start)
            below = new_intermediate(root, keys.origin, f"eBPF Hub signing intermediate {number}", start)
            return {"root": Issuer(root.certificate, None), "intermediate": below}
        case Purpose.TIMESTAMPS:
            root = new_root(keys.origin, f"eBPF Hub timestamp root {number}", start)
            leaf = new_timestamper(root, keys.origin, f"eBPF Hub timestamps {number}", start)
            return {"timestamp_root": Issuer(root.certificate, None), "timestamp": leaf}
        case Purpose.TRANSPARENCY:
            return {"transparency": ec.generate_private_key(ec.SECP256R1())}
        case Purpose.LOG:
            return {"log": SignerKey.generate(log_name(keys.origin))}
        case Purpose.TOKENS:
            return {"token": ec.generate_private_key(ec.SECP256R1())}


def _public(keys: AuthorityKeys, purpose: Purpose) -> tuple[bytes, ...]:
    if purpose is Purpose.TRANSPARENCY:
        return (spki(keys.transparency.public_key()),)
    if purpose is Purpose.LOG:
        return (spki(keys.log.private.public_key()),)
    return _der(keys.chain if purpose is Purpose.SIGNING else keys.timestamp_chain)


def _der(chain: tuple[x509.Certificate, ...]) -> tuple[bytes, ...]:
    return tuple(item.public_bytes(Encoding.DER) for item in chain)
