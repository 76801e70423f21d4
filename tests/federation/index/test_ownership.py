"""Who may change what in a log, and what follows: hand-over, tags, yanks, revocations (protocol.md section 4)."""

from dataclasses import replace

import pytest
from ebpfhub.federation.index.rules import Replay
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.entry import Entry, encode_entry
from ebpfhub.schemas.identity import Identity
from ebpfhub.schemas.mandate import FORCED, HUB, By, Mandate
from ebpfhub.schemas.ownership import Claim, Revoke, Tag, Yank
from ebpfhub.schemas.record import MAX_TAGS, PackageRecord, State
from hypothesis import given
from hypothesis import strategies as st

from ..log_fixtures import ALICE, ALICE_OWNS, MALLORY, MALLORY_OWNS, NOW, ORIGIN, claim, release
from .test_rules import ignored, reader

BUNDLE = Digest.of(b"bundle")


def by(identity: Identity) -> Mandate:
    return Mandate(By.OWNER, identity, BUNDLE)


BY_ALICE = by(ALICE)


def handed(*, after: int | None, mandate: Mandate, namespace: str = "tools", to_mallory: bool = True) -> Claim:
    return replace(claim(namespace, owners=MALLORY_OWNS if to_mallory else ALICE_OWNS), after=after, mandate=mandate)


def tag(name: str, version: str | None, *, after: int, mandate: Mandate = BY_ALICE) -> Tag:
    return Tag(NOW, ORIGIN, "tools", "opensnoop", name, version, after, mandate)


def yank(version: str, *, after: int, mandate: Mandate = BY_ALICE) -> Yank:
    return Yank(NOW, ORIGIN, "tools", "opensnoop", version, "it crashes", after, mandate)


def revoke(
    signer: Identity, since: int, until: int | None = None, *,
    after: int | None = None, mandate: Mandate = FORCED, namespace: str | None = "tools",
) -> Revoke:  # fmt: skip
    return Revoke(NOW, ORIGIN, namespace, signer, since, until, "stolen", after, mandate)


def package(replay: Replay, name: str = "opensnoop") -> PackageRecord:
    record = replay.package_record("tools", name)
    assert record is not None
    return record


def states(replay: Replay, name: str = "tools/opensnoop") -> dict[str, str]:
    return {version: str(held.state) for version, held in replay.packages[name].versions.items()}


# --- hand-over


def test_owner_hands_a_namespace_over() -> None:
    replay = reader(claim(), release("1.0.0"), handed(after=0, mandate=by(ALICE)))
    assert (package(replay).owners, package(replay).claim) == (MALLORY_OWNS, 2)
    ignored(replay, encode_entry(release("1.1.0")), "does not own")
    replay.read(encode_entry(release("1.1.0", identity=MALLORY)))
    held = replay.packages["tools/opensnoop"].versions
    assert [held[version].claim for version in ("1.0.0", "1.1.0")] == [0, 2], "each stands on the claim of its day"


@pytest.mark.parametrize(
    ("entry", "because"),
    [
        (handed(after=0, mandate=by(MALLORY)), "does not own"),
        (handed(after=1, mandate=by(ALICE)), "claimed last by entry 0"),
        (handed(after=None, mandate=by(ALICE)), "claimed already"),
        (handed(after=0, mandate=HUB), "claimed already"),
        (handed(after=None, mandate=FORCED), "claimed already"),
        (handed(after=None, mandate=by(MALLORY), namespace="free"), "the hub's to log"),
        (handed(after=None, mandate=FORCED, namespace="free"), "the hub's to log"),
        (replace(handed(after=0, mandate=by(ALICE)), origin="evil.example.org"), "evil.example.org"),
        (handed(after=None, mandate=HUB, namespace="plain"), "reserved"),
    ],
    ids=str,
)
def test_other_claims_have_no_effect(entry: Entry, because: str) -> None:
    ignored(reader(claim(), release("1.0.0")), encode_entry(entry), because)


def test_hand_over_cannot_be_replayed() -> None:
    """Alice gives to Mallory, gets it back; the old entry, which she did sign, does nothing again."""
    first = handed(after=0, mandate=by(ALICE))
    replay = reader(claim(), first, handed(after=1, mandate=by(MALLORY), to_mallory=False))
    ignored(replay, encode_entry(first), "claimed last by entry 2")


def test_hub_takes_a_namespace_by_force_and_everybody_sees_it() -> None:
    replay = reader(claim(), release("1.0.0"), handed(after=0, mandate=FORCED))
    assert replay.claims["tools"][1].mandate.by is By.FORCED
    assert package(replay).owners == MALLORY_OWNS


# --- tags


def test_owner_sets_moves_and_removes_a_tag() -> None:
    replay = reader(claim(), release("1.0.0"), release("2.0.0"), tag("stable", "1.0.0", after=2))
    assert package(replay).tags == (("latest", "2.0.0"), ("stable", "1.0.0"))
    replay.read(encode_entry(tag("stable", "2.0.0", after=3)))
    assert package(replay).tag("stable") == "2.0.0"
    replay.read(encode_entry(tag("stable", None, after=4)))
    assert package(replay).tags == (("latest", "2.0.0"),)


