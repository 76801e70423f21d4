"""Identities in certificates, in the forms that Fulcio issues (fulcio, docs/oid-info.md)."""

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.asn1 import encode_der
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from ebpfhub.schemas.errors import NotTrusted
from ebpfhub.schemas.identity import Identity
from ebpfhub.signing.certificate import certificate_identity

ISSUER = "https://login.example.org"
MAIL = x509.RFC822Name("ann@example.org")
OLD, NEW = "1.3.6.1.4.1.57264.1.1", "1.3.6.1.4.1.57264.1.8"
USER_NAME = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.7")


def certificate(*names: x509.GeneralName, old: bytes | None = None, new: bytes | None = None) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([]))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2026, 1, 2, tzinfo=UTC))
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=True)
    for oid, value in ((OLD, old), (NEW, new)):
        if value is not None:
            builder = builder.add_extension(
                x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value), critical=False
            )
    return builder.sign(key, hashes.SHA256())


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        (MAIL, "ann@example.org"),
        (
            x509.UniformResourceIdentifier("https://example.org/w.yml@refs/tags/v1"),
            "https://example.org/w.yml@refs/tags/v1",
        ),
        (x509.OtherName(USER_NAME, encode_der("ann!example.org")), "ann!example.org"),
    ],
)
def test_each_kind_of_subject_is_read(name: x509.GeneralName, subject: str) -> None:
    made = certificate_identity(certificate(name, new=encode_der(ISSUER)), "hub")
    assert made == Identity("hub", ISSUER, subject)


def test_old_issuer_extension_is_enough_and_must_agree_with_the_new() -> None:
    assert certificate_identity(certificate(MAIL, old=ISSUER.encode()), "hub").issuer == ISSUER
    both = certificate(MAIL, old=ISSUER.encode(), new=encode_der(ISSUER))
    assert certificate_identity(both, "hub").issuer == ISSUER
    with pytest.raises(NotTrusted, match="two issuers"):
        certificate_identity(certificate(MAIL, old=b"https://evil.example", new=encode_der(ISSUER)), "hub")


@pytest.mark.parametrize(
    "made",
    [
        certificate(new=encode_der(ISSUER)),
        certificate(MAIL, x509.RFC822Name("eve@example.org"), new=encode_der(ISSUER)),
        certificate(x509.DNSName("example.org"), new=encode_der(ISSUER)),
        certificate(x509.OtherName(x509.ObjectIdentifier("1.2.3"), encode_der("ann")), new=encode_der(ISSUER)),
        certificate(x509.OtherName(USER_NAME, encode_der(7)), new=encode_der(ISSUER)),
        certificate(MAIL),
        certificate(MAIL, new=ISSUER.encode()),
        certificate(MAIL, new=encode_der("")),
        certificate(MAIL, new=encode_der("https://a\nb")),
        certificate(MAIL, new=encode_der("x" * 513)),
        certificate(MAIL, old=b"\xff\x00"),
    ],
)
def test_unclear_identity_is_not_trusted(made: x509.Certificate) -> None:
    with pytest.raises(NotTrusted):
        certificate_identity(made, "hub")
