"""The origin note: signed by the pinned key, one spelling, windows of log keys."""

from dataclasses import replace

import pytest
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.errors import BadInput, NotTrusted
from ebpfhub.signing.notes import COSIGNATURE, Note, SignerKey
from ebpfhub.signing.origin import (
    LogKey,
    OriginNote,
    Successor,
    origin_key_name,
    read_fingerprint,
    verify_origin_note,
)
from hypothesis import given
from hypothesis import strategies as st

ORIGIN = "hub.example.org"
KEY = SignerKey.generate(origin_key_name(ORIGIN))
OLD, NEW = SignerKey.generate(ORIGIN), SignerKey.generate(ORIGIN)
COSIGNER = SignerKey.generate(f"{ORIGIN}/cosigner", COSIGNATURE)
NOTE = OriginNote(
    *(ORIGIN, 3, KEY.verifier, (LogKey(OLD.verifier, 0, 99), LogKey(NEW.verifier, 100)), (COSIGNER.verifier,)),
    (("public", Digest.of(b"root")), ("hub", Digest.of(b"own root"))),
    Successor("next.example.org", "5f" * 32),
)


def verify(text: str, fingerprint: str = KEY.verifier.fingerprint, origin: str = ORIGIN) -> OriginNote:
    return verify_origin_note(text, origin=origin, fingerprint=fingerprint)


def signed(body: str) -> str:
    return str(Note.sign(body, KEY))


def test_origin_note_reads_back() -> None:
    assert verify(NOTE.sign(KEY)) == NOTE
    bare = replace(NOTE, cosigners=(), domains=(), successor=None)
    assert verify(bare.sign(KEY)) == bare


def test_another_origin_key_is_refused_and_said() -> None:
    other = SignerKey.generate(origin_key_name(ORIGIN))
    with pytest.raises(NotTrusted, match="fingerprint") as caught:
        verify(replace(NOTE, key=other.verifier).sign(other))
    assert caught.value.check == "origin"
    assert "other way" not in caught.value.what and caught.value.todo


def test_note_that_names_the_pinned_key_but_is_signed_by_another_is_refused() -> None:
    other = SignerKey.generate(origin_key_name(ORIGIN))
    with pytest.raises(NotTrusted) as caught:
        verify(str(Note.sign(NOTE.body, other)))
    assert caught.value.check == "origin"
    with pytest.raises(BadInput):
        NOTE.sign(other)


def test_changed_fact_is_refused() -> None:
    for old, new in (("serial 3", "serial 4"), (f"origin {ORIGIN}", "origin evil.example.org"), ("0 99", "0 98")):
        with pytest.raises((NotTrusted, BadInput)):
            verify(NOTE.sign(KEY).replace(old, new, 1))


def test_log_keys_sign_inside_their_windows_only() -> None:
    for size, key in ((0, OLD), (99, OLD), (100, NEW), (10**12, NEW)):
        assert NOTE.log_key(size) == key.verifier
    ended = replace(NOTE, logs=(LogKey(OLD.verifier, 5, 9),))
    for size in (4, 10):
        with pytest.raises(NotTrusted) as caught:
            ended.log_key(size)
        assert caught.value.check == "checkpoint"


LINES = NOTE.body.rstrip("\n").split("\n")


@pytest.mark.parametrize(
    ("story", "lines"),
    [
        ("another format", ["ebpfhub-origin-note/v2", *LINES[1:]]),
        ("no origin", [line for line in LINES if not line.startswith("origin ")]),
        ("two origins", [*LINES[:2], LINES[1], *LINES[2:]]),
        ("two serials", [*LINES[:3], LINES[2], *LINES[3:]]),
        ("no log key", [line for line in LINES if not line.startswith("log ")]),
        ("an unknown word", [*LINES, "mirror m.example.org"]),
        ("another order", [LINES[0], LINES[2], LINES[1], *LINES[3:]]),
        ("an empty line", [*LINES, ""]),
        ("a space at the end", [*LINES[:2], LINES[2] + " ", *LINES[3:]]),
        ("a serial with a leading zero", [*LINES[:2], "serial 03", *LINES[3:]]),
        ("a serial in other digits", [*LINES[:2], "serial \u0663", *LINES[3:]]),
        ("a negative serial", [*LINES[:2], "serial -3", *LINES[3:]]),
        ("a huge serial", [*LINES[:2], "serial " + "9" * 5000, *LINES[3:]]),
        ("a log key of another name", [*LINES[:4], f"log 0 - {SignerKey.generate('x').verifier}", *LINES[6:]]),
        ("a cosigner as log key", [*LINES[:4], f"log 0 - {SignerKey(ORIGIN, 4, OLD.private).verifier}", *LINES[6:]]),
        ("a log key as cosigner", [*LINES[:6], f"cosigner {OLD.verifier}", *LINES[7:]]),
        ("a root without a digest", [*LINES[:7], "trust public sha256:00"]),
        ("a domain of another spelling", [*LINES[:7], f"trust Public {Digest.of(b'x')}"]),
        ("a successor with a port", [*LINES[:9], f"successor next.example.org:80 {'5f' * 32}"]),
        ("a successor without a key", [*LINES[:9], "successor next.example.org"]),
        ("itself as successor", [*LINES[:9], f"successor {ORIGIN} {'5f' * 32}"]),
        ("too many lines", [*LINES[:9], *(f"trust d{number} {Digest.of(b'x')}" for number in range(64))]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_lines_are_refused_even_when_signed(story: str, lines: list[str]) -> None:
    with pytest.raises(BadInput):
        verify(signed("\n".join(lines) + "\n"))


def test_origin_key_of_another_origins_name_is_refused() -> None:
    other = SignerKey.generate(origin_key_name("evil.example.org"))
    with pytest.raises(BadInput):
        verify(replace(NOTE, key=other.verifier).sign(other), other.verifier.fingerprint)


@pytest.mark.parametrize("text", ["", "0" * 63, "0" * 65, "g" * 64, "\u0660" * 64, "sha512:" + "0" * 64])
def test_other_text_is_no_fingerprint(text: str) -> None:
    with pytest.raises(BadInput):
        read_fingerprint(text)


def test_fingerprint_is_read_as_people_write_it() -> None:
    digits = KEY.verifier.fingerprint
    pairs = ":".join(digits[at : at + 2] for at in range(0, 64, 2))
    for text in (digits, digits.upper(), f"sha256:{digits}", pairs, f" {digits[:32]} {digits[32:]}\n"):
        assert read_fingerprint(text) == digits


@given(st.text(max_size=200))
def test_arbitrary_body_is_refused(text: str) -> None:
    with pytest.raises((BadInput, NotTrusted)):
        verify(text)
    try:
        note = signed(f"ebpfhub-origin-note/v1\n{text}\n")
    except (BadInput, UnicodeEncodeError):
        return
    with pytest.raises(BadInput):
        verify(note)


def test_note_of_another_origin_is_refused() -> None:
    with pytest.raises(NotTrusted, match=r"of hub\.example\.org, not of other\.example\.org") as caught:
        verify(NOTE.sign(KEY), origin="other.example.org")
    assert caught.value.check == "origin"