@pytest.mark.parametrize(
    ("entry", "because"),
    [
        (tag("stable", "1.0.0", after=1, mandate=by(MALLORY)), "does not own"),
        (tag("stable", "1.0.0", after=0), "changed last by entry 1"),
        (tag("stable", "9.9.9", after=1), "no version 9.9.9"),
        (tag("stable", None, after=1), "no tag"),
        (tag("stable", "1.0.0", after=1, mandate=FORCED), "by an owner alone"),
        (tag("stable", "1.0.0", after=1, mandate=HUB), "marked forced"),
        (replace(tag("stable", "1.0.0", after=1), name="other"), "no package"),
        (replace(tag("stable", "1.0.0", after=1), namespace="free"), "nobody has claimed"),
    ],
    ids=str,
)
def test_other_tags_have_no_effect(entry: Entry, because: str) -> None:
    ignored(reader(claim(), release("1.0.0")), encode_entry(entry), because)


def test_tag_moved_back_by_replay_has_no_effect() -> None:
    old = tag("stable", "1.0.0", after=2)
    replay = reader(claim(), release("1.0.0"), release("2.0.0"), old, tag("stable", "2.0.0", after=3))
    ignored(replay, encode_entry(old), "changed last by entry 4")
    assert package(replay).tag("stable") == "2.0.0"


def test_package_has_so_many_tags_and_no_more() -> None:
    replay = reader(claim(), release("1.0.0"))
    for number in range(MAX_TAGS - 1):  # and `latest`
        replay.read(encode_entry(tag(f"t{number}", "1.0.0", after=package(replay).changed)))
    assert len(package(replay).tags) == MAX_TAGS
    ignored(replay, encode_entry(tag("more", "1.0.0", after=package(replay).changed)), f"{MAX_TAGS} tags")
    assert PackageRecord.parse(package(replay).encode()) == package(replay)


# --- yanks


def test_yanked_latest_falls_to_the_highest_that_is_left() -> None:
    replay = reader(claim(), release("1.0.0"), release("1.1.0"), release("2.0.0-rc.1"), release("1.2.0"))
    replay.read(encode_entry(yank("1.2.0", after=4)))
    assert package(replay).tag("latest") == "1.1.0"
    held = replay.packages["tools/opensnoop"].versions["1.2.0"]
    assert (held.state, held.entry, held.changed) == (State.YANKED, 4, 5)
    for version in ("1.1.0", "1.0.0"):
        replay.read(encode_entry(yank(version, after=package(replay).changed)))
    assert package(replay).tags == () and package(replay).versions == 4
    replay.read(encode_entry(release("0.9.0")))
    assert package(replay).tag("latest") == "0.9.0", "the highest of those that stand"


@pytest.mark.parametrize(
    ("entry", "because"),
    [
        (yank("1.0.0", after=1, mandate=by(MALLORY)), "does not own"),
        (yank("1.0.0", after=0), "changed last by entry 1"),
        (yank("9.9.9", after=1), "no version"),
        (yank("1.0.0", after=1, mandate=HUB), "marked forced"),
    ],
    ids=str,
)
def test_other_yanks_have_no_effect(entry: Entry, because: str) -> None:
    ignored(reader(claim(), release("1.0.0")), encode_entry(entry), because)


def test_version_is_yanked_once_and_never_released_again() -> None:
    replay = reader(claim(), release("1.0.0"), yank("1.0.0", after=1, mandate=FORCED))
    ignored(replay, encode_entry(yank("1.0.0", after=2)), "yanked already")
    ignored(replay, encode_entry(release("1.0.0")), "released already")
    ignored(replay, encode_entry(tag("stable", "1.0.0", after=2)), "was yanked")


def test_tag_on_a_yanked_version_stays_and_leads_to_the_reason() -> None:
    replay = reader(claim(), release("1.0.0"), tag("stable", "1.0.0", after=1), yank("1.0.0", after=2))
    assert package(replay).tag("stable") == "1.0.0"


# --- revocations


def test_revoked_identity_loses_its_releases_from_then_on_and_their_tags() -> None:
    replay = reader(claim(), release("1.0.0"), release("1.1.0"), release("1.0.0", name="execsnoop"))
    replay.read(encode_entry(tag("bad", "1.1.0", after=2)))
    replay.read(encode_entry(revoke(ALICE, since=2)))
    assert states(replay) == {"1.0.0": "released", "1.1.0": "revoked"}
    assert states(replay, "tools/execsnoop") == {"1.0.0": "revoked"}
    assert package(replay).tags == (("latest", "1.0.0"),)
    assert package(replay, "execsnoop").tags == ()
    ignored(replay, encode_entry(release("1.2.0")), "is revoked")
    ignored(replay, encode_entry(yank("1.0.0", after=5)), "is revoked")
    assert replay.claims["tools"][1].owners == ALICE_OWNS, "claims stay"


