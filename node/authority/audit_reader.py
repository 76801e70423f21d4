"""Reading the audit log, oldest event first: files of both series, the hub serving or not. Nothing is written."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...schemas.codec import decode_json
from ...schemas.errors import BadInput, StorageFailed
from .audit import GIVEN, REFUSED, older_files

MAX_LINE_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events are wanted: from a time on (RFC 3339, compared as text), of one identity, refused ones alone."""

    since: str = ""
    who: str = ""
    refused: bool = False

    def takes(self, event: dict[str, Any]) -> bool:
        """Tell whether an event is wanted."""
        return (
            str(event["time"]) >= self.since
            and (not self.who or event.get("who") == self.who)
            and (not self.refused or event.get("result") == REFUSED)
        )


def read_audit(folder: Path, wanted: Filter) -> Iterator[dict[str, Any]]:
    """Every wanted event, by time; lines that were damaged are left out. Raises: StorageFailed."""
    series = [REFUSED] if wanted.refused else [GIVEN, REFUSED]
    merged = heapq.merge(*(_series(folder / f"{name}.jsonl") for name in series), key=lambda event: event["time"])
    return (event for event in merged if wanted.takes(event))


def _series(path: Path) -> Iterator[dict[str, Any]]:
    for file in (*older_files(path), path):
        try:
            with file.open("rb") as lines:
                while line := lines.readline(MAX_LINE_BYTES):
                    event = _event(line)
                    if event is not None:
                        yield event
        except FileNotFoundError:  # nothing yet, or turned over meanwhile
            continue
        except OSError as error:
            raise StorageFailed(f"cannot read: {error.strerror}", where=str(file)) from error


def _event(line: bytes) -> dict[str, Any] | None:
    try:
        event = decode_json(line, limit=MAX_LINE_BYTES)
    except BadInput:
        return None
    needed = ("time", "what", "result")
    if not isinstance(event, dict) or not all(isinstance(event.get(name), str) for name in needed):
        return None
    return event
