"""Identity tokens: only our own, for our audience, in their time."""

from __future__ import annotations

from datetime import datetime, timedelta

import jwt
import pytest
from ebpfhub.schemas.errors import Denied
from ebpfhub.signing.authority.keys import AuthorityKeys
from ebpfhub.signing.authority.subject import Subject
from ebpfhub.signing.authority.tokens import issue_token, verify_token
from hypothesis import given
from hypothesis import strategies as st

ALICE = Subject.parse("alice@example.org")


def forge(keys: AuthorityKeys, now: datetime, **changes: object) -> str:
    claims = {
        "iss": keys.issuer,
        "sub": ALICE.text,
        "aud": "sigstore",
        "iat": int(now.timestamp()),
        "exp": int(now.timestamp()) + 300,
    } | changes
    return jwt.encode({key: value for key, value in claims.items() if value is not None}, keys.token, algorithm="ES256")


def test_token_reads_back(keys: AuthorityKeys, now: datetime) -> None:
    claims = verify_token(keys, issue_token(keys, ALICE, now, nonce="n"), now)
    assert claims.subject == ALICE and claims.nonce == "n" and claims.issuer == keys.issuer


def test_token_is_valid_for_five_minutes_and_not_before(keys: AuthorityKeys, now: datetime) -> None:
    token = issue_token(keys, ALICE, now)
    verify_token(keys, token, now + timedelta(seconds=299))
    for moment in (now + timedelta(minutes=5), now - timedelta(seconds=1)):
        with pytest.raises(Denied, match="expired"):
            verify_token(keys, token, moment)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "other"},
        {"aud": ["sigstore", "other"]},
        {"aud": None},
        {"iss": "https://accounts.example.net"},
        {"iss": None},
        {"sub": None},
        {"sub": "not an identity"},
        {"sub": 7},
        {"exp": None},
        {"exp": "soon"},
        {"exp": 2**70},
        {"iat": None},
        {"iat": -1},
        {"iat": 1.5e300},
    ],
)
def test_token_with_other_claims_is_refused(keys: AuthorityKeys, now: datetime, changes: dict[str, object]) -> None:
    verify_token(keys, forge(keys, now), now)
    with pytest.raises(Denied):
        verify_token(keys, forge(keys, now, **changes), now)


def test_token_of_another_authority_is_refused(keys: AuthorityKeys, now: datetime) -> None:
    other = AuthorityKeys.generate(keys.origin, keys.issuer, now)
    with pytest.raises(Denied):
        verify_token(keys, issue_token(other, ALICE, now), now)


def test_unsigned_and_symmetric_tokens_are_refused(keys: AuthorityKeys, now: datetime) -> None:
    claims = jwt.decode(issue_token(keys, ALICE, now), options={"verify_signature": False})
    for token in (jwt.encode(claims, "", algorithm="none"), jwt.encode(claims, "k" * 32, algorithm="HS256")):
        with pytest.raises(Denied):
            verify_token(keys, token, now)


@given(text=st.text(max_size=200) | st.just("x" * 5000) | st.from_regex(r"[\w-]{1,40}\.[\w-]{1,40}\.[\w-]{0,40}"))
def test_hostile_text_is_denied_and_nothing_else(keys: AuthorityKeys, now: datetime, text: str) -> None:
    with pytest.raises(Denied):
        verify_token(keys, text, now)


def test_token_does_not_show_in_the_error(keys: AuthorityKeys, now: datetime) -> None:
    token = issue_token(keys, ALICE, now)
    with pytest.raises(Denied) as refused:
        verify_token(keys, token, now + timedelta(days=1))
    assert token not in str(refused.value)