def test_revocation_of_a_closed_range_lets_later_releases_stand() -> None:
    replay = reader(claim(), release("1.0.0"), release("1.1.0"), revoke(ALICE, since=2, until=3, mandate=by(ALICE)))
    replay.read(encode_entry(release("1.2.0")))
    assert states(replay) == {"1.0.0": "released", "1.1.0": "revoked", "1.2.0": "released"}


def test_revocation_is_corrected_by_a_later_one() -> None:
    replay = reader(claim(), release("1.0.0"), yank("1.0.0", after=1), release("1.1.0"), revoke(ALICE, since=0))
    assert set(states(replay).values()) == {"revoked"}
    ignored(replay, encode_entry(revoke(ALICE, since=0, until=0)), "follows no other, not entry 4")
    replay.read(encode_entry(revoke(ALICE, since=0, until=0, after=4)))
    assert states(replay) == {"1.0.0": "yanked", "1.1.0": "released"}
    assert replay.packages["tools/opensnoop"].versions["1.0.0"].changed == 2, "where its reason stands"
    assert package(replay).tag("latest") == "1.1.0"


def test_hub_revokes_an_identity_everywhere() -> None:
    replay = reader(
        claim(), claim("net"), release("1.0.0"), release("1.0.0", namespace="net"),
        revoke(ALICE, since=0, namespace=None),
    )  # fmt: skip
    assert states(replay) == states(replay, "net/opensnoop") == {"1.0.0": "revoked"}
    ignored(replay, encode_entry(release("1.1.0", namespace="net")), "is revoked")


@pytest.mark.parametrize(
    ("entry", "because"),
    [
        (revoke(ALICE, since=0, mandate=by(MALLORY)), "does not own"),
        (revoke(ALICE, since=0, mandate=by(ALICE), namespace=None), "names none"),
        (revoke(ALICE, since=0, mandate=by(ALICE), namespace="free"), "nobody has claimed"),
        (revoke(ALICE, since=0, mandate=HUB), "marked forced"),
        (revoke(ALICE, since=3), "beyond the log"),
        (revoke(ALICE, since=0, until=3), "beyond the log"),
        (revoke(ALICE, since=0, after=1), "follows entry 1, not no other"),
    ],
    ids=str,
)
def test_other_revocations_have_no_effect(entry: Entry, because: str) -> None:
    ignored(reader(claim(), release("1.0.0")), encode_entry(entry), because)


def test_stranger_loses_nothing_by_anothers_revocation() -> None:
    replay = reader(claim(), release("1.0.0"), revoke(MALLORY, since=0))
    assert states(replay) == {"1.0.0": "released"} and package(replay).changed == 1


# --- every order, in any order


AFTER = st.one_of(st.none(), st.integers(0, 12))
WHO = st.sampled_from([HUB, FORCED, by(ALICE), by(MALLORY)])
VERSIONS = st.sampled_from(["1.0.0", "1.1.0", "2.0.0-rc.1"])
ORDERS = st.one_of(
    st.builds(handed, after=AFTER, mandate=WHO, to_mallory=st.booleans()),
    st.builds(tag, st.sampled_from(["a", "b"]), st.one_of(st.none(), VERSIONS), after=st.integers(0, 12), mandate=WHO),
    st.builds(yank, VERSIONS, after=st.integers(0, 12), mandate=WHO),
    st.builds(
        lambda signer, since, wide, **rest: revoke(signer, since, None if wide is None else since + wide, **rest),
        st.sampled_from([ALICE, MALLORY]), st.integers(0, 8), st.one_of(st.none(), st.integers(0, 4)),
        after=AFTER, mandate=WHO, namespace=st.sampled_from(["tools", None]),
    ),
    st.builds(release, VERSIONS, identity=st.sampled_from([ALICE, MALLORY])),
)  # fmt: skip


@given(st.lists(ORDERS, max_size=25), st.integers(0, 25))
def test_a_fork_that_is_adopted_reaches_the_map_of_a_straight_replay(script: list[Entry], cut: int) -> None:
    straight, hub = reader(claim()), reader(claim())
    data = [encode_entry(entry) for entry in script]
    for item in data:
        straight.read(item)
    for item in data[:cut]:
        hub.read(item)
    fork = hub.fork()
    for item in data[cut:]:
        fork.read(item)
    hub.adopt(fork)
    assert (hub.size, hub.map.root, hub.packages) == (straight.size, straight.map.root, straight.packages)
    assert (hub.claims, hub.revocations) == (straight.claims, straight.revocations)
    for held in hub.packages.values():
        for version, record in held.versions.items():
            revoked = hub.revoked(held.namespace, held.signers[version], record.entry)
            assert (record.state is State.REVOKED) == revoked
        tagged = dict(held.tags())
        assert all(held.versions[version].state is not State.REVOKED for version in tagged.values())
        if "latest" in tagged:
            assert held.versions[tagged["latest"]].state is State.RELEASED
