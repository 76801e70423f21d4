"""What a Sigstore bundle claims, read strictly and believed in nothing: log entry, checkpoint, times, content.

sigstore-python reads the same document afterwards and verifies it; this reading is what our own checks compare with.
Every field is known by its one JSON name (protobuf-specs, sigstore_bundle.proto), so the two readings cannot differ.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from ..schemas.codec import decode_json
from ..schemas.errors import BadInput, Unsupported
from ..schemas.fields import Fields
from ..schemas.shape import Several, Shape, check_shape
from .roots import base64_field

MAX_BUNDLE_BYTES = 256 * 1024  # bytes; public ones have 12 KB
MAX_TIMESTAMPS = 4  # of one bundle; each costs milliseconds
MAX_TIMESTAMP_BYTES = 16 * 1024
MAX_PROOF_HASHES = 64
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_CERTIFICATE: Shape = {"rawBytes": None}
_SHAPE: Shape = {
    "mediaType": None,
    "verificationMaterial": {
        "x509CertificateChain": {"certificates": Several(8, _CERTIFICATE)},
        "certificate": _CERTIFICATE,
        "publicKey": None,
        "tlogEntries": Several(
            2,
            {
                "logIndex": None,
                "logId": {"keyId": None},
                "kindVersion": {"kind": None, "version": None},
                "integratedTime": None,
                "inclusionPromise": {"signedEntryTimestamp": None},
                "inclusionProof": {
                    "logIndex": None,
                    "rootHash": None,
                    "treeSize": None,
                    "hashes": None,
                    "checkpoint": {"envelope": None},
                },
                "canonicalizedBody": None,
            },
        ),
        "timestampVerificationData": {"rfc3161Timestamps": Several(MAX_TIMESTAMPS, {"signedTimestamp": None})},
    },
    "messageSignature": {"messageDigest": {"algorithm": None, "digest": None}, "signature": None},
    "dsseEnvelope": {
        "payload": None,
        "payloadType": None,
        "signatures": Several(1, {"sig": None, "keyid": None}),
    },
}


class Content(Enum):
    """What was signed."""

    DSSE = "dsse-envelope"
    MESSAGE = "message-signature"


@dataclass(frozen=True, slots=True)
class LogClaim:
    """A bundle's one log entry: which log, where in it, under which checkpoint, and when by the log's own promise."""

    log_id: bytes
    index: int
    promised_at: datetime | None
    proof_index: int
    tree_size: int
    checkpoint: str

    @classmethod
    def read(cls, fields: Fields) -> LogClaim:
        """Read a `TransparencyLogEntry` of a known shape. Raises: BadInput."""
        proof = fields.map("inclusionProof")
        proof.texts("hashes", count=MAX_PROOF_HASHES, limit=64, default=[])
        _ = fields.map("kindVersion")
        return cls(
            base64_field(fields.map("logId"), "keyId", limit=64),
            _number(fields, "logIndex"),
            _promise(fields),
            _number(proof, "logIndex"),
            _number(proof, "treeSize"),
            proof.map("checkpoint").text("envelope", limit=16 * 1024),
        )


@dataclass(frozen=True, slots=True)
class Material:
    """A bundle's claims, with the JSON they were read from, as it came and decoded. `timestamps` is their number."""

    media_type: str
    content: Content
    entry: LogClaim
    timestamps: int
    raw: bytes
    document: Any

    @classmethod
    def parse(cls, bundle: bytes, *, where: str = "Sigstore bundle") -> Material:
        """Read a bundle of at most MAX_BUNDLE_BYTES. Raises: BadInput; Unsupported for one signed with a bare key."""
        document = decode_json(bundle, limit=MAX_BUNDLE_BYTES, where=where)
        check_shape(document, _SHAPE, where)
        fields = Fields(document, where)
        material = fields.map("verificationMaterial")
        if material.has("publicKey"):
            needs = "a bundle with a certificate, as keyless signing makes it"
            raise Unsupported("is made with a bare key, which names no identity", needs=needs, where=where)
        entries = material.maps("tlogEntries", limit=2)
        if len(entries) != 1:
            raise BadInput("must have exactly one log entry", where=where)
        media_type = fields.text("mediaType", limit=255)
        return cls(media_type, _content(fields), LogClaim.read(entries[0]), _timestamps(material), bundle, document)

    def stamps(self) -> tuple[bytes, ...]:
        """The timestamps (RFC 3161, TimeStampResp). Raises: BadInput."""
        return _decoded(_listed(Fields(self.document, "Sigstore bundle").map("verificationMaterial")))

    def alone(self) -> list[bytes]:
        """The document once for each timestamp, with that timestamp only."""
        made = []
        for data in self.document["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"]:
            material = self.document["verificationMaterial"] | {
                "timestampVerificationData": {"rfc3161Timestamps": [data]}
            }
            made.append(json.dumps(self.document | {"verificationMaterial": material}).encode())
        return made


def _content(fields: Fields) -> Content:
    if fields.has("dsseEnvelope") == fields.has("messageSignature"):
        raise BadInput("must have either a DSSE envelope or a message signature", where=fields.where)
    if fields.has("messageSignature"):
        return Content.MESSAGE
    _ = fields.map("dsseEnvelope").items("signatures", limit=1)
    return Content.DSSE


def _timestamps(material: Fields) -> int:
    items = _listed(material)
    if len(items) > 1 and len(set(_decoded(items))) != len(items):  # a single one is decoded by the library alone
        raise BadInput("holds the same timestamp twice", where=material.at("timestampVerificationData"))
    return len(items)


def _listed(material: Fields) -> list[Fields]:
    if not material.has("timestampVerificationData"):
        return []
    return material.map("timestampVerificationData").maps("rfc3161Timestamps", limit=MAX_TIMESTAMPS, default=[])


def _decoded(items: list[Fields]) -> tuple[bytes, ...]:
    return tuple(base64_field(item, "signedTimestamp", limit=MAX_TIMESTAMP_BYTES) for item in items)


def _promise(fields: Fields) -> datetime | None:
    """The time that the log promised with its signature; without a promise the field proves nothing (Rekor v2: 0)."""
    seconds = _number(fields, "integratedTime") if fields.has("integratedTime") else 0
    if not fields.has("inclusionPromise") or not seconds:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise BadInput("is not a time", where=fields.at("integratedTime")) from error


def _number(fields: Fields, name: str) -> int:
    text = fields.text(name, limit=20)
    if not _NUMBER.fullmatch(text):
        raise BadInput("must be a decimal number in a text", where=fields.at(name))
    return int(text)
