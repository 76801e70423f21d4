"""Evidence against origins: two checkpoints of one log that cannot both be true, as files that anybody may have."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from ...schemas.codec import decode_json
from ...schemas.errors import HubError, StorageFailed
from ...schemas.fields import Fields

MAX_EVIDENCE = 64  # files that are told of
MAX_EVIDENCE_BYTES = 1024 * 1024
_NAME = re.compile(r"[a-z0-9.-]{3,253}-[0-9a-f]{16}\.json")


class Evidence(NamedTuple):
    """One file: its name, whom it is about, what it shows, when it was kept (Unix seconds), and its bytes."""

    name: str
    origin: str
    reason: str
    time: int
    data: bytes


def kept_evidence(folder: Path) -> list[Evidence]:
    """Read the evidence in a folder, the newest first; a damaged file is left out. Raises: StorageFailed."""
    try:
        paths = [path for path in folder.iterdir() if _NAME.fullmatch(path.name)] if folder.is_dir() else []
        found = [item for path in paths[:MAX_EVIDENCE] if (item := _read(path))]
    except OSError as error:
        raise StorageFailed(f"cannot read evidence: {error.strerror}", where=str(folder)) from error
    return sorted(found, key=lambda item: (-item.time, item.name))


def _read(path: Path) -> Evidence | None:
    with path.open("rb") as file:
        data = file.read(MAX_EVIDENCE_BYTES + 1)
    try:
        fields = Fields(decode_json(data, limit=MAX_EVIDENCE_BYTES, where="evidence"), "evidence")
        origin, reason = fields.text("origin", limit=253), fields.text("reason", limit=4096)
    except HubError:
        return None
    return Evidence(path.name, origin, reason, int(path.stat().st_mtime), data)
