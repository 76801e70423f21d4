"""Identity tokens of outside providers: what they must say, and keys that no token may be signed with."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from ebpfhub.schemas.errors import BadInput, Denied
from ebpfhub.signing.authority.outside_tokens import KeySet, claimed_issuer, read_key_set, verify_outside_token
from ebpfhub.signing.authority.provider import Provider
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

ALICE = "alice@corp.test"
CORP = Provider("https://corp.test")
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
RSA, EC, ED = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey
ED_KEY = ED.generate()
CLAIMS = {
    "iss": CORP.issuer,
    "aud": "sigstore",
    "sub": "4711",
    "email": ALICE,
    "email_verified": True,
    "iat": int(NOW.timestamp()),
    "exp": int(NOW.timestamp()) + 600,
}


def key_set(*more: Any) -> bytes:
    keys = [
        RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True) | {"kid": "rsa"},
        ECAlgorithm.to_jwk(EC.public_key(), as_dict=True) | {"kid": "ec"},
        OKPAlgorithm.to_jwk(ED_KEY.public_key(), as_dict=True) | {"kid": "ed"},
    ]
    return json.dumps({"keys": [*keys, *more]}).encode()


KEYS: KeySet = read_key_set(key_set(), where="corp")


def token(**changes: Any) -> str:
    return jwt.encode(CLAIMS | changes, RSA, algorithm="RS256", headers={"kid": "rsa"})


@pytest.mark.parametrize(
    ("kid", "key", "algorithm"), [("rsa", RSA, "RS256"), ("ec", EC, "ES256"), ("ed", ED_KEY, "EdDSA")]
)
def test_a_right_token_names_its_signer_and_its_provider(kid: str, key: Any, algorithm: str) -> None:
    raw = jwt.encode(CLAIMS, key, algorithm=algorithm, headers={"kid": kid})
    claims = verify_outside_token(CORP, KEYS, raw, NOW)
    assert (claims.subject.text, claims.issuer) == (ALICE, CORP.issuer) == (ALICE, claimed_issuer(raw))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"aud": "another"}, "Audience"),
        ({"aud": ["sigstore", "another"]}, "several programs"),
        ({"iss": "https://corp.test/"}, "issuer"),
        ({"email_verified": False}, "not verified"),
        ({"email_verified": "true"}, "email_verified"),
        ({"email": "not an address"}, "email"),
        ({"exp": int(NOW.timestamp()) - 61}, "expired"),
        ({"iat": int(NOW.timestamp()) + 61}, "not valid yet"),
    ],
)
def test_a_token_that_says_something_else_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Denied, match=said):
        verify_outside_token(CORP, KEYS, token(**changes), NOW)


def test_a_token_for_several_programs_names_this_one_as_its_bearer() -> None:
    raw = token(aud=["sigstore", "another"], azp="sigstore")
    assert verify_outside_token(CORP, KEYS, raw, NOW).subject.text == ALICE


def test_a_minute_between_two_clocks_is_forgiven() -> None:
    for late in (timedelta(seconds=-59), timedelta(seconds=659)):
        assert verify_outside_token(CORP, KEYS, token(), NOW + late)


def test_the_subject_signs_where_the_settings_say_so() -> None:
    robots = Provider(CORP.issuer, "sigstore", "sub")
    raw = token(sub="https://corp.test/robots/7", email_verified=False)
    assert verify_outside_token(robots, KEYS, raw, NOW).subject.text == "https://corp.test/robots/7"
    with pytest.raises(Denied, match="neither an e-mail address nor a URI"):
        verify_outside_token(robots, KEYS, token(), NOW)


def test_a_stranger_with_the_same_claims_is_refused() -> None:
    other = rsa.generate_private_key(65537, 2048)
    for raw in (
        jwt.encode(CLAIMS, other, algorithm="RS256", headers={"kid": "rsa"}),
        jwt.encode(CLAIMS, other, algorithm="RS256", headers={"kid": "unknown"}),
        jwt.encode(CLAIMS, "", algorithm="none", headers={"kid": "rsa"}),
        jwt.encode(CLAIMS, "x" * 64, algorithm="HS256", headers={"kid": "rsa"}),
        jwt.encode(CLAIMS, EC, algorithm="ES256", headers={"kid": "rsa"}),
    ):
        with pytest.raises(Denied):
            verify_outside_token(CORP, KEYS, raw, NOW)


def test_keys_that_are_weak_secret_or_for_something_else_are_left_out() -> None:
    weak = RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 1024).public_key(), as_dict=True)
    secret = RSAAlgorithm.to_jwk(RSA, as_dict=True)
    shared = {"kty": "oct", "k": "c2VjcmV0", "alg": "HS256"}
    listed: list[Any] = [
        weak | {"kid": "weak"},
        secret | {"kid": "secret"},
        shared | {"kid": "shared"},
        {"kty": "new"},
        "no map",
    ]
    encrypting = RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True) | {"kid": "encrypting", "use": "enc"}
    assert read_key_set(key_set(*listed, encrypting), where="corp").keys() == {"rsa", "ec", "ed"}


@given(
    st.binary(max_size=300)
    | st.recursive(st.none() | st.text(), st.lists).map(lambda it: json.dumps({"keys": it}).encode())
)
def test_a_key_set_of_any_bytes_is_read_or_bad_input(data: bytes) -> None:
    try:
        read_key_set(data, where="corp")
    except BadInput as error:
        assert "corp" in error.where


@given(st.text(max_size=200) | st.text(max_size=60).map(lambda text: f"{token()[:40]}.{text}.{text}"))
def test_a_token_of_any_text_is_refused(text: str) -> None:
    assert isinstance(claimed_issuer(text), str)
    with pytest.raises(Denied):
        verify_outside_token(CORP, KEYS, text, NOW)
