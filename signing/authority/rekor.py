"""What may enter the authority's Rekor v2 log: signatures that are right, made with certificates of this authority.

Reads CreateEntryRequest, checks it, and makes the canonical `hashedrekord` 0.0.2 body (rekor-tiles; RFC 8785).
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding

from ...schemas.codec import canonical_json, decode_json
from ...schemas.errors import BadInput, Denied
from ...schemas.fields import Fields
from .keys import AuthorityKeys
from .log_entry import KIND, VERSION
from .requests import check_curve, unbase64
from .retired import Purpose

MAX_REQUEST_BYTES = 2 * 1024 * 1024  # a DSSE request carries the whole payload
MAX_PAYLOAD_BYTES = 1024 * 1024
MAX_CERTIFICATE_BYTES = 8 * 1024
MAX_SIGNATURE_BYTES = 256
MAX_PAYLOAD_TYPE_CHARS = 256


@dataclass(frozen=True, slots=True)
class Scheme:
    """A signature scheme: Sigstore's PublicKeyDetails name, and that of the digest (HashAlgorithm)."""

    details: str
    digest_name: str
    hash: hashes.HashAlgorithm


P256 = Scheme("PKIX_ECDSA_P256_SHA_256", "SHA2_256", hashes.SHA256())
P384 = Scheme("PKIX_ECDSA_P384_SHA_384", "SHA2_384", hashes.SHA384())


@dataclass(frozen=True, slots=True)
class SignatureEntry:
    """A signature over a digest by a certificate's key: what a `hashedrekord` states. Nothing of it is checked yet."""

    digest: bytes
    signature: bytes
    certificate: x509.Certificate
    scheme: Scheme

    @classmethod
    def parse(cls, body: bytes) -> SignatureEntry:
        """Read a CreateEntryRequest: `hashedRekordRequestV002`, or `dsseRequestV002`. Raises: BadInput.

        As in the log of the public-good instance, a DSSE envelope is stored as the hash of its PAE.
        """
        fields = Fields(decode_json(body, limit=MAX_REQUEST_BYTES, where="request"), "request")
        fields.only("hashedRekordRequestV002", "dsseRequestV002")
        if fields.has("hashedRekordRequestV002") == fields.has("dsseRequestV002"):
            raise BadInput("must have either hashedRekordRequestV002 or dsseRequestV002", where="request")
        if fields.has("dsseRequestV002"):
            return _parse_dsse(fields.map("dsseRequestV002"))
        return _parse_hashed_rekord(fields.map("hashedRekordRequestV002"))

    def check(self, keys: AuthorityKeys, now: datetime) -> None:
        """Demand a certificate of this authority that is valid at `now`, and a right signature. Raises: Denied."""
        _check_issuer(self.certificate, keys, now)
        if not self.certificate.not_valid_before_utc <= now <= self.certificate.not_valid_after_utc:
            raise _denied("the certificate has expired or is not valid yet")
        key = check_curve(self.certificate.public_key(), "request.certificate")
        try:
            key.verify(self.signature, self.digest, ec.ECDSA(utils.Prehashed(self.scheme.hash)))
        except (InvalidSignature, UnsupportedAlgorithm) as error:
            raise _denied("the signature over the digest is wrong") from error

    def canonical_body(self) -> bytes:
        """The entry as it is hashed into the log: RFC 8785 JSON."""
        signature = {
            "content": _b64(self.signature),
            "verifier": {
                "keyDetails": self.scheme.details,
                "x509Certificate": {"rawBytes": _b64(self.certificate.public_bytes(Encoding.DER))},
            },
        }
        data = {"algorithm": self.scheme.digest_name, "digest": _b64(self.digest)}
        spec = {"hashedRekordV002": {"data": data, "signature": signature}}
        # ASCII keys and values only, so the sorted JSON is the RFC 8785 one
        return canonical_json({"apiVersion": VERSION, "kind": KIND, "spec": spec})


def pae(payload_type: str, payload: bytes) -> bytes:
    """The pre-authentication encoding that DSSE signs (DSSE v1.0, protocol.md)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def _parse_hashed_rekord(fields: Fields) -> SignatureEntry:
    fields.only("digest", "signature")
    signature = fields.map("signature")
    signature.only("content", "verifier")
    certificate, scheme = _verifier(signature.map("verifier"))
    digest = unbase64(fields, "digest", limit=scheme.hash.digest_size)
    if len(digest) != scheme.hash.digest_size:
        raise BadInput(f"must have {scheme.hash.digest_size} bytes", where=fields.at("digest"))
    content = unbase64(signature, "content", limit=MAX_SIGNATURE_BYTES)
    return SignatureEntry(digest, content, certificate, scheme)


def _parse_dsse(fields: Fields) -> SignatureEntry:
    envelope = fields.map("envelope")
    signatures = envelope.maps("signatures", limit=1)
    verifiers = fields.maps("verifiers", limit=1)
    if not signatures or not verifiers:
        raise BadInput("must have one signature and one verifier", where=fields.where)
    certificate, scheme = _verifier(verifiers[0])
    payload = unbase64(envelope, "payload", limit=MAX_PAYLOAD_BYTES)
    signed = pae(envelope.text("payloadType", limit=MAX_PAYLOAD_TYPE_CHARS), payload)
    content = unbase64(signatures[0], "sig", limit=MAX_SIGNATURE_BYTES)
    return SignatureEntry(hashlib.new(scheme.hash.name, signed).digest(), content, certificate, scheme)


def _verifier(fields: Fields) -> tuple[x509.Certificate, Scheme]:
    if fields.has("publicKey"):
        raise BadInput("only certificates are logged, not bare public keys", where=fields.at("publicKey"))
    where = fields.at("x509Certificate")
    raw = unbase64(fields.map("x509Certificate"), "rawBytes", limit=MAX_CERTIFICATE_BYTES)
    try:
        certificate = x509.load_der_x509_certificate(raw)
        key = check_curve(certificate.public_key(), where)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadInput("is not a certificate in DER", where=where) from error
    scheme = P384 if isinstance(key.curve, ec.SECP384R1) else P256
    if fields.text("keyDetails", limit=64) != scheme.details:
        raise BadInput(f"must be {scheme.details} for this certificate", where=fields.at("keyDetails"))
    return certificate, scheme


def _check_issuer(certificate: x509.Certificate, keys: AuthorityKeys, now: datetime) -> None:
    """Demand that the CA that serves now issued it, or one that was retired and still counts. Raises: Denied."""
    if _issued_by(certificate, keys.intermediate.certificate):
        return
    for retired in keys.before(Purpose.SIGNING):
        if _issued_by(certificate, retired.chain[0]):
            if now <= retired.end:
                return
            end = f"{retired.end:%Y-%m-%d %H:%M:%S} UTC"
            raise _denied(f"the certificate is one of a key that this authority retired on {end}")
    raise _denied("the certificate is not one of this authority")


def _issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _denied(what: str) -> Denied:
    return Denied(
        what, where="request", todo="This log takes only signatures made with its own authority's certificates."
    )
