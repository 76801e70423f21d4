"""What enters the log: right signatures by this authority's certificates, in one canonical form."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime, timedelta

import pytest
import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from ebpfhub.schemas.errors import BadInput, Denied
from ebpfhub.signing.authority.certificates import issue_certificate
from ebpfhub.signing.authority.keys import AuthorityKeys
from ebpfhub.signing.authority.rekor import SignatureEntry, pae
from ebpfhub.signing.authority.requests import CertificateRequest
from ebpfhub.signing.authority.subject import Subject
from ebpfhub.signing.authority.tokens import issue_token, verify_token
from hypothesis import given
from hypothesis import strategies as st

SUBJECT = Subject.parse("alice@example.org")


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


class Signer:
    """A key with its certificate."""

    def __init__(self, keys: AuthorityKeys, now: datetime, curve: ec.EllipticCurve | None = None) -> None:
        self.key = ec.generate_private_key(curve or ec.SECP256R1())
        csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(self.key, hashes.SHA256())
        claims = verify_token(keys, issue_token(keys, SUBJECT, now), now)
        self.certificate = issue_certificate(keys, CertificateRequest("", csr=csr), claims, now)

    def verifier(self, details: str = "PKIX_ECDSA_P256_SHA_256") -> dict[str, object]:
        der = self.certificate.public_bytes(Encoding.DER)
        return {"x509Certificate": {"rawBytes": b64(der)}, "keyDetails": details}

    def hashed(self, data: bytes, **changes: object) -> bytes:
        content = b64(self.key.sign(data, ec.ECDSA(hashes.SHA256())))
        signature = {"content": content, "verifier": self.verifier()}
        fields = {"digest": b64(hashlib.sha256(data).digest()), "signature": signature} | changes
        return json.dumps({"hashedRekordRequestV002": fields}).encode()

    def enveloped(self, payload: bytes, kind: str = "application/vnd.in-toto+json") -> bytes:
        signature = self.key.sign(pae(kind, payload), ec.ECDSA(hashes.SHA256()))
        envelope = {"payload": b64(payload), "payloadType": kind, "signatures": [{"sig": b64(signature), "keyid": ""}]}
        return json.dumps({"dsseRequestV002": {"envelope": envelope, "verifiers": [self.verifier()]}}).encode()


@pytest.fixture(scope="session")
def signer(keys: AuthorityKeys, now: datetime) -> Signer:
    return Signer(keys, now)


def test_right_signature_is_accepted_and_its_body_is_canonical(
    keys: AuthorityKeys, now: datetime, signer: Signer
) -> None:
    entry = SignatureEntry.parse(signer.hashed(b"data"))
    entry.check(keys, now)
    body = entry.canonical_body()
    assert rfc8785.dumps(json.loads(body)) == body
    spec = json.loads(body)["spec"]["hashedRekordV002"]
    assert spec["data"] == {"algorithm": "SHA2_256", "digest": b64(hashlib.sha256(b"data").digest())}


def test_envelope_is_stored_as_the_hash_of_what_it_signs(keys: AuthorityKeys, now: datetime, signer: Signer) -> None:
    entry = SignatureEntry.parse(signer.enveloped(b"{}"))
    entry.check(keys, now)
    assert entry.digest == hashlib.sha256(b"DSSEv1 28 application/vnd.in-toto+json 2 {}").digest()


def test_p384_certificate_signs_with_sha384(keys: AuthorityKeys, now: datetime) -> None:
    signer = Signer(keys, now, ec.SECP384R1())
    digest = hashlib.sha384(b"data").digest()
    content = b64(signer.key.sign(b"data", ec.ECDSA(hashes.SHA384())))
    signature = {"content": content, "verifier": signer.verifier("PKIX_ECDSA_P384_SHA_384")}
    entry = SignatureEntry.parse(signer.hashed(b"data", digest=b64(digest), signature=signature))
    entry.check(keys, now)
    assert json.loads(entry.canonical_body())["spec"]["hashedRekordV002"]["data"]["algorithm"] == "SHA2_384"


def test_signature_over_something_else_is_denied(keys: AuthorityKeys, now: datetime, signer: Signer) -> None:
    wrong = SignatureEntry.parse(signer.hashed(b"data", digest=b64(bytes(32))))
    with pytest.raises(Denied, match="signature"):
        wrong.check(keys, now)


def test_certificate_of_another_authority_is_denied(keys: AuthorityKeys, now: datetime) -> None:
    other = AuthorityKeys.generate(keys.origin, keys.issuer, now)
    with pytest.raises(Denied, match="authority"):
        SignatureEntry.parse(Signer(other, now).hashed(b"data")).check(keys, now)


def test_authority_certificates_themselves_sign_no_entries(keys: AuthorityKeys, now: datetime, signer: Signer) -> None:
    verifier = signer.verifier() | {
        "x509Certificate": {"rawBytes": b64(keys.root.certificate.public_bytes(Encoding.DER))}
    }
    content = b64(keys.root.signing_key.sign(b"data", ec.ECDSA(hashes.SHA256())))
    entry = SignatureEntry.parse(signer.hashed(b"data", signature={"content": content, "verifier": verifier}))
    with pytest.raises(Denied):
        entry.check(keys, now)


@pytest.mark.parametrize("minutes", [-1, 11])
def test_certificate_out_of_its_time_is_denied(
    keys: AuthorityKeys, now: datetime, signer: Signer, minutes: int
) -> None:
    with pytest.raises(Denied, match="expired"):
        SignatureEntry.parse(signer.hashed(b"data")).check(keys, now + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    "change",
    [
        {"digest": b64(bytes(31))},
        {"digest": b64(bytes(33))},
        {"digest": "%%%"},
        {"signature": {"content": "AAAA", "verifier": {"publicKey": {"rawBytes": "AAAA"}, "keyDetails": "x"}}},
        {"signature": {"content": "AAAA", "verifier": {"x509Certificate": {"rawBytes": "AAAA"}, "keyDetails": "x"}}},
        {"signature": None},
        {"extra": 1},
    ],
)
def test_malformed_entry_is_bad_input(signer: Signer, change: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        SignatureEntry.parse(signer.hashed(b"data", **change))


def test_details_that_do_not_fit_the_key_are_refused(signer: Signer) -> None:
    signature = {"content": "AAAA", "verifier": signer.verifier("PKIX_ECDSA_P384_SHA_384")}
    with pytest.raises(BadInput, match="keyDetails"):
        SignatureEntry.parse(signer.hashed(b"data", signature=signature))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


@given(
    value=json_values,
    data=st.binary(max_size=60),
    place=st.sampled_from(["hashedRekordRequestV002", "dsseRequestV002"]),
)
def test_hostile_request_is_bad_input_and_nothing_else(value: object, data: bytes, place: str) -> None:
    for body in (data, json.dumps(value).encode(), json.dumps({place: value}).encode()):
        with pytest.raises(BadInput):
            SignatureEntry.parse(body)
