"""What an archive (`.hubx`) holds: a tar (zstd) of an OCI image layout, and the logs (protocol.md section 9).

    oci-layout, index.json                          the manifests, for OCI tools
    federation/archive.json                         which origins, from which log size to which
    federation/<sha256 of origin>/origin            origin note
    federation/<sha256 of origin>/checkpoint        signed checkpoint
    federation/<sha256 of origin>/trust/<hex>       trusted roots that the note names
    federation/<sha256 of origin>/entries/<first>   up to 256 entries from log index <first>
    blobs/sha256/<hex>                              manifests, bundles, configs, layers

What an archive says of itself is never evidence: an import verifies it like a mirror verifies its origin.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from ...schemas.codec import canonical_json, decode_json
from ...schemas.errors import BadInput
from ...schemas.fields import Fields
from ...schemas.reference import check_origin

MAX_ORIGINS = 64
MAX_DOCUMENT_BYTES = 16 * 1024 * 1024  # of one file below federation/
MAX_INDEX_BYTES = 256 * 1024 * 1024  # of index.json: 300 bytes a manifest
MAX_MEMBERS = 4_000_000


@dataclass(frozen=True, slots=True)
class Part:
    """One origin of an archive: its entries from log index `since` up to `size`."""

    origin: str
    since: int
    size: int

    @property
    def folder(self) -> str:
        """Where its files lie."""
        return f"federation/{hashlib.sha256(self.origin.encode()).hexdigest()}"


def write_description(parts: list[Part]) -> bytes:
    """The bytes of archive.json."""
    origins: list[dict[str, Any]] = [{"origin": part.origin, "since": part.since, "size": part.size} for part in parts]
    return canonical_json({"v": 1, "origins": origins})


def read_description(data: bytes, *, where: str) -> list[Part]:
    """Read archive.json. Raises: BadInput."""
    fields = Fields(decode_json(data, limit=MAX_DOCUMENT_BYTES, where=where), where)
    if fields.integer("v") != 1:
        raise BadInput("is of a later version", where=fields.at("v"))
    parts = [
        Part(check_origin(item.text("origin", limit=253)), item.integer("since"), item.integer("size", low=1))
        for item in fields.maps("origins", limit=MAX_ORIGINS)
    ]
    if not parts or any(part.since > part.size for part in parts) or len({part.origin for part in parts}) != len(parts):
        raise BadInput("names no origin, one twice, or an impossible range", where=where)
    return parts
