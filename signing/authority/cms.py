"""ASN.1 of timestamps: the messages of RFC 3161 and the parts of CMS (RFC 5652) and ESS (RFC 5816) they need.

Shapes only, for `cryptography.hazmat.asn1`; what goes into them is decided in timestamps.py.
"""

from __future__ import annotations

from typing import Annotated, TypeVar

from cryptography import x509
from cryptography.hazmat import asn1

OID = x509.ObjectIdentifier

SHA256 = OID("2.16.840.1.101.3.4.2.1")
SHA384 = OID("2.16.840.1.101.3.4.2.2")
SHA512 = OID("2.16.840.1.101.3.4.2.3")
ECDSA_SHA256 = OID("1.2.840.10045.4.3.2")
SIGNED_DATA = OID("1.2.840.113549.1.7.2")
TST_INFO = OID("1.2.840.113549.1.9.16.1.4")
CONTENT_TYPE = OID("1.2.840.113549.1.9.3")
MESSAGE_DIGEST = OID("1.2.840.113549.1.9.4")
SIGNING_CERTIFICATE_V2 = OID("1.2.840.113549.1.9.16.2.47")


@asn1.sequence
class AlgorithmIdentifier:
    """RFC 5280 section 4.1.1.2; no algorithm here has other parameters than NULL."""

    algorithm: OID
    parameters: asn1.Null | None


@asn1.sequence
class MessageImprint:
    """RFC 3161 section 2.4.1."""

    algorithm: AlgorithmIdentifier
    digest: bytes


@asn1.sequence
class TimeStampReq:
    """RFC 3161 section 2.4.1."""

    version: int
    imprint: MessageImprint
    policy: OID | None
    nonce: int | None
    wants_certificate: Annotated[bool, asn1.Default(False)]
    extensions: Annotated[list[asn1.TLV] | None, asn1.Implicit(0)]


@asn1.sequence
class Accuracy:
    """RFC 3161 section 2.4.2: seconds only."""

    seconds: int | None


@asn1.sequence
class TSTInfo:
    """RFC 3161 section 2.4.2, without ordering, tsa and extensions."""

    version: int
    policy: OID
    imprint: MessageImprint
    serial: int
    time: asn1.GeneralizedTime
    accuracy: Accuracy | None
    nonce: int | None


@asn1.sequence
class PKIStatusInfo:
    """RFC 3161 section 2.4.2, without free text."""

    status: int
    failure: asn1.BitString | None


@asn1.sequence
class Attribute:
    """RFC 5652 section 5.3."""

    kind: OID
    values: asn1.SetOf[asn1.TLV]


@asn1.sequence
class IssuerAndSerial:
    """RFC 5652 section 10.2.4."""

    issuer: asn1.TLV
    serial: int


@asn1.sequence
class CertificateHash:
    """ESSCertIDv2 (RFC 5816 section 2.2.1) with its default algorithm, SHA-256."""

    digest: bytes


@asn1.sequence
class SigningCertificateV2:
    """RFC 5816 section 2.2.1, without policies."""

    certificates: list[CertificateHash]


@asn1.sequence
class SignerInfo:
    """RFC 5652 section 5.3, without unsigned attributes."""

    version: int
    signer: IssuerAndSerial
    digest_algorithm: AlgorithmIdentifier
    signed_attributes: Annotated[asn1.SetOf[Attribute], asn1.Implicit(0)]
    signature_algorithm: AlgorithmIdentifier
    signature: bytes


@asn1.sequence
class EncapsulatedContent:
    """RFC 5652 section 5.2."""

    kind: OID
    content: Annotated[bytes, asn1.Explicit(0)]


@asn1.sequence
class SignedData:
    """RFC 5652 section 5.1, without revocation lists."""

    version: int
    digest_algorithms: asn1.SetOf[AlgorithmIdentifier]
    content: EncapsulatedContent
    certificates: Annotated[asn1.SetOf[x509.Certificate] | None, asn1.Implicit(0)]
    signers: asn1.SetOf[SignerInfo]


@asn1.sequence
class ContentInfo:
    """RFC 5652 section 3, for SignedData."""

    kind: OID
    content: Annotated[SignedData, asn1.Explicit(0)]


@asn1.sequence
class TimeStampResp:
    """RFC 3161 section 2.4.2."""

    status: PKIStatusInfo
    token: ContentInfo | None


_T = TypeVar("_T", OID, bytes, SigningCertificateV2)


def attribute(kind: OID, value: _T) -> Attribute:
    """A signed attribute with one value."""
    return Attribute(kind=kind, values=asn1.SetOf([raw(asn1.encode_der(value))]))


def raw(der: bytes) -> asn1.TLV:
    """Carry finished DER as it is."""
    return asn1.decode_der(asn1.TLV, der)
