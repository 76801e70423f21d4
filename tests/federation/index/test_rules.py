"""What entries mean: whoever reads the same log reaches the same map, whatever a hub has written into it."""

from dataclasses import replace

import pytest
from ebpfhub.federation.index.rules import KEPT_MAPS, Replay
from ebpfhub.federation.index.sparse_map import EMPTY, SparseMap
from ebpfhub.schemas.codec import decode, encode
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.entry import Entry, IndexRoot, encode_entry
from ebpfhub.schemas.errors import BadInput, Conflict, Denied, HubError, NotFound, NotTrusted, Unsupported
from ebpfhub.schemas.identity import Identity, Owner
from ebpfhub.schemas.record import PackageRecord, State, VersionRecord, package_key, version_key
from hypothesis import given
from hypothesis import strategies as st

from ..log_fixtures import ALICE, ALICE_OWNS, ISSUER, MALLORY, MALLORY_OWNS, NOW, ORIGIN, claim, release


def reader(*entries: Entry) -> Replay:
    replay = Replay(ORIGIN)
    for entry in entries:
        assert replay.read(encode_entry(entry)) == entry
    return replay


def ignored(replay: Replay, data: bytes, because: str) -> None:
    """Check that an entry takes its place in the log, changes nothing, and is reported with its index."""
    size, root, claims, packages = replay.size, replay.map.root, dict(replay.claims), dict(replay.packages)
    assert replay.read(data) is None
    assert (replay.size, replay.map.root) == (size + 1, root)
    assert (replay.claims, replay.packages) == (claims, packages)
    assert replay.reports[-1].index == size
    assert because in replay.reports[-1].reason


def tag_of(replay: Replay, name: str = "opensnoop") -> str | None:
    record = replay.package_record("tools", name)
    return record.tag("latest") if record else None


def test_release_by_an_owner_changes_the_map() -> None:
    replay = reader(claim(), release("1.0.0"))
    package = PackageRecord("tools", "opensnoop", ALICE_OWNS, 0, (("latest", "1.0.0"),), 1, 1)
    version = VersionRecord("tools", "opensnoop", "1.0.0", release("1.0.0").manifest, 1, 0, State.RELEASED, 1)
    assert replay.package_record("tools", "opensnoop") == package
    assert replay.map.get(package_key("tools", "opensnoop")) == Digest.of(package.encode()).raw
    assert replay.map.get(version_key("tools", "opensnoop", "1.0.0")) == Digest.of(version.encode()).raw


def test_claim_alone_changes_no_root() -> None:
    assert reader(claim()).map.root == EMPTY


def test_release_in_an_unclaimed_namespace_has_no_effect() -> None:
    replay = reader()
    ignored(replay, encode_entry(release("1.0.0")), "nobody has claimed")
    replay.read(encode_entry(claim()))
    assert replay.package_record("tools", "opensnoop") is None, "a later claim does not bring it back"


def test_second_claim_does_not_take_a_namespace_over() -> None:
    replay = reader(claim(), release("1.0.0"))
    ignored(replay, encode_entry(claim(owners=MALLORY_OWNS)), "claimed already (entry 0)")
    ignored(replay, encode_entry(replace(claim(owners=MALLORY_OWNS), after=0)), "claimed already")
    ignored(replay, encode_entry(release("1.0.1", identity=MALLORY)), "does not own")


def test_claim_that_follows_nothing_has_no_effect() -> None:
    ignored(reader(), encode_entry(replace(claim(), after=0)), "not there")


def test_claim_of_a_foreign_origin_has_no_effect() -> None:
    replay = reader()
    ignored(replay, encode_entry(claim(origin="evil.example.org")), "evil.example.org")
    ignored(replay, encode_entry(release("1.0.0")), "nobody has claimed")


@pytest.mark.parametrize(
    "identity",
    [
        MALLORY,
        replace(ALICE, issuer=ISSUER + "/"),
        replace(ALICE, domain="hub"),
        replace(ALICE, subject="alice@example.com.evil.org"),
    ],
    ids=str,
)
def test_release_by_a_stranger_has_no_effect(identity: Identity) -> None:
    ignored(reader(claim()), encode_entry(release("1.0.0", identity=identity)), "does not own")


