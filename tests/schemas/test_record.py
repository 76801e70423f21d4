"""The map's records: the bytes that a leaf hashes say one thing, and only one spelling says it."""

from typing import Any

import pytest
from ebpfhub.schemas.codec import encode
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.entry import encode_entry
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.identity import MAX_OWNERS, Owner
from ebpfhub.schemas.ownership import Claim
from ebpfhub.schemas.record import (
    MAX_RECORD_BYTES,
    MAX_TAGS,
    PackageRecord,
    State,
    VersionRecord,
    package_key,
    version_key,
)
from hypothesis import given
from hypothesis import strategies as st

OWNER = Owner("public", "https://accounts.example.com", "alice@example.com")
PACKAGE = PackageRecord("tools", "opensnoop", (OWNER,), 1, (("latest", "1.0.0"), ("old", "0.9.0-rc.1")), 2, 3)
VERSION = VersionRecord("tools", "opensnoop", "1.0.0", Digest.of(b"m"), 2, 1, State.RELEASED, 3)
PACKAGE_MAP: dict[str, Any] = {
    **{"namespace": "tools", "name": "opensnoop", "owners": [OWNER.to_map()], "claim": 1},
    **{"tags": {"latest": "1.0.0", "old": "0.9.0-rc.1"}, "versions": 2, "changed": 3},
}
VERSION_MAP: dict[str, Any] = {
    **{"namespace": "tools", "name": "opensnoop", "version": "1.0.0", "manifest": Digest.of(b"m").raw},
    **{"entry": 2, "claim": 1, "state": "released", "changed": 3},
}


def test_records_read_back() -> None:
    assert PACKAGE.encode() == encode(PACKAGE_MAP)
    assert PackageRecord.parse(PACKAGE.encode()) == PACKAGE
    assert VERSION.encode() == encode(VERSION_MAP)
    for state in State:
        record = VersionRecord("tools", "opensnoop", "1.0.0", Digest.of(b"m"), 2, 1, state, 3)
        assert VersionRecord.parse(record.encode()) == record


@pytest.mark.parametrize(
    "change",
    [
        {"tags": None},
        {"tags": 0},
        {"tags": []},
        {"tags": ""},
        {"tags": {"latest": 1}},
        {"tags": {"latest": "nightly"}},
        {"tags": {"latest\x1b[2J": "1.0.0"}},
        {"tags": {f"t{number}": "1.0.0" for number in range(MAX_TAGS + 1)}},
        {"owners": [OWNER.to_map()] * (MAX_OWNERS + 1)},
        {"owners": [{**OWNER.to_map(), "also": 1}]},
        {"namespace": "a.b"},
        {"name": ""},
        {"claim": -1},
        {"changed": None},
        {"versions": True},
        {"extra": 1},
    ],
    ids=str,
)
def test_other_package_record_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        PackageRecord.parse(encode({**PACKAGE_MAP, **change}))


@pytest.mark.parametrize(
    "change",
    [{"state": "fine"}, {"state": None}, {"version": "1.0"}, {"version": "\x1b[2J"}, {"manifest": b""}, {"extra": 1}],
    ids=str,
)
def test_other_version_record_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        VersionRecord.parse(encode({**VERSION_MAP, **change}))


def test_record_of_the_largest_claim_can_be_read() -> None:
    wide = Owner("public", "i" * 512, "\U0001f41d" * 500 + "a" * 12)
    owners = (wide,) * MAX_OWNERS
    assert len(encode_entry(Claim(1, "hub.example.org", "t", owners))) > 40_000
    tags = tuple((f"{number:0128}", f"1.0.0-{'a' * 58}") for number in range(MAX_TAGS))
    # whatever claim fits in the log, its package's record fits in an answer
    record = PackageRecord("n" * 128, "p" * 128, owners, 2**62, tags, 2**62, 2**62)
    assert PackageRecord.parse(record.encode()) == record
    assert len(record.encode()) - len(encode([owner.to_map() for owner in owners])) + 65535 <= MAX_RECORD_BYTES


def test_keys_of_packages_and_versions_never_meet() -> None:
    names = [("a", "b"), ("a", "b-c"), ("a-b", "c"), ("b", "a")]
    keys = {package_key(*name) for name in names}
    keys |= {version_key(*name, version) for name in names for version in ("1.0.0", "1.0.0-c", "1.0.1")}
    assert len(keys) == 16 and all(len(key) == 32 for key in keys)


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    for parse in (PackageRecord.parse, VersionRecord.parse):
        with pytest.raises(BadInput):
            parse(data)


@given(st.sampled_from([PACKAGE, VERSION]), st.data())
def test_changed_byte_is_another_record_or_refused(record: PackageRecord | VersionRecord, data: st.DataObject) -> None:
    raw = bytearray(record.encode())
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        other = type(record).parse(bytes(raw))
    except BadInput:
        return
    assert other != record and other.encode() == bytes(raw)
