"""Log entries: canonical, bounded, and written only as they read back."""

from dataclasses import replace
from typing import Any

import pytest
from ebpfhub.schemas.codec import encode
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.entry import (
    MAX_ENTRY_BYTES,
    RESERVED_KINDS,
    Claim,
    Entry,
    IndexRoot,
    Release,
    encode_entry,
    parse_entry,
)
from ebpfhub.schemas.errors import BadInput, Unsupported
from ebpfhub.schemas.identity import MAX_OWNERS, Identity, Owner
from hypothesis import given
from hypothesis import strategies as st

DIGEST = Digest.of(b"x")
OWNER = Owner("public", "https://accounts.example.com", "alice@example.com")
CLAIM = Claim(7, "hub.example.org", "tools", (OWNER,))
RELEASE = Release(
    *(7, "tools", "opensnoop", "1.0.0", DIGEST, 700),
    *(Identity("public", OWNER.issuer, "alice@example.com"), (DIGEST,), DIGEST, 1),
)
INDEX = IndexRoot(7, bytes(32))
WRONG: list[Any] = [None, {}, -1, b"", True]
ENTRIES: list[Entry] = [CLAIM, replace(CLAIM, after=3), RELEASE, replace(RELEASE, referrers=()), INDEX]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.kind)
def test_entry_reads_back(entry: Entry) -> None:
    assert parse_entry(encode_entry(entry)) == entry


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.kind)
def test_every_field_is_needed_and_no_other_is_taken(entry: Entry) -> None:
    whole = entry.to_map()
    for name in set(whole) - {"after"}:
        with pytest.raises((BadInput, Unsupported)):
            parse_entry(encode({key: value for key, value in whole.items() if key != name}))
        for wrong in WRONG:
            with pytest.raises((BadInput, Unsupported)):
                parse_entry(encode({**whole, name: wrong}))
    with pytest.raises(BadInput, match="unknown field"):
        parse_entry(encode({**whole, "extra": 1}))


def test_second_spelling_of_an_entry_is_refused() -> None:
    # an absent field has one spelling: no field
    with pytest.raises(BadInput, match="canonical"):
        parse_entry(encode({**CLAIM.to_map(), "after": None}))


@pytest.mark.parametrize("kind", sorted(RESERVED_KINDS))
def test_reserved_kind_is_unsupported_not_malformed(kind: str) -> None:
    with pytest.raises(Unsupported, match="reserved"):
        parse_entry(encode({"v": 1, "kind": kind, "time": 1, "anything": []}))


def test_unknown_kind_or_version_is_unsupported() -> None:
    with pytest.raises(Unsupported, match="unknown"):
        parse_entry(encode({"v": 1, "kind": "coup", "time": 1}))
    with pytest.raises(Unsupported):
        parse_entry(encode({**CLAIM.to_map(), "v": 2}))


@pytest.mark.parametrize(
    "change",
    [
        {"version": "1.0"},
        {"version": "latest"},
        {"namespace": "a.b"},
        {"namespace": "Tools"},
        {"name": "../x"},
        {"size": 0},
        {"size": 2**20},
        {"manifest": b"short"},
        {"referrers": [b"short"]},
        {"referrers": ["sha256:" + "0" * 64]},
        {"referrers": [bytes(32)] * 33},
        {"permissions": {"rules": 1, "digest": bytes(32), "also": 1}},
        {"permissions": {"rules": 0, "digest": bytes(32)}},
        {"identity": {"domain": "public", "issuer": "i", "subject": "s", "also": 1}},
        {"identity": {"domain": "Public", "issuer": "i", "subject": "s"}},
        {"identity": {"domain": "public", "issuer": "i", "subject": "s" * 513}},
        {"time": -1},
        {"time": 2**63},
    ],
    ids=str,
)
def test_release_outside_its_bounds_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        parse_entry(encode({**RELEASE.to_map(), **change}))


def test_claim_outside_its_bounds_is_refused() -> None:
    owner = OWNER.to_map()
    changes: list[dict[str, Any]] = [{"owners": []}, {"owners": [owner] * (MAX_OWNERS + 1)}, {"by": "alice"}]
    for change in (*changes, {"origin": "localhost"}):
        with pytest.raises(BadInput):
            parse_entry(encode({**CLAIM.to_map(), **change}))


@pytest.mark.parametrize(
    "entry",
    [
        replace(RELEASE, size=0),
        replace(RELEASE, version="1.0"),
        replace(RELEASE, referrers=(DIGEST,) * 33),
        replace(RELEASE, identity=replace(RELEASE.identity, subject="alice\x1b[2J")),
        replace(CLAIM, owners=()),
        replace(CLAIM, owners=(OWNER,) * (MAX_OWNERS + 1)),
        replace(CLAIM, origin=""),
        replace(CLAIM, time=-1),
        replace(INDEX, root=b""),
    ],
    ids=str,
)
def test_entry_that_no_reader_would_take_is_not_written(entry: Entry) -> None:
    with pytest.raises(BadInput):
        encode_entry(entry)


def test_entry_larger_than_a_bundle_holds_is_refused() -> None:
    owner = Owner("public", "\U0001f41d" * 512, "\U0001f41d" * 512)
    with pytest.raises(BadInput, match=str(MAX_ENTRY_BYTES)):
        encode_entry(replace(CLAIM, owners=(owner,) * MAX_OWNERS))
    with pytest.raises(BadInput, match=str(MAX_ENTRY_BYTES)):
        parse_entry(encode({"v": 1, "kind": "claim", "pad": b"x" * MAX_ENTRY_BYTES}))


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    with pytest.raises((BadInput, Unsupported)):
        parse_entry(data)


@given(st.sampled_from(ENTRIES), st.data())
def test_changed_byte_is_another_entry_or_refused(entry: Entry, data: st.DataObject) -> None:
    raw = bytearray(encode_entry(entry))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        other = parse_entry(bytes(raw))
    except (BadInput, Unsupported):
        return
    assert other != entry
    assert encode_entry(other) == bytes(raw)