def test_version_never_gets_a_second_digest() -> None:
    replay = reader(claim(), release("1.0.0"))
    ignored(replay, encode_entry(release("1.0.0", manifest=Digest.of(b"another"))), "never gets a second digest")
    ignored(replay, encode_entry(release("1.0.0")), "released already")
    assert replay.packages["tools/opensnoop"].versions["1.0.0"].entry == 1


def test_time_that_falls_has_no_effect() -> None:
    replay = reader(claim(time=NOW + 5))
    ignored(replay, encode_entry(release("1.0.0", time=NOW + 4)), "time")
    assert replay.read(encode_entry(release("1.0.0", time=NOW + 5)))
    # an entry without effect does not move the clock
    ignored(replay, encode_entry(release("1.0.1", identity=MALLORY, time=NOW + 100)), "does not own")
    assert replay.read(encode_entry(release("1.0.1", time=NOW + 6)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        b"x" * 65535,
        encode({"v": 1}),
        encode([]),
        encode({"v": 1, "kind": "coup"}),
        encode({**decode(encode_entry(claim()), limit=65535), "v": 2}),
    ],
    ids=lambda data: data[:12].hex(),
)
def test_entry_that_cannot_be_read_has_no_effect(data: bytes) -> None:
    ignored(reader(claim()), data, "")


def test_reports_are_bounded() -> None:
    replay = reader()
    for _ in range(3000):
        replay.read(b"\xc1")
    assert (replay.size, len(replay.reports), replay.reports[-1].index) == (3000, 1000, 2999)


def test_index_entry_with_a_wrong_root_stops_the_reader() -> None:
    for entries in ((), (claim(),), (claim(), release("1.0.0"))):
        replay = reader(*entries)
        size = replay.size
        for wrong in (b"\x01" * 32, reader(claim(), release("9.9.9")).map.root):
            with pytest.raises(NotTrusted) as caught:
                replay.read(encode_entry(IndexRoot(NOW, wrong)))
            assert caught.value.check == "index"
        assert (replay.size, replay.maps) == (size, {})


def test_index_entry_whose_time_falls_stops_the_reader() -> None:
    """A client sees the last entry without its neighbours: it must not be one that readers pass over."""
    replay = reader(claim(time=NOW + 5))
    for root in (replay.map.root, b"\x01" * 32):
        with pytest.raises(NotTrusted):
            replay.read(encode_entry(IndexRoot(NOW, root)))


def test_map_of_unknown_rules_is_not_vouched_for() -> None:
    replay = reader(claim(), release("1.0.0"))
    ignored(replay, encode_entry(IndexRoot(NOW, b"\x01" * 32, rules=3)), "rules of version 3")
    assert replay.size not in replay.maps


def test_verified_sizes_are_those_that_end_with_a_map_root() -> None:
    replay = reader(claim())
    for number in range(KEPT_MAPS + 5):
        replay.read(encode_entry(release(f"1.0.{number}")))
        assert replay.size not in replay.maps
        replay.read(encode_entry(replay.next_index(NOW)))
        assert replay.maps[replay.size].root == replay.map.root
    assert len(replay.maps) == KEPT_MAPS
    assert min(replay.maps) == replay.size - 2 * (KEPT_MAPS - 1)


@pytest.mark.parametrize(
    ("versions", "latest"),
    [
        (["1.0.0"], "1.0.0"),
        (["1.0.0-rc.1"], None),
        (["1.0.0-rc.1", "1.0.0"], "1.0.0"),
        (["1.0.0", "1.1.0-rc.1"], "1.0.0"),
        (["2.0.0", "1.9.9"], "2.0.0"),
        (["1.9.0", "1.10.0"], "1.10.0"),
        (["1.0.0-alpha", "0.9.0", "1.0.0-beta"], "0.9.0"),
    ],
)
def test_latest_moves_only_upwards_and_past_pre_releases(versions: list[str], latest: str | None) -> None:
    replay = reader(claim(), *(release(version) for version in versions))
    assert tag_of(replay) == latest
    record = replay.package_record("tools", "opensnoop")
    assert record is not None and record.versions == len(versions)


def test_packages_of_one_namespace_do_not_touch_each_other() -> None:
    replay = reader(claim(), release("1.0.0"), release("2.0.0", name="execsnoop"))
    assert (tag_of(replay), tag_of(replay, "execsnoop")) == ("1.0.0", "2.0.0")


