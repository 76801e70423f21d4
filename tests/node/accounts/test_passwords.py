"""Stored passwords: right ones pass, others and broken ones never do."""

from __future__ import annotations

import pytest
from ebpfhub.node.accounts.passwords import MAX_CHARS, check_password, hash_password
from ebpfhub.schemas.errors import BadInput


def test_password_matches_its_own_hash_only() -> None:
    stored = hash_password("correct horse \N{HORSE FACE}")
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$") and len(stored) < 256
    assert check_password("correct horse \N{HORSE FACE}", stored)
    assert not check_password("correct horse", stored)


def test_same_password_is_stored_differently_each_time() -> None:
    assert hash_password("correct horse") != hash_password("correct horse")


@pytest.mark.parametrize("text", ["", "short", "x" * (MAX_CHARS + 1)])
def test_too_short_or_too_long_passwords_are_refused(text: str) -> None:
    with pytest.raises(BadInput):
        hash_password(text)


def test_unknown_user_and_broken_hash_never_match() -> None:
    for stored in ("", "junk", "$argon2id$", "$argon2id$v=19$m=65536,t=3,p=4$AAAA$", "x" * 10_000):
        assert not check_password("correct horse", stored)
    assert not check_password("x" * (MAX_CHARS + 1), hash_password("correct horse"))
