"""Timestamps: OpenSSL and rfc3161-client accept ours; what cannot be granted is rejected as RFC 3161 says."""

from __future__ import annotations

import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat import asn1
from ebpfhub.signing.authority import cms
from ebpfhub.signing.authority.keys import AuthorityKeys
from ebpfhub.signing.authority.timestamps import POLICY, Failure, answer_timestamp
from hypothesis import given
from hypothesis import strategies as st
from rfc3161_client import TimestampRequestBuilder, Verifier, VerifierBuilder, decode_timestamp_response
from rfc3161_client.base import HashAlgorithm
from rfc3161_client.errors import VerificationError

DATA = b"a signature"


def ask(data: bytes = DATA, algorithm: HashAlgorithm = HashAlgorithm.SHA256) -> bytes:
    return TimestampRequestBuilder().data(data).hash_algorithm(algorithm).nonce(nonce=True).build().as_bytes()


def verifier(keys: AuthorityKeys) -> Verifier:
    builder = VerifierBuilder().add_root_certificate(keys.timestamp_root.certificate)
    return builder.tsa_certificate(keys.timestamp.certificate).build()


@pytest.mark.parametrize("algorithm", list(HashAlgorithm))
def test_timestamp_is_accepted_by_the_client_library(
    keys: AuthorityKeys, now: datetime, algorithm: HashAlgorithm
) -> None:
    answer = answer_timestamp(keys, ask(algorithm=algorithm), now)
    response = decode_timestamp_response(answer.body)
    assert answer.failure is None and response.status == 0
    assert response.tst_info.gen_time == now.replace(microsecond=0)
    assert verifier(keys).verify_message(response, DATA)


def test_timestamp_of_other_data_is_refused_by_the_client_library(keys: AuthorityKeys, now: datetime) -> None:
    response = decode_timestamp_response(answer_timestamp(keys, ask(), now).body)
    with pytest.raises(VerificationError):
        verifier(keys).verify_message(response, b"other")


def openssl(tmp_path: Path, keys: AuthorityKeys, answer: bytes, *arguments: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "data").write_bytes(DATA)
    (tmp_path / "answer.tsr").write_bytes(answer)
    (tmp_path / "root.pem").write_bytes(keys.to_files()["timestamp-root.pem"])
    (tmp_path / "leaf.pem").write_bytes(keys.to_files()["timestamp.pem"])
    command = ["openssl", "ts", "-verify", "-in", "answer.tsr", "-CAfile", "root.pem", *arguments]
    moment = str(int((keys.created + timedelta(minutes=1)).timestamp()))
    return subprocess.run([*command, "-attime", moment], cwd=tmp_path, capture_output=True, text=True, check=False)


def test_openssl_verifies_the_timestamp_against_data_and_query(
    tmp_path: Path, keys: AuthorityKeys, now: datetime
) -> None:
    query = ask()
    (tmp_path / "query.tsq").write_bytes(query)
    answer = answer_timestamp(keys, query, now).body
    for what in (("-data", "data"), ("-queryfile", "query.tsq")):
        done = openssl(tmp_path, keys, answer, *what)
        assert done.returncode == 0 and "Verification: OK" in done.stdout, done.stderr


def test_openssl_refuses_a_changed_timestamp(tmp_path: Path, keys: AuthorityKeys, now: datetime) -> None:
    answer = bytearray(answer_timestamp(keys, ask(), now).body)
    answer[-5] ^= 1
    assert openssl(tmp_path, keys, bytes(answer), "-data", "data").returncode != 0


def test_query_made_by_openssl_is_granted_without_the_certificate(
    tmp_path: Path, keys: AuthorityKeys, now: datetime
) -> None:
    (tmp_path / "data").write_bytes(DATA)
    command = ["openssl", "ts", "-query", "-data", "data", "-sha512", "-out", "query.tsq"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    answer = answer_timestamp(keys, (tmp_path / "query.tsq").read_bytes(), now)
    assert answer.failure is None
    token = asn1.decode_der(cms.TimeStampResp, answer.body).token
    assert token is not None and token.content.certificates is None
    assert openssl(tmp_path, keys, answer.body, "-data", "data", "-untrusted", "leaf.pem").returncode == 0


def test_serial_numbers_do_not_repeat(keys: AuthorityKeys, now: datetime) -> None:
    query = ask()
    serials = {
        decode_timestamp_response(answer_timestamp(keys, query, now).body).tst_info.serial_number for _ in range(20)
    }
    assert len(serials) == 20


def changed(**changes: object) -> bytes:
    asked = asn1.decode_der(cms.TimeStampReq, ask())
    for name, value in changes.items():
        setattr(asked, name, value)
    return asn1.encode_der(asked)


MD5 = cms.AlgorithmIdentifier(algorithm=cms.OID("1.2.840.113549.2.5"), parameters=None)
SHA256 = cms.AlgorithmIdentifier(algorithm=cms.SHA256, parameters=None)


@pytest.mark.parametrize(
    ("query", "failure"),
    [
        (b"", Failure.BAD_DATA_FORMAT),
        (b"junk", Failure.BAD_DATA_FORMAT),
        (ask() + b"\x00", Failure.BAD_DATA_FORMAT),
        (b"\x30" * 5000, Failure.BAD_DATA_FORMAT),
        (changed(imprint=cms.MessageImprint(algorithm=MD5, digest=bytes(16))), Failure.BAD_ALGORITHM),
        (changed(imprint=cms.MessageImprint(algorithm=SHA256, digest=bytes(31))), Failure.BAD_DATA_FORMAT),
        (changed(version=2), Failure.BAD_REQUEST),
        (changed(nonce=1 << 2000), Failure.BAD_REQUEST),
        (changed(policy=cms.OID("1.2.3")), Failure.UNACCEPTED_POLICY),
        (changed(extensions=[cms.raw(b"\x30\x00")]), Failure.UNACCEPTED_EXTENSION),
    ],
    ids=[
        *("empty", "junk", "a byte too much", "too long", "unknown algorithm", "short digest", "version"),
        *("long nonce", "foreign policy", "extension"),
    ],
)
def test_what_cannot_be_granted_is_rejected_without_a_token(
    keys: AuthorityKeys, now: datetime, query: bytes, failure: Failure
) -> None:
    answer = answer_timestamp(keys, query, now)
    assert answer.failure is failure
    response = asn1.decode_der(cms.TimeStampResp, answer.body)
    bits = response.status.failure
    assert response.status.status == 2 and response.token is None and bits is not None
    assert bits.as_bytes()[failure // 8] == 0x80 >> failure % 8 and not any(bits.as_bytes()[: failure // 8])


def test_request_for_our_own_policy_is_granted(keys: AuthorityKeys, now: datetime) -> None:
    assert answer_timestamp(keys, changed(policy=POLICY), now).failure is None


@given(data=st.binary(max_size=200), at=st.integers(0, 60), bit=st.integers(0, 7))
def test_hostile_request_never_raises(keys: AuthorityKeys, now: datetime, data: bytes, at: int, bit: int) -> None:
    answer_timestamp(keys, data, now)
    flipped = bytearray(ask())
    flipped[at % len(flipped)] ^= 1 << bit
    answer_timestamp(keys, bytes(flipped), now)