@pytest.mark.parametrize(
    ("entry", "error"),
    [
        (claim(), Conflict),
        (claim("other", origin="evil.example.org"), Denied),
        (release("1.0.0"), Conflict),
        (release("2.0.0", identity=MALLORY), Denied),
        (release("1.0.0", namespace="other"), NotFound),
        (release("2.0.0", time=NOW - 1), BadInput),
        (IndexRoot(NOW, EMPTY), NotTrusted),
        (IndexRoot(NOW, EMPTY, rules=3), Unsupported),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_hub_is_told_before_it_logs(entry: Entry, error: type[HubError]) -> None:
    replay = reader(claim(), release("1.0.0"))
    before = replay.size, replay.map.root
    with pytest.raises(error):
        replay.check(entry)
    assert (replay.size, replay.map.root) == before


def test_batch_tried_on_a_fork_changes_nothing_before_it_is_adopted() -> None:
    replay = reader(claim(), release("1.0.0"))
    before = replay.size, replay.map.root, replay.package_record("tools", "opensnoop")
    fork = replay.fork()
    for entry in (
        release("2.0.0"),
        claim("other", owners=MALLORY_OWNS),
        release("1.0.0", namespace="other", identity=MALLORY),
    ):
        fork.check(entry)
        fork.apply(entry)
    fork.apply(fork.next_index(NOW))
    assert before == (replay.size, replay.map.root, replay.package_record("tools", "opensnoop"))
    replay.adopt(fork)
    straight = reader(
        *(claim(), release("1.0.0"), release("2.0.0"), claim("other", owners=MALLORY_OWNS)),
        release("1.0.0", namespace="other", identity=MALLORY),
    )
    straight.read(encode_entry(straight.next_index(NOW)))
    assert (replay.size, replay.map.root, replay.packages) == (straight.size, straight.map.root, straight.packages)
    assert replay.maps[replay.size].root == straight.map.root


VERSIONS = st.sampled_from(["1.0.0", "1.0.1", "1.1.0-rc.1", "2.0.0"])
ENTRIES = st.one_of(
    st.builds(
        claim,
        st.sampled_from(["tools", "net"]),
        owners=st.sampled_from([ALICE_OWNS, MALLORY_OWNS, (Owner("public", ISSUER, "*@example.com"),)]),
        origin=st.sampled_from([ORIGIN, "evil.example.org"]),
        time=st.integers(NOW, NOW + 3),
    ).map(encode_entry),
    st.builds(
        release,
        VERSIONS,
        namespace=st.sampled_from(["tools", "net"]),
        name=st.sampled_from(["opensnoop", "execsnoop"]),
        identity=st.sampled_from([ALICE, MALLORY]),
        time=st.integers(NOW, NOW + 3),
    ).map(encode_entry),
    st.binary(max_size=40),
    st.just(b"root"),
)


@given(st.lists(ENTRIES, max_size=30))
def test_replay_by_another_reader_reaches_the_same_map(script: list[bytes]) -> None:
    hub, data = Replay(ORIGIN), list[bytes]()
    for item in script:
        data.append(encode_entry(hub.next_index(hub.time)) if item == b"root" else item)
        hub.read(data[-1])
    mirror = Replay(ORIGIN)
    for item in data:
        mirror.read(item)
    assert (mirror.size, mirror.map.root, mirror.reports) == (hub.size, hub.map.root, hub.reports)
    # the map is a function of the records, not of the way to them
    afresh = SparseMap()
    for package in mirror.packages.values():
        record = mirror.package_record(package.namespace, package.name)
        assert record is not None
        afresh = afresh.set(package_key(package.namespace, package.name), Digest.of(record.encode()).raw)
        for version, held in package.versions.items():
            assert VersionRecord.parse(held.encode()) == held
            afresh = afresh.set(version_key(package.namespace, package.name, version), Digest.of(held.encode()).raw)
    assert afresh.root == hub.map.root


def test_package_of_thousands_of_versions_is_replayed_without_reading_all_at_each() -> None:
    replay = reader(claim())
    for number in range(3000):
        replay.read(encode_entry(release(f"1.0.{number}")))
    assert tag_of(replay) == "1.0.2999"
