"""What a signer's certificate says, and that it takes nothing from the request but the key."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.certificate_transparency import LogEntryType
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from ebpfhub.schemas.errors import BadInput
from ebpfhub.signing.authority.certificates import issue_certificate
from ebpfhub.signing.authority.keys import AuthorityKeys
from ebpfhub.signing.authority.requests import CertificateRequest
from ebpfhub.signing.authority.subject import Subject
from ebpfhub.signing.authority.tokens import issue_token, verify_token
from ebpfhub.signing.authority.trust import transparency_log_id
from hypothesis import given
from hypothesis import strategies as st

ALICE = "alice@example.org"
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def csr(key: PrivateKey, *, name: str = "") -> x509.CertificateSigningRequest:
    attributes = [x509.NameAttribute(NameOID.EMAIL_ADDRESS, name)] if name else []
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(attributes))
    if name:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.RFC822Name(name)]), critical=False)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return builder.sign(key, hashes.SHA256())


def request(pem: bytes) -> bytes:
    return json.dumps({"certificateSigningRequest": base64.b64encode(pem).decode()}).encode()


def issue(
    keys: AuthorityKeys, now: datetime, *, identity: str = ALICE, key: PrivateKey | None = None, name: str = ""
) -> x509.Certificate:
    claims = verify_token(keys, issue_token(keys, Subject.parse(identity), now), now)
    made = csr(key or ec.generate_private_key(ec.SECP256R1()), name=name).public_bytes(Encoding.PEM)
    return issue_certificate(keys, CertificateRequest.parse(request(made)), claims, now)


def test_certificate_has_the_profile_of_fulcio(keys: AuthorityKeys, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = issue(keys, now, key=key)
    found = certificate.extensions
    names = found.get_extension_for_class(x509.SubjectAlternativeName)
    assert names.critical and list(names.value) == [x509.RFC822Name(ALICE)]
    usage = found.get_extension_for_class(x509.KeyUsage)
    assert usage.critical and usage.value.digital_signature and not usage.value.key_cert_sign
    assert list(found.get_extension_for_class(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.CODE_SIGNING]
    assert found.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    assert found.get_extension_for_class(x509.SubjectKeyIdentifier)
    issuer = keys.issuer.encode()
    raw = {item.oid.dotted_string: item.value for item in found}
    assert raw["1.3.6.1.4.1.57264.1.1"].value == issuer
    assert raw["1.3.6.1.4.1.57264.1.8"].value == bytes([0x0C, len(issuer)]) + issuer
    assert len(certificate.subject) == 0 and certificate.public_key() == key.public_key()
    certificate.verify_directly_issued_by(keys.intermediate.certificate)


def test_certificate_lives_ten_minutes_from_now(keys: AuthorityKeys, now: datetime) -> None:
    certificate = issue(keys, now)
    assert certificate.not_valid_before_utc == now.replace(microsecond=0)
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == timedelta(minutes=10)


def test_certificate_of_a_program_names_its_uri(keys: AuthorityKeys, now: datetime) -> None:
    names = issue(keys, now, identity="https://ci.example.org/robot").extensions
    value = names.get_extension_for_class(x509.SubjectAlternativeName).value
    assert list(value) == [x509.UniformResourceIdentifier("https://ci.example.org/robot")]


def test_names_and_wishes_of_the_request_are_ignored(keys: AuthorityKeys, now: datetime) -> None:
    certificate = issue(keys, now, name="root@example.org")
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert list(names) == [x509.RFC822Name(ALICE)] and len(certificate.subject) == 0
    with pytest.raises(x509.ExtensionNotFound):
        certificate.extensions.get_extension_for_class(x509.BasicConstraints)


def test_transparency_promise_is_signed_by_the_transparency_key(keys: AuthorityKeys, now: datetime) -> None:
    certificate = issue(keys, now)
    found = certificate.extensions.get_extension_for_class(x509.PrecertificateSignedCertificateTimestamps)
    (promise,) = list(found.value)
    assert promise.log_id == transparency_log_id(keys) and promise.entry_type is LogEntryType.PRE_CERTIFICATE
    milliseconds = int(now.timestamp() * 1000)
    issuer = keys.intermediate.certificate.public_key()
    issuer_hash = hashlib.sha256(issuer.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    body = certificate.tbs_precertificate_bytes
    signed = b"\x00\x00" + milliseconds.to_bytes(8, "big") + b"\x00\x01" + issuer_hash
    signed += len(body).to_bytes(3, "big") + body + b"\x00\x00"
    keys.transparency.public_key().verify(promise.signature, signed, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP521R1()), rsa.generate_private_key(65537, 2048)])
def test_keys_that_no_client_uses_are_refused(keys: AuthorityKeys, now: datetime, key: PrivateKey) -> None:
    with pytest.raises(BadInput, match="P-256"):
        issue(keys, now, key=key)


def test_p384_key_is_accepted(keys: AuthorityKeys, now: datetime) -> None:
    assert issue(keys, now, key=ec.generate_private_key(ec.SECP384R1()))


def test_request_signed_by_another_key_is_refused(keys: AuthorityKeys, now: datetime) -> None:
    der = bytearray(csr(ec.generate_private_key(ec.SECP256R1())).public_bytes(Encoding.DER))
    other = csr(ec.generate_private_key(ec.SECP256R1())).public_bytes(Encoding.DER)
    at = bytes(der).index(b"\x03\x42\x00\x04") + 4
    other_at = other.index(b"\x03\x42\x00\x04") + 4
    der[at : at + 64] = other[other_at : other_at + 64]
    pem = x509.load_der_x509_csr(bytes(der)).public_bytes(Encoding.PEM)
    claims = verify_token(keys, issue_token(keys, Subject.parse(ALICE), now), now)
    with pytest.raises(BadInput, match="possession"):
        issue_certificate(keys, CertificateRequest.parse(request(pem)), claims, now)


@given(st.binary(max_size=300) | st.binary(max_size=200).map(request))
def test_hostile_request_is_bad_input_and_nothing_else(data: bytes) -> None:
    with pytest.raises(BadInput):
        CertificateRequest.parse(data)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "alice",
        "@example.org",
        "alice@",
        "a@b@c.org",
        "al ice@example.org",
        "alice@example.org\n",
        "älice@example.org",
        "a..b@example.org",
        "a@" + "b" * 300,
        "http:/x",
        "https://exa mple.org/",
        "https://example.org/\x00",
        "//example.org",
    ],
)
def test_identity_that_cannot_stand_in_a_certificate_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        Subject.parse(text)


@given(st.from_regex(r"[a-z0-9.+_-]{1,20}@[a-z0-9-]{1,10}\.org", fullmatch=True) | st.text(max_size=40))
def test_every_accepted_identity_fits_a_certificate(text: str) -> None:
    try:
        subject = Subject.parse(text)
    except BadInput:
        return
    assert subject.general_name().value == text
