"""The timestamp authority: a TimeStampReq in, a TimeStampResp out (RFC 3161). It signs digests and never sees data."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from ...schemas.codec import decode_json
from ...schemas.errors import BadInput
from ...schemas.fields import Fields
from . import cms
from .keys import AuthorityKeys
from .requests import unbase64

MAX_REQUEST_BYTES = 4096
MAX_NONCE_BITS = 256
# No published policy: below the arc for examples (X.660). Go reads no arc of over 31 bits, so it is no UUID's (X.667).
POLICY = x509.ObjectIdentifier("2.999.3161")
ACCURACY_SECONDS = 1
_GRANTED, _REJECTED = 0, 2
_JSON_ALGORITHMS = {"sha256": cms.SHA256, "sha384": cms.SHA384, "sha512": cms.SHA512}
_IMPRINT_BYTES = {cms.SHA256: 32, cms.SHA384: 48, cms.SHA512: 64}


class Failure(IntEnum):
    """Why a request is rejected: bit numbers of PKIFailureInfo (RFC 3161 section 2.4.2)."""

    BAD_ALGORITHM = 0
    BAD_REQUEST = 2
    BAD_DATA_FORMAT = 5
    UNACCEPTED_POLICY = 15
    UNACCEPTED_EXTENSION = 16


@dataclass(frozen=True, slots=True)
class TimestampAnswer:
    """A DER-encoded TimeStampResp, granted or rejected; `failure` is None when it was granted."""

    body: bytes
    failure: Failure | None


def answer_timestamp(keys: AuthorityKeys, request: bytes, now: datetime) -> TimestampAnswer:
    """Answer one DER-encoded TimeStampReq of at most 4096 bytes. A bad one gets a rejection, never an error."""
    if len(request) > MAX_REQUEST_BYTES:
        return _rejected(Failure.BAD_DATA_FORMAT)
    try:
        asked = asn1.decode_der(cms.TimeStampReq, request)
    except (ValueError, TypeError, OverflowError):
        return _rejected(Failure.BAD_DATA_FORMAT)
    failure = _why_not(asked)
    if failure is not None:
        return _rejected(failure)
    response = cms.TimeStampResp(
        status=cms.PKIStatusInfo(status=_GRANTED, failure=None), token=_token(keys, asked, now)
    )
    return TimestampAnswer(asn1.encode_der(response), None)


def query_from_json(body: bytes) -> bytes:
    """Make the DER TimeStampReq of the JSON one that Sigstore's JavaScript clients send. Raises: BadInput."""
    fields = Fields(decode_json(body, limit=MAX_REQUEST_BYTES, where="request"), "request")
    algorithm = _JSON_ALGORITHMS.get(fields.text("hashAlgorithm", limit=16))
    if algorithm is None:
        raise BadInput("must be sha256, sha384 or sha512", where=fields.at("hashAlgorithm"))
    digest = unbase64(fields, "artifactHash", limit=64)
    asked = cms.TimeStampReq(
        version=1,
        imprint=cms.MessageImprint(algorithm=_plain(algorithm), digest=digest),
        policy=None,
        nonce=fields.integer("nonce") if fields.has("nonce") else None,
        wants_certificate=fields.boolean("certificates", default=False),
        extensions=None,
    )
    return asn1.encode_der(asked)


def _why_not(asked: cms.TimeStampReq) -> Failure | None:
    size = _IMPRINT_BYTES.get(asked.imprint.algorithm.algorithm)
    if size is None:
        return Failure.BAD_ALGORITHM
    if len(asked.imprint.digest) != size:
        return Failure.BAD_DATA_FORMAT
    if asked.version != 1 or (asked.nonce is not None and asked.nonce.bit_length() > MAX_NONCE_BITS):
        return Failure.BAD_REQUEST
    if asked.policy not in (None, POLICY):
        return Failure.UNACCEPTED_POLICY
    return Failure.UNACCEPTED_EXTENSION if asked.extensions is not None else None


def _rejected(failure: Failure) -> TimestampAnswer:
    count = failure // 8 + 1
    bits = (0x80 >> failure % 8).to_bytes(1, "big").rjust(count, b"\x00")
    status = cms.PKIStatusInfo(status=_REJECTED, failure=asn1.BitString(bits, 7 - failure % 8))
    return TimestampAnswer(asn1.encode_der(cms.TimeStampResp(status=status, token=None)), failure)


def _token(keys: AuthorityKeys, asked: cms.TimeStampReq, now: datetime) -> cms.ContentInfo:
    info = cms.TSTInfo(
        version=1,
        policy=POLICY,
        imprint=asked.imprint,
        serial=x509.random_serial_number(),
        time=asn1.GeneralizedTime(now.astimezone(UTC).replace(microsecond=0)),
        accuracy=cms.Accuracy(seconds=ACCURACY_SECONDS),
        nonce=asked.nonce,
    )
    content = asn1.encode_der(info)
    certificates = [keys.timestamp.certificate] if asked.wants_certificate else None
    signed = cms.SignedData(
        version=3,
        digest_algorithms=asn1.SetOf([_plain(cms.SHA256)]),
        content=cms.EncapsulatedContent(kind=cms.TST_INFO, content=content),
        certificates=asn1.SetOf(certificates) if certificates else None,
        signers=asn1.SetOf([_signer(keys, content)]),
    )
    return cms.ContentInfo(kind=cms.SIGNED_DATA, content=signed)


def _signer(keys: AuthorityKeys, content: bytes) -> cms.SignerInfo:
    certificate = keys.timestamp.certificate
    digest = hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest()
    named = cms.SigningCertificateV2(certificates=[cms.CertificateHash(digest=digest)])
    attributes = asn1.SetOf(
        [
            cms.attribute(cms.CONTENT_TYPE, cms.TST_INFO),
            cms.attribute(cms.MESSAGE_DIGEST, hashlib.sha256(content).digest()),
            cms.attribute(cms.SIGNING_CERTIFICATE_V2, named),
        ]
    )
    # RFC 5652 section 5.4: what is signed is the SET OF, not its implicitly tagged form in the message
    signature = keys.timestamp.signing_key.sign(asn1.encode_der(attributes), ec.ECDSA(hashes.SHA256()))
    return cms.SignerInfo(
        version=1,
        signer=cms.IssuerAndSerial(issuer=cms.raw(certificate.issuer.public_bytes()), serial=certificate.serial_number),
        digest_algorithm=_plain(cms.SHA256),
        signed_attributes=attributes,
        signature_algorithm=_plain(cms.ECDSA_SHA256),
        signature=signature,
    )


def _plain(algorithm: x509.ObjectIdentifier) -> cms.AlgorithmIdentifier:
    return cms.AlgorithmIdentifier(algorithm=algorithm, parameters=None)
