"""Signed certificate timestamps, embedded in a leaf (RFC 6962 section 3.2 and 3.3): the authority's promise to log it.

There is no separate CT log: the certificate stands in the Rekor entry of every signature made with it.
"""

from __future__ import annotations

import hashlib
import struct
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.asn1 import encode_der
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from .keys import AuthorityKeys
from .trust import spki, transparency_log_id

SCT_LIST = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_V1 = 0
_CERTIFICATE_TIMESTAMP = 0
_PRECERT_ENTRY = 1
_SHA256_ECDSA = b"\x04\x03"  # RFC 5246 section 7.4.1.4.1: hash sha256(4), signature ecdsa(3)


def embedded_timestamps(keys: AuthorityKeys, without: x509.Certificate, now: datetime) -> x509.UnrecognizedExtension:
    """Sign the certificate as it is `without` this extension, and make the extension (one SCT, no CtExtensions).

    The final certificate must differ from `without` only by this extension, added last, and its signature.
    """
    key = keys.intermediate.certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise TypeError("the intermediate has no elliptic-curve key")
    body = without.tbs_certificate_bytes
    milliseconds = int(now.timestamp() * 1000)
    signed = struct.pack(">BBQH", _V1, _CERTIFICATE_TIMESTAMP, milliseconds, _PRECERT_ENTRY)
    signed += hashlib.sha256(spki(key)).digest() + len(body).to_bytes(3, "big") + body + b"\x00\x00"
    signature = keys.transparency.sign(signed, ec.ECDSA(hashes.SHA256()))
    sct = struct.pack(">B32sQH", _V1, transparency_log_id(keys), milliseconds, 0) + _SHA256_ECDSA + _sized(signature)
    return x509.UnrecognizedExtension(SCT_LIST, encode_der(_sized(_sized(sct))))


def _sized(data: bytes) -> bytes:
    return struct.pack(">H", len(data)) + data
