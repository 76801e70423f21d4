"""Times, durations and sizes as people read them."""

from __future__ import annotations

import time

_DURATIONS = ((1_000, 1, "ns"), (1_000_000, 1_000, "us"), (10**9, 10**6, "ms"), (60 * 10**9, 10**9, "s"))
_MINUTE, _HOUR, _DAY = 60, 3600, 86400  # seconds
_SIZES = "KMGTPE"


def clock_time(nanoseconds: int) -> str:
    """Show a time that is counted from boot (CLOCK_MONOTONIC) as local time of the day, with microseconds.

    0 is none: no program runs at boot, and one that never sets its field leaves 0 in it.
    """
    if not nanoseconds:
        return "0"
    offset = time.time_ns() - time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    seconds, rest = divmod(nanoseconds + offset, 10**9)
    return f"{_of_day(seconds)}.{rest // 1000:06d}"


_known: tuple[int, str] = (-1, "")


def _of_day(seconds: int) -> str:
    global _known  # noqa: PLW0603 - the last second's text: events come many a second
    if _known[0] != seconds:
        try:
            _known = (seconds, time.strftime("%H:%M:%S", time.localtime(seconds)))
        except (OverflowError, OSError, ValueError):
            return "??:??:??"
    return _known[1]


def duration(nanoseconds: int) -> str:
    """Show a duration with its unit, in at most 7 columns: 312ns, 1.2ms, 59.9s, 12m03s, 5h07m, 3d04h."""
    if nanoseconds < 0:
        return f"-{duration(-nanoseconds)}"
    for limit, unit, name in _DURATIONS:
        if nanoseconds < limit:
            return f"{nanoseconds}ns" if unit == 1 else f"{nanoseconds // (unit // 10) / 10}{name}"
    seconds = nanoseconds // 10**9
    if seconds < _HOUR:
        return f"{seconds // _MINUTE}m{seconds % _MINUTE:02d}s"
    if seconds < _DAY:
        return f"{seconds // _HOUR}h{seconds % _HOUR // _MINUTE:02d}m"
    days = seconds // _DAY
    return f"{days}d{seconds % _DAY // _HOUR:02d}h" if days < 1000 else f"{days}d"


def size(count: int) -> str:
    """Show bytes in binary units, in at most 7 columns: 512B, 4.0K, 1.2G."""
    if count < 0:
        return f"-{size(-count)}"
    if count < 1024:
        return f"{count}B"
    power = min((count.bit_length() - 1) // 10, len(_SIZES))
    return f"{count * 10 // 1024**power / 10}{_SIZES[power - 1]}"
