"""How old trust material is, in a word: fresh, stale or expired. Nothing is refused by it; the user is told."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

FRESH, STALE, EXPIRED = "fresh", "stale", "expired"
FRESH_SECONDS = 7 * 24 * 3600  # what the public-good Sigstore gives the newest word on its root


@dataclass(frozen=True, slots=True)
class State:
    """When material was last checked at its source (Unix seconds; 0: never), and what that makes it now."""

    word: str
    checked: int

    def __str__(self) -> str:
        return f"{self.word}, checked {day(self.checked)}" if self.checked else f"{self.word}, never checked"

    def to_json(self) -> dict[str, Any]:
        """The fields that commands print."""
        return {"state": self.word, "checked": self.checked or None}


def state_of(checked: int, *, now: int, expire_age: int, until: int | None = None) -> State:
    """Judge what was checked at `checked` (0: never), and is good until `until`, else for FRESH_SECONDS."""
    if not checked:
        return State(STALE, 0)
    if now - checked > expire_age:
        return State(EXPIRED, checked)
    return State(STALE if now > (until or checked + FRESH_SECONDS) else FRESH, checked)


def day(seconds: int) -> str:
    """A date for people."""
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))
