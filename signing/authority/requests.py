"""What a client asks a certificate for: a public key, and the proof that it holds the private one. Not whose it is.

Fulcio's CreateSigningCertificateRequest: a PKCS #10 request (sigstore-python), or a key and a signed subject (JS).
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from ...schemas.codec import decode_json
from ...schemas.errors import BadInput
from ...schemas.fields import Fields
from .subject import Subject
from .tokens import MAX_TOKEN_CHARS

MAX_REQUEST_BYTES = 16 * 1024
MAX_PEM_CHARS = 4096
MAX_PROOF_BYTES = 256


@dataclass(frozen=True, slots=True)
class CertificateRequest:
    """A parsed request whose proof is still unchecked: exactly one of `csr` and `public_key` is there.

    `token` is the identity token of the body, or empty (then it stands in the Authorization header).
    """

    token: str
    csr: x509.CertificateSigningRequest | None = None
    public_key: ec.EllipticCurvePublicKey | None = None
    proof: bytes = b""

    @classmethod
    def parse(cls, body: bytes) -> CertificateRequest:
        """Read the JSON body of `POST /api/v2/signingCert`. Raises: BadInput."""
        fields = Fields(decode_json(body, limit=MAX_REQUEST_BYTES, where="request"), "request")
        token = ""
        if fields.has("credentials"):
            token = fields.map("credentials").text("oidcIdentityToken", limit=MAX_TOKEN_CHARS)
        if fields.has("certificateSigningRequest") == fields.has("publicKeyRequest"):
            raise BadInput("must have either certificateSigningRequest or publicKeyRequest", where="request")
        if fields.has("certificateSigningRequest"):
            return cls(token, csr=_csr(unbase64(fields, "certificateSigningRequest", limit=MAX_PEM_CHARS)))
        asked = fields.map("publicKeyRequest")
        pem = asked.map("publicKey").text("content", limit=MAX_PEM_CHARS)
        proof = unbase64(asked, "proofOfPossession", limit=MAX_PROOF_BYTES)
        return cls(token, public_key=_public_key(pem), proof=proof)

    def proven_key(self, subject: Subject) -> ec.EllipticCurvePublicKey:
        """The public key, once the proof of possession holds for `subject`. Raises: BadInput."""
        try:
            if self.csr is not None:
                return _self_signed(self.csr)
            if self.public_key is None:
                raise BadInput("holds no key", where="request")
            self.public_key.verify(self.proof, subject.text.encode(), ec.ECDSA(_hash_for(self.public_key)))
        except (InvalidSignature, UnsupportedAlgorithm) as error:
            raise BadInput("the proof of possession of the private key is wrong", where="request") from error
        return self.public_key


def check_curve(key: object, where: str) -> ec.EllipticCurvePublicKey:
    """Demand a P-256 or P-384 key. Raises: BadInput."""
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1 | ec.SECP384R1):
        return key
    raise BadInput("must be an elliptic-curve key on P-256 or P-384", where=where)


def unbase64(fields: Fields, name: str, *, limit: int) -> bytes:
    """Read a base64 field of at most `limit` bytes once decoded. Raises: BadInput."""
    text = fields.text(name, limit=(limit + 2) // 3 * 4)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput("is not base64", where=fields.at(name)) from error


def _csr(pem: bytes) -> x509.CertificateSigningRequest:
    where = "request.certificateSigningRequest"
    try:
        csr = x509.load_pem_x509_csr(pem)
        check_curve(csr.public_key(), where)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadInput("is not a PKCS #10 request in PEM", where=where) from error
    return csr


def _self_signed(csr: x509.CertificateSigningRequest) -> ec.EllipticCurvePublicKey:
    if not csr.is_signature_valid:
        raise BadInput("the proof of possession of the private key is wrong", where="request.certificateSigningRequest")
    return check_curve(csr.public_key(), "request.certificateSigningRequest")


def _public_key(pem: str) -> ec.EllipticCurvePublicKey:
    where = "request.publicKeyRequest.publicKey.content"
    try:
        return check_curve(load_pem_public_key(pem.encode()), where)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadInput("is not a public key in PEM", where=where) from error


def _hash_for(key: ec.EllipticCurvePublicKey) -> hashes.HashAlgorithm:
    return hashes.SHA384() if isinstance(key.curve, ec.SECP384R1) else hashes.SHA256()
