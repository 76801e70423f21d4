"""Log entries: canonical, bounded, and written only as they read back."""

from dataclasses import replace
from typing import Any

import pytest
from ebpfhub.schemas.codec import decode, encode
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.entry import (
    MAX_ENTRY_BYTES,
    Entry,
    IndexRoot,
    Release,
    encode_entry,
    parse_entry,
    parse_signed_part,
    signed_part,
)
from ebpfhub.schemas.errors import BadInput, Unsupported
from ebpfhub.schemas.identity import MAX_OWNERS, Identity, Owner
from ebpfhub.schemas.mandate import FORCED, HUB, By, Mandate
from ebpfhub.schemas.ownership import Claim, Order, Revoke, Tag, Yank
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
OPTIONAL = {"claim": {"after"}, "tag": {"version"}, "revoke": {"after", "until", "namespace"}}
WRONG: list[Any] = [None, {}, -1, b"", True]
BY_ALICE = Mandate(By.OWNER, RELEASE.identity, DIGEST)
TAG = Tag(7, "hub.example.org", "tools", "opensnoop", "stable", "1.0.0", 3, BY_ALICE)
YANK = Yank(7, "hub.example.org", "tools", "opensnoop", "1.0.0", "it crashes", 3, BY_ALICE)
REVOKE = Revoke(7, "hub.example.org", "tools", RELEASE.identity, 2, None, "stolen", None, BY_ALICE)
ORDERS: list[Order] = [
    CLAIM,
    replace(CLAIM, after=3, mandate=BY_ALICE),
    replace(CLAIM, after=3, mandate=FORCED),
    TAG,
    replace(TAG, version=None),
    YANK,
    replace(YANK, mandate=FORCED),
    REVOKE,
    replace(REVOKE, namespace=None, until=5, after=4, mandate=FORCED),
]
ENTRIES: list[Entry] = [*ORDERS, RELEASE, replace(RELEASE, referrers=()), INDEX]


def mapped(entry: Entry) -> dict[str, Any]:
    """The map that an entry's bytes encode."""
    return dict(decode(encode_entry(entry), limit=MAX_ENTRY_BYTES))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.kind)
def test_entry_reads_back(entry: Entry) -> None:
    assert parse_entry(encode_entry(entry)) == entry


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.kind)
def test_every_field_is_needed_and_no_other_is_taken(entry: Entry) -> None:
    whole = mapped(entry)
    for name in set(whole) - OPTIONAL.get(entry.kind, set()):
        with pytest.raises((BadInput, Unsupported)):
            parse_entry(encode({key: value for key, value in whole.items() if key != name}))
        for wrong in WRONG:
            with pytest.raises((BadInput, Unsupported)):
                parse_entry(encode({**whole, name: wrong}))
    with pytest.raises(BadInput, match="unknown field"):
        parse_entry(encode({**whole, "extra": 1}))


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.kind)
def test_owner_signs_an_order_without_its_time_and_mandate(order: Order) -> None:
    signed = signed_part(order)
    assert parse_signed_part(signed) == replace(order, time=0, mandate=HUB)
    assert signed == signed_part(replace(order, time=order.time + 9, mandate=FORCED))
    assert not {"time", "by", "identity", "bundle"} & set(decode(signed, limit=MAX_ENTRY_BYTES))


def test_release_and_map_root_are_no_orders() -> None:
    for entry in (RELEASE, INDEX):
        with pytest.raises(Unsupported, match="cannot order"):
            parse_signed_part(encode({name: value for name, value in mapped(entry).items() if name != "time"}))
    with pytest.raises(BadInput, match="canonical"):
        parse_signed_part(encode_entry(YANK))


@pytest.mark.parametrize("tag", ["latest", "1.0.0", "-x", ""])
def test_tag_that_follows_releases_or_is_none_cannot_be_set(tag: str) -> None:
    with pytest.raises(BadInput):
        encode_entry(replace(TAG, tag=tag))


def test_revocation_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(BadInput, match="from 2"):
        encode_entry(replace(REVOKE, until=1))


def test_second_spelling_of_an_entry_is_refused() -> None:
    # an absent field has one spelling: no field
    with pytest.raises(BadInput, match="canonical"):
        parse_entry(encode({**mapped(CLAIM), "after": None}))


def test_unknown_kind_or_version_is_unsupported() -> None:
    with pytest.raises(Unsupported, match="unknown"):
        parse_entry(encode({"v": 1, "kind": "coup", "time": 1}))
    with pytest.raises(Unsupported):
        parse_entry(encode({**mapped(CLAIM), "v": 2}))


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
        parse_entry(encode({**mapped(RELEASE), **change}))


def test_claim_outside_its_bounds_is_refused() -> None:
    owner = OWNER.to_map()
    changes: list[dict[str, Any]] = [
        {"owners": []},
        {"owners": [owner] * (MAX_OWNERS + 1)},
        {"by": "alice"},
        {"by": "owner"},
        {"bundle": bytes(32)},
    ]
    for change in (*changes, {"origin": "localhost"}):
        with pytest.raises(BadInput):
            parse_entry(encode({**mapped(CLAIM), **change}))


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
