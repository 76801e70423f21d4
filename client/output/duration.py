"""Durations as people type them: 20s, 500ms, 2m, 1h, or plain seconds."""

from __future__ import annotations

import re

from ...schemas.errors import BadInput

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "": 1.0}
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(ms|s|m|h|)")


def parse_duration(text: str, *, where: str) -> float:
    """Read a duration in seconds, above 0. Raises: BadInput."""
    match = _DURATION.fullmatch(text.strip())
    seconds = float(match[1]) * _UNITS[match[2]] if match else 0.0
    if seconds <= 0:
        raise BadInput(f"{text[:40]!r} is not a duration above 0", where=where, todo="For example 20s, 500ms or 2m")
    return seconds
