"""Public halves of keys that signed before: each still counts for what it signed from its start to its end.

No private key is here; which keys sign now stands in keys.py, and how one follows another in rotation.py.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from cryptography import x509

from ...schemas.codec import canonical_json, decode_json
from ...schemas.errors import BadInput
from ...schemas.fields import Fields

MAX_FILE_BYTES = 256 * 1024
MAX_RETIRED = 252  # 63 of each purpose beside the one that signs: what a trusted root takes (signing/roots.py)
MAX_DER_BYTES = 4096


class Purpose(Enum):
    """What a key of the authority is for; a CA and its root count as one."""

    SIGNING = "signing"  # certificates of signers
    TIMESTAMPS = "timestamps"
    TRANSPARENCY = "transparency"  # the promise in a certificate that it is logged
    LOG = "log"  # checkpoints of the Rekor log
    TOKENS = "tokens"  # identity tokens, which live five minutes: their old key counts no more at once


@dataclass(frozen=True, slots=True)
class Retired:
    """`material` is DER: a certificate chain, its root last, or one SubjectPublicKeyInfo. Times are whole seconds UTC.

    Both ends are inside, as in signing/windows.py.
    """

    purpose: Purpose
    start: datetime
    end: datetime
    material: tuple[bytes, ...]

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """The certificates of a retired authority, its root last."""
        return tuple(x509.load_der_x509_certificate(der) for der in self.material)

    def to_json(self) -> dict[str, Any]:
        """The JSON object."""
        return {
            "purpose": self.purpose.value,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "material": [base64.b64encode(der).decode() for der in self.material],
        }

    @classmethod
    def read(cls, fields: Fields) -> Retired:
        """Read what to_json wrote. Raises: BadInput."""
        fields.only("purpose", "start", "end", "material")
        texts = fields.texts("material", count=4, limit=MAX_DER_BYTES * 2)
        try:
            purpose = Purpose(fields.text("purpose", limit=32))
            made = cls(
                purpose,
                read_time(fields.text("start", limit=40), fields.at("start")),
                read_time(fields.text("end", limit=40), fields.at("end")),
                tuple(base64.b64decode(text, validate=True) for text in texts),
            )
            _ = purpose not in (Purpose.SIGNING, Purpose.TIMESTAMPS) or made.chain
        except (ValueError, binascii.Error) as error:
            raise BadInput("is not a retired key", where=fields.where) from error
        if not made.material or made.end < made.start:
            raise BadInput("is not a retired key", where=fields.where)
        return made


def write_history(starts: Mapping[Purpose, datetime], retired: Sequence[Retired]) -> bytes:
    """The file about rotations: since when each key signs that is not the first, and those before it."""
    begun = {purpose.value: start.isoformat() for purpose, start in starts.items()}
    return canonical_json({"v": 1, "starts": begun, "retired": [item.to_json() for item in retired]})


def read_history(data: bytes, where: str) -> tuple[dict[Purpose, datetime], tuple[Retired, ...]]:
    """Read what write_history wrote. Raises: BadInput."""
    fields = Fields(decode_json(data, limit=MAX_FILE_BYTES, where=where), where)
    fields.only("v", "starts", "retired")
    fields.integer("v", low=1, high=1)
    begun = fields.text_map("starts", count=len(Purpose), limit=40)
    try:
        starts = {Purpose(name): read_time(text, fields.at("starts")) for name, text in begun.items()}
    except ValueError as error:
        raise BadInput("is not a purpose of a key", where=fields.at("starts")) from error
    return starts, tuple(Retired.read(item) for item in fields.maps("retired", limit=MAX_RETIRED))


def read_time(text: str, where: str) -> datetime:
    """Read a time with its zone, as UTC. Raises: BadInput."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput("is not a time", where=where) from error
    if moment.tzinfo is None:
        raise BadInput("has no time zone", where=where)
    return moment.astimezone(UTC)
