"""Token buckets, one per client address or identity, in a bounded table. Not a quota that survives a restart."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict

from ...schemas.errors import Denied


class TooMany(Denied):
    """The bucket is empty; `retry_after` is how many whole seconds to wait."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("too many requests", todo=f"Try again in {retry_after} s.")
        self.retry_after = retry_after


class RateLimit:
    """`burst` requests at once, then `per_second`, for each key; at most `max_keys` keys are remembered.

    When the table is full the key that was idle for longest is forgotten.
    """

    def __init__(self, *, per_second: float, burst: int, max_keys: int = 10_000) -> None:
        if per_second <= 0 or burst < 1 or max_keys < 1:
            raise ValueError("a limit must let something through")
        self._per_second = per_second
        self._burst = burst
        self._max_keys = max_keys
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, now: float | None = None) -> None:
        """Take one request of `key` at `now` (monotonic seconds; None: the machine's). Raises: TooMany."""
        moment = time.monotonic() if now is None else now
        left, since = self._buckets.pop(key, (float(self._burst), moment))
        left = min(float(self._burst), left + (moment - since) * self._per_second)
        allowed = left >= 1
        self._buckets[key] = (left - 1 if allowed else left, moment)
        if len(self._buckets) > self._max_keys:
            self._buckets.popitem(last=False)
        if not allowed:
            raise TooMany(int((1 - left) / self._per_second) + 1)

    def __len__(self) -> int:
        return len(self._buckets)


def address_key(address: str) -> str:
    """The key for a client address: IPv6 by its /64, which one client has whole."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, 64), strict=False))
