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
MAX_FILES = 4  # of a series that a page looks through


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events are wanted: from a time on (RFC 3339, compared as text), of one identity, of one kind, refused ones.

    An event is of whoever did it, and of whom it was done to.
    """

    since: str = ""
    who: str = ""
    refused: bool = False
    what: str = ""

    def takes(self, event: dict[str, Any]) -> bool:
        """Tell whether an event is wanted."""
        return (
            str(event["time"]) >= self.since
            and (not self.who or self.who in (event.get("who"), event.get("whom")))
            and (not self.what or event["what"] == self.what)
            and (not self.refused or event.get("result") == REFUSED)
        )


def read_audit(folder: Path, wanted: Filter) -> Iterator[dict[str, Any]]:
    """Every wanted event, by time; lines that were damaged are left out. Raises: StorageFailed."""
    series = [REFUSED] if wanted.refused else [GIVEN, REFUSED]
    merged = heapq.merge(*(_series(folder / f"{name}.jsonl") for name in series), key=lambda event: event["time"])
    return (event for event in merged if wanted.takes(event))


def newest_events(folder: Path, wanted: Filter, *, before: str = "", limit: int) -> list[dict[str, Any]]:
    """The newest wanted events, those of one time all or none; older than `before` (RFC 3339), where that is given.

    `limit` events, and those of the last one's time. Reads the newest MAX_FILES files of each series, no more.
    Blocking. Raises: StorageFailed.
    """
    series = [REFUSED] if wanted.refused else [GIVEN, REFUSED]
    merged = heapq.merge(
        *(_backwards(folder / f"{name}.jsonl") for name in series), key=lambda event: event["time"], reverse=True
    )
    found = list[dict[str, Any]]()
    for event in merged:
        if len(found) >= limit and event["time"] != found[-1]["time"]:
            break
        if (not before or event["time"] < before) and wanted.takes(event):
            found.append(event)
    return found


def _backwards(path: Path) -> Iterator[dict[str, Any]]:
    for file in [path, *reversed(older_files(path))][:MAX_FILES]:
        yield from reversed(list(_events(file)))


def _series(path: Path) -> Iterator[dict[str, Any]]:
    for file in (*older_files(path), path):
        yield from _events(file)


def _events(file: Path) -> Iterator[dict[str, Any]]:
    try:
        with file.open("rb") as lines:
            while line := lines.readline(MAX_LINE_BYTES):
                event = _event(line)
                if event is not None:
                    yield event
    except FileNotFoundError:  # nothing yet, or turned over meanwhile
        return
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
