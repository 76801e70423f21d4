"""A published checkpoint as a page shows it: its text, and who signed it. Clients check it themselves."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from ...signing.notes import Checkpoint, Note, Signature
from ...signing.origin import OriginNote


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed: the key's name and its id in hex; `cosigned` is the time that a cosignature states, else 0."""

    name: str
    key_id: str
    cosigned: int
    own: bool


@dataclass(frozen=True, slots=True)
class ShownCheckpoint:
    """The text as it is served, what it says, and its signers."""

    text: str
    size: int
    root: str
    signers: tuple[Signer, ...]

    @classmethod
    def of(cls, text: str, note: OriginNote) -> ShownCheckpoint:
        """Read a checkpoint of the note's origin. Raises: BadInput, NotTrusted for a wrong cosignature of its own."""
        signed = Note.parse(text, where="checkpoint")
        checkpoint = Checkpoint.parse(signed.body)
        own = {(key.name, key.id): signed.cosigned_at(key) or 0 for key in note.cosigners}
        log = note.log_key(checkpoint.size)
        known = own | {(log.name, log.id): 0}
        return cls(
            text,
            checkpoint.size,
            base64.b64encode(checkpoint.root).decode(),
            tuple(_signer(item, known) for item in signed.signatures),
        )

    @property
    def time(self) -> int:
        """When the origin last cosigned it, in Unix seconds; 0 when it has not."""
        return max((signer.cosigned for signer in self.signers if signer.own), default=0)


def _signer(item: Signature, known: dict[tuple[str, bytes], int]) -> Signer:
    key = (item.name, item.key_id)
    return Signer(item.name, item.key_id.hex(), known.get(key, 0), key in known)
