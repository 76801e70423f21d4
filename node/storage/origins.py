"""The mirrored origins in SQLite: where they are pulled from, whose key is pinned, how the last pull went."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .database import Database

_FIELDS = "origin, url, mirror, fingerprint, state, reason, evidence, added, pulled"


class OriginState(StrEnum):
    """How mirroring of an origin stands."""

    OK = "ok"
    BEHIND = "behind"
    PAUSED = "paused"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class OriginRow:
    """One mirrored origin. `url` is empty for one that comes by archives; `pulled`: Unix seconds, 0 for never."""

    origin: str
    url: str
    mirror: bool
    fingerprint: str
    state: OriginState
    reason: str | None
    evidence: str | None
    added: int
    pulled: int


class Origins:
    """All mirrored origins. Raises (all methods): StorageFailed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[OriginRow]:
        """Every origin, the first added first."""
        return [_row(row) for row in self._database.rows(f"SELECT {_FIELDS} FROM origins ORDER BY added, origin")]  # noqa: S608

    def get(self, origin: str) -> OriginRow | None:
        """One origin."""
        row = self._database.row(f"SELECT {_FIELDS} FROM origins WHERE origin = ?", origin)  # noqa: S608
        return _row(row) if row else None

    def add(self, origin: str, *, url: str, mirror: bool, fingerprint: str, now: int) -> None:
        """Pin an origin, or give a pinned one another address."""
        self._database.write(
            "INSERT INTO origins (origin, url, mirror, fingerprint, state, added, pulled) VALUES (?, ?, ?, ?, ?, ?, 0)"
            " ON CONFLICT (origin) DO UPDATE SET url = excluded.url, mirror = excluded.mirror",
            *(origin, url, int(mirror), fingerprint, OriginState.BEHIND, now),
        )

    def tell(
        self, origin: str, state: OriginState, *, reason: str | None, evidence: str | None, pulled: int | None = None
    ) -> None:
        """Record how an origin stands."""
        self._database.write(
            "UPDATE origins SET state = ?, reason = ?, evidence = ?, pulled = coalesce(?, pulled) WHERE origin = ?",
            *(state, reason, evidence, pulled, origin),
        )


def _row(row: tuple[object, ...]) -> OriginRow:
    origin, url, mirror, fingerprint, state, reason, evidence, added, pulled = row
    return OriginRow(
        str(origin),
        str(url),
        bool(mirror),
        str(fingerprint),
        OriginState(str(state)),
        None if reason is None else str(reason),
        None if evidence is None else str(evidence),
        int(str(added)),
        int(str(pulled)),
    )
