"""Identities and the patterns that name owners."""

import pytest
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.fields import Fields
from ebpfhub.schemas.identity import Identity, Owner, check_domain
from hypothesis import given
from hypothesis import strategies as st

ISSUER = "https://accounts.example.com"


def matches(pattern: str, subject: str) -> bool:
    return Owner("public", ISSUER, pattern).matches(Identity("public", ISSUER, subject))


@pytest.mark.parametrize(
    ("pattern", "subject", "verdict"),
    [
        ("alice@example.com", "alice@example.com", True),
        ("alice@example.com", "malice@example.com", False),
        ("alice@example.com", "alice@example.com.evil.org", False),
        ("alice@example.com", "alice@exampleXcom", False),
        ("alice@example.com", "Alice@example.com", False),
        ("alice@example.com", "alice@example.com\n", False),
        ("*@example.com", "bob@example.com", True),
        ("*@example.com", "x/bob@example.com", False),
        ("https://github.com/acme/*", "https://github.com/acme/tool", True),
        ("https://github.com/acme/*", "https://github.com/acme/tool/x", False),
        ("https://github.com/acme/*", "https://github.com/acme-evil/tool", False),
        ("https://github.com/acme/*/.github/*@*", "https://github.com/acme/t/.github/w.yml@main", True),
        ("https://github.com/acme/*/.github/*@*", "https://github.com/acme/t/evil/.github/w.yml@main", False),
        ("a*b*c", "a-b-b-c", True),
        ("a*b*c", "abc", True),
        ("a*b*c", "acb", False),
        ("(a|b)*", "a", False),
        ("[a-z]+*", "abc", False),
        ("", "", True),
        ("alice", "", False),
    ],
)
def test_pattern_names_whole_identities(pattern: str, subject: str, verdict: bool) -> None:
    assert matches(pattern, subject) is verdict


def test_domain_and_issuer_must_be_the_same() -> None:
    owner = Owner("public", ISSUER, "alice@example.com")
    assert not owner.matches(Identity("hub", ISSUER, "alice@example.com"))
    assert not owner.matches(Identity("public", ISSUER + "/", "alice@example.com"))
    assert not Owner("public", "*", "alice@example.com").matches(Identity("public", ISSUER, "alice@example.com"))


@given(st.text("ab/*", max_size=12), st.text("ab/", max_size=14))
def test_star_is_any_characters_but_a_slash(pattern: str, subject: str) -> None:
    assert matches(pattern, subject) is slow_match(pattern, subject)


def slow_match(pattern: str, subject: str) -> bool:
    if not pattern:
        return not subject
    if pattern[0] == "*":
        return slow_match(pattern[1:], subject) or (subject[:1] not in ("", "/") and slow_match(pattern, subject[1:]))
    return subject[:1] == pattern[0] and slow_match(pattern[1:], subject[1:])


def test_pattern_of_many_stars_is_answered_at_once() -> None:
    # with a backtracking match this takes longer than the age of the earth
    assert not matches("*a" * 250 + "b", "a" * 512)
    assert matches("*a" * 250, "a" * 512)


@pytest.mark.parametrize("pattern", ["*", "**", ""])
def test_pattern_for_anybody_is_refused(pattern: str) -> None:
    with pytest.raises(BadInput):
        Owner.read(Fields({"domain": "public", "issuer": ISSUER, "pattern": pattern}, "owner"))


@pytest.mark.parametrize("character", ["\n", "\x1b", "\x00", "\x7f", "\x9b", "\u2028", "\u202e"])
def test_identity_that_would_steer_a_terminal_is_refused(character: str) -> None:
    good = {"domain": "public", "issuer": ISSUER, "subject": "alice", "pattern": "alice"}
    for field in ("issuer", "subject"):
        with pytest.raises(BadInput):
            Identity.read(Fields({**good, field: f"a{character}b"}, "identity"))
    del good["subject"]
    for field in ("issuer", "pattern"):
        with pytest.raises(BadInput):
            Owner.read(Fields({**good, field: f"a{character}b"}, "owner"))


@pytest.mark.parametrize("name", ["", "Public", "-a", "a" * 33, "a b", "a\n", "ä"])
def test_other_text_is_no_trust_domain(name: str) -> None:
    with pytest.raises(BadInput):
        check_domain(name)


def test_owner_with_an_unknown_field_is_refused() -> None:
    with pytest.raises(BadInput, match="unknown"):
        Owner.read(Fields({"domain": "public", "issuer": ISSUER, "pattern": "a", "also": "b"}, "owner"))
