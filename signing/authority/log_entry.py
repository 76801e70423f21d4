"""A Rekor entry once the log has it: what the log returned, and the TransparencyLogEntry that clients bundle."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from ...schemas.codec import canonical_json
from .keys import AuthorityKeys

KIND = "hashedrekord"
VERSION = "0.0.2"


@dataclass(frozen=True, slots=True)
class LoggedEntry:
    """Where an entry stands: its index, and its inclusion proof in the tree that the signed checkpoint names.

    `root` and `proof` are 32-byte hashes (RFC 6962 section 2.1.1); `checkpoint` is the whole signed note.
    """

    index: int
    size: int
    root: bytes
    proof: tuple[bytes, ...]
    checkpoint: str


def transparency_log_entry(keys: AuthorityKeys, body: bytes, logged: LoggedEntry) -> bytes:
    """JSON of `dev.sigstore.rekor.v1.TransparencyLogEntry` for the canonical `body` (64-bit numbers are text)."""
    proof = {
        "logIndex": str(logged.index),
        "treeSize": str(logged.size),
        "rootHash": _b64(logged.root),
        "hashes": [_b64(item) for item in logged.proof],
        "checkpoint": {"envelope": logged.checkpoint},
    }
    return canonical_json(
        {
            "logIndex": str(logged.index),
            "logId": {"keyId": _b64(keys.log_id)},
            "kindVersion": {"kind": KIND, "version": VERSION},
            "integratedTime": "0",
            "inclusionProof": proof,
            "canonicalizedBody": _b64(body),
        }
    )


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
