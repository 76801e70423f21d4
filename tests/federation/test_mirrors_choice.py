"""Choosing among an origin's servers: the quickest that is up to date, and never one that only claims to be."""

from __future__ import annotations

from ebpfhub.federation.mirrors import Measured, Verdict, rank
from hypothesis import given
from hypothesis import strategies as st

ORIGIN, MIRROR, OTHER = "https://hub.example.org", "https://mirror.example.org", "https://other.example.org"


def first(*servers: Measured, seen: int = 0) -> str:
    return rank(servers, seen=seen)[0].measured.url


def verdicts(*servers: Measured, seen: int = 0) -> dict[str, Verdict]:
    return {item.measured.url: item.verdict for item in rank(servers, seen=seen)}


def test_the_quickest_server_is_taken() -> None:
    assert first(Measured(ORIGIN, False, 150, 9), Measured(MIRROR, True, 5, 9), Measured(OTHER, True, 50, 9)) == MIRROR
    assert first(Measured(ORIGIN, False, 5, 9), Measured(MIRROR, True, 150, 9)) == ORIGIN


def test_the_origin_wins_over_a_mirror_that_is_hardly_quicker() -> None:
    assert first(Measured(MIRROR, True, 1.0, 9), Measured(ORIGIN, False, 4.0, 9)) == ORIGIN
    assert first(Measured(MIRROR, True, 100, 9), Measured(ORIGIN, False, 120, 9)) == ORIGIN
    assert first(Measured(MIRROR, True, 100, 9), Measured(ORIGIN, False, 140, 9)) == MIRROR


def test_a_quick_server_that_is_behind_is_not_taken() -> None:
    servers = (Measured(ORIGIN, False, 150, 9), Measured(MIRROR, True, 1, 8))
    assert first(*servers) == ORIGIN
    assert verdicts(*servers) == {ORIGIN: Verdict.OK, MIRROR: Verdict.BEHIND}
    # nor one that is behind what this client saw elsewhere
    assert verdicts(Measured(MIRROR, True, 1, 8), seen=9) == {MIRROR: Verdict.BEHIND}


def test_servers_that_did_not_answer_come_last() -> None:
    slow = Measured(OTHER, True, slow=True, error="no answer while others answered")
    failed = Measured(ORIGIN, False, error="cannot connect")
    behind = Measured(MIRROR, True, 500, 1)
    ranked = rank([slow, failed, behind], seen=5)
    assert [item.verdict for item in ranked] == [Verdict.BEHIND, Verdict.FAILED, Verdict.SLOW]


def test_nothing_to_choose_from_is_no_error() -> None:
    assert rank([], seen=5) == []


measured = st.builds(
    Measured,
    url=st.sampled_from([ORIGIN, MIRROR, OTHER]),
    mirror=st.booleans(),
    milliseconds=st.none() | st.floats(0, 1e6),
    size=st.none() | st.integers(0, 2**63 - 1),
    slow=st.booleans(),
)


@given(st.lists(measured, max_size=12), st.integers(0, 2**63 - 1))
def test_every_server_is_ranked_once_and_the_first_is_the_best(servers: list[Measured], seen: int) -> None:
    ranked = rank(servers, seen=seen)
    assert sorted(map(repr, servers)) == sorted(repr(item.measured) for item in ranked)
    order = [list(Verdict).index(item.verdict) for item in ranked]
    assert order == sorted(order)
    for item in ranked:
        if item.verdict is Verdict.OK:
            assert item.measured.size is not None
            assert item.measured.size >= seen
            assert all((other.size or 0) <= item.measured.size for other in servers if not other.slow)
