"""Certificates for signers: ten minutes, one identity, Fulcio's profile. Not the authority's own certificates.

Fulcio's certificate specification (fulcio/docs/certificate-specification.md, oid-info.md); RFC 5280.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.asn1 import encode_der
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from ...schemas.codec import canonical_json
from .issuers import LEAF_USAGE, authority_key
from .keys import AuthorityKeys
from .requests import CertificateRequest
from .tokens import TokenClaims
from .transparency import embedded_timestamps

LIFE = timedelta(minutes=10)
ISSUER_V1 = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")  # raw bytes of the issuer
ISSUER_V2 = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.8")  # the same as a DER UTF8String


def issue_certificate(
    keys: AuthorityKeys, request: CertificateRequest, claims: TokenClaims, now: datetime
) -> x509.Certificate:
    """Issue a certificate for the identity of verified `claims`, valid for ten minutes from `now`. Raises: BadInput.

    Nothing of the request but its key is copied into the certificate.
    """
    builder = _builder(keys, request.proven_key(claims.subject), claims, now)
    ca_key = keys.intermediate.signing_key
    without = builder.sign(ca_key, hashes.SHA256())
    promised = builder.add_extension(embedded_timestamps(keys, without, now), critical=False)
    return promised.sign(ca_key, hashes.SHA256())


def signing_answer(keys: AuthorityKeys, leaf: x509.Certificate) -> bytes:
    """JSON of Fulcio's SigningCertificate: the leaf and the chain to the root, in PEM."""
    return canonical_json({"signedCertificateEmbeddedSct": {"chain": {"certificates": _pem(leaf, *keys.chain)}}})


def trust_bundle(keys: AuthorityKeys) -> bytes:
    """JSON of Fulcio's TrustBundle: the one chain of this authority."""
    return canonical_json({"chains": [{"certificates": _pem(*keys.chain)}]})


def _builder(
    keys: AuthorityKeys, key: ec.EllipticCurvePublicKey, claims: TokenClaims, now: datetime
) -> x509.CertificateBuilder:
    start = now.replace(microsecond=0)
    issuer = keys.intermediate.certificate
    name = x509.SubjectAlternativeName([claims.subject.general_name()])
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(issuer.subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + LIFE)
        .add_extension(LEAF_USAGE, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(authority_key(issuer), critical=False)
        .add_extension(name, critical=True)  # RFC 5280 section 4.2.1.6: critical because the subject is empty
        .add_extension(x509.UnrecognizedExtension(ISSUER_V1, claims.issuer.encode()), critical=False)
        .add_extension(x509.UnrecognizedExtension(ISSUER_V2, encode_der(claims.issuer)), critical=False)
    )


def _pem(*certificates: x509.Certificate) -> list[str]:
    return [item.public_bytes(Encoding.PEM).decode() for item in certificates]
