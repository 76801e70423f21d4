"""Keys of a hub's Rekor log, read from its trusted root: who may sign the log's checkpoints, and when. No file is here.

Signatures in bundles are judged by the verifier; this is for those who keep the log itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ..schemas.codec import decode_json
from ..schemas.errors import BadInput, NotTrusted
from ..schemas.fields import Fields
from .notes import ED25519, Checkpoint, Note, VerifierKey
from .roots import MAX_ROOT_BYTES, RootLog, TrustDomain, base64_field
from .windows import Window

HUB_DOMAIN = "hub"  # the stable name of the embedded authority's trust domain
MAX_KEY_BYTES = 1024


def rekor_name(origin: str) -> str:
    """The name of the Rekor log of an origin's authority, and of its keys."""
    return f"rekor.{origin}"


@dataclass(frozen=True, slots=True)
class RekorKeys:
    """The Ed25519 keys of the log `name`, each with its window; none where the hub has no authority."""

    name: str
    keys: tuple[tuple[VerifierKey, Window], ...] = ()

    @classmethod
    def of(cls, domain: TrustDomain, name: str) -> RekorKeys:
        """Read the keys of one log out of a trusted root; logs of other names or kinds are passed over."""
        found = (_key(log, name) for log in domain.logs if name in log.names)
        return cls(name, tuple(item for item in found if item is not None))

    def read(self, text: str, *, time: datetime | None) -> tuple[Note, Checkpoint, VerifierKey]:
        """Read a checkpoint that one of the keys has signed; `time` demands a key that is valid then.

        Raises: BadInput; NotTrusted.
        """
        note = Note.parse(text, where=self.name)
        checkpoint = Checkpoint.parse(note.body, where=self.name)
        if checkpoint.origin != self.name:
            raise NotTrusted(f"the checkpoint is of {checkpoint.origin}, not of {self.name}", check="checkpoint")
        return note, checkpoint, self.signer(note, time=time)

    def signer(self, note: Note, *, time: datetime | None) -> VerifierKey:
        """The key that has signed a note; `time` demands one that is valid then. Raises: NotTrusted."""
        ids = {signature.key_id for signature in note.signatures if signature.name == self.name}
        for key, window in self.keys:
            if key.id in ids and (time is None or window.holds((time,))):
                note.verify(key, where=self.name)
                return key
        told = "no key of the trusted root has signed it" if time is None else "no key that is valid now has signed it"
        raise NotTrusted(told, check="checkpoint", where=self.name)


def _key(log: RootLog, name: str) -> tuple[VerifierKey, Window] | None:
    fields = Fields(decode_json(log.document, limit=MAX_ROOT_BYTES, where=name), name).map("publicKey")
    try:
        key = load_der_public_key(base64_field(fields, "rawBytes", limit=MAX_KEY_BYTES))
    except (ValueError, BadInput):
        return None
    return (
        (VerifierKey(name, ED25519, key.public_bytes_raw()), log.window) if isinstance(key, Ed25519PublicKey) else None
    )
