"""The authority's own certificates: the root, intermediate and timestamp ones. Not the ten-minute leaves of users."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFE = timedelta(days=3652)  # ten years
MAX_ORGANIZATION_CHARS = 64  # RFC 5280 appendix A.1, ub-organization-name


@dataclass(frozen=True, slots=True)
class Issuer:
    """A certificate and its private key. The key is None where an operator keeps it elsewhere (the two roots)."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey | None

    @property
    def signing_key(self) -> ec.EllipticCurvePrivateKey:
        """The private key. Raises: ValueError if it is kept elsewhere."""
        if self.key is None:
            raise ValueError("this authority key is not on this machine")
        return self.key

    def matches(self) -> bool:
        """Tell whether key and certificate belong together."""
        return self.key is None or self.key.public_key() == self.certificate.public_key()


def new_root(organization: str, name: str, now: datetime) -> Issuer:
    """Make a self-signed P-256 root that may have one intermediate (or timestamp leaf) below it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(organization, name)
    builder = _builder(subject, subject, key, now).add_extension(_CA_USAGE, critical=True)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
    return Issuer(builder.sign(key, hashes.SHA256()), key)


def new_intermediate(root: Issuer, organization: str, name: str, now: datetime) -> Issuer:
    """Make the intermediate that signs users' certificates, for code signing alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_name(organization, name), root.certificate.subject, key, now)
    builder = builder.add_extension(authority_key(root.certificate), critical=False)
    builder = builder.add_extension(_CA_USAGE, critical=True)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
    return Issuer(builder.sign(root.signing_key, hashes.SHA256()), key)


def new_timestamper(root: Issuer, organization: str, name: str, now: datetime) -> Issuer:
    """Make the leaf that signs timestamps; its extended key usage is critical (RFC 3161 section 2.3)."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_name(organization, name), root.certificate.subject, key, now)
    builder = builder.add_extension(authority_key(root.certificate), critical=False)
    builder = builder.add_extension(LEAF_USAGE, critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return Issuer(builder.sign(root.signing_key, hashes.SHA256()), key)


def authority_key(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """The authority key identifier of certificates that `issuer` signs."""
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


_CA_USAGE = _usage(authority=True)
LEAF_USAGE = _usage(authority=False)


def _name(organization: str, name: str) -> x509.Name:
    short = organization[:MAX_ORGANIZATION_CHARS]
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, short), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime
) -> x509.CertificateBuilder:
    start = now.replace(microsecond=0)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + LIFE)
        .add_extension(identifier, critical=False)
    )
