"""Token buckets: how much passes, when it passes again, and that the table stays small."""

from __future__ import annotations

import pytest
from ebpfhub.node.authority.rates import RateLimit, TooMany, address_key


def test_burst_passes_and_the_next_waits() -> None:
    limit = RateLimit(per_second=0.5, burst=3)
    for _ in range(3):
        limit.take("a", now=100.0)
    with pytest.raises(TooMany) as refused:
        limit.take("a", now=100.0)
    assert refused.value.retry_after >= 2
    limit.take("b", now=100.0)
    limit.take("a", now=102.0)


def test_refused_requests_cost_nothing_more() -> None:
    limit = RateLimit(per_second=1, burst=1)
    limit.take("a", now=0.0)
    for moment in (0.1, 0.2, 0.3):
        with pytest.raises(TooMany):
            limit.take("a", now=moment)
    limit.take("a", now=1.0)


def test_bucket_never_holds_more_than_its_burst() -> None:
    limit = RateLimit(per_second=1, burst=2)
    limit.take("a", now=0.0)
    limit.take("a", now=1_000.0)
    limit.take("a", now=1_000.0)
    with pytest.raises(TooMany):
        limit.take("a", now=1_000.0)


def test_flood_of_keys_does_not_grow_the_table() -> None:
    limit = RateLimit(per_second=1, burst=1, max_keys=10)
    for number in range(1_000):
        limit.take(str(number), now=0.0)
    assert len(limit) == 10


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
    ],
)
def test_ipv6_clients_are_limited_by_network(address: str, key: str) -> None:
    assert address_key(address) == key
