"""The answer to `GET /index/package/…`: all that a client needs to know what is current (protocol.md section 5).

One canonical MessagePack map. Everything in it is a claim until federation/index/check has checked it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .codec import decode, encode
from .entry import MAX_ENTRY_BYTES
from .errors import BadInput
from .fields import Fields
from .record import MAX_RECORD_BYTES

MAX_ANSWER_BYTES = 1024 * 1024
MAX_NOTE_CHARS = 64 * 1024
MAX_TREE_PROOF = 126  # hashes of a consistency proof
MAX_MAP_PROOF = 256  # siblings
MAX_CLAIMS = 9  # of an answer: the newest ones, and the one that an older release stands on


@dataclass(frozen=True, slots=True)
class LoggedEntry:
    """An entry with its place and its inclusion proof for the answer's checkpoint."""

    index: int
    data: bytes
    proof: tuple[bytes, ...]

    def to_map(self) -> dict[str, Any]:
        """The map to encode."""
        return {"index": self.index, "data": self.data, "proof": list(self.proof)}

    @classmethod
    def read(cls, fields: Fields) -> LoggedEntry:
        """Read an entry of an answer. Raises: BadInput."""
        return cls(
            fields.integer("index"),
            fields.binary("data", limit=MAX_ENTRY_BYTES),
            _hashes(fields, "proof", MAX_TREE_PROOF),
        )


@dataclass(frozen=True, slots=True)
class ProvenRecord:
    """A record of the map, or None for its absence, with the map's proof; `other` stands in its place."""

    record: bytes | None
    siblings: tuple[bytes, ...]
    other: tuple[bytes, bytes] | None = None

    def to_map(self) -> dict[str, Any]:
        """The map to encode."""
        return {
            "record": self.record,
            "siblings": list(self.siblings),
            "other": None if self.other is None else list(self.other),
        }

    @classmethod
    def read(cls, fields: Fields) -> ProvenRecord:
        """Read a record of an answer. Raises: BadInput."""
        other = _hashes(fields, "other", 2) if fields.has("other") else ()
        if len(other) not in (0, 2):
            raise BadInput("must be a key and a value", where=fields.at("other"))
        return cls(
            fields.binary("record", limit=MAX_RECORD_BYTES) if fields.has("record") else None,
            _hashes(fields, "siblings", MAX_MAP_PROOF),
            (other[0], other[1]) if other else None,
        )


@dataclass(frozen=True, slots=True)
class IndexAnswer:
    """Checkpoint, consistency from the size that was asked for, last entry, records and the entries behind them.

    `version` and `release` are None where the package or the version is absent. `claims` are those of the namespace,
    the current one first; none where the package is absent. `cause` is the entry that withdrew the version.
    """

    checkpoint: str
    consistency: tuple[bytes, ...]
    last: LoggedEntry
    package: ProvenRecord
    version: ProvenRecord | None
    release: LoggedEntry | None
    claims: tuple[LoggedEntry, ...]
    cause: LoggedEntry | None = None

    def encode(self) -> bytes:
        """The message."""
        return encode(
            {
                "v": 2,
                "checkpoint": self.checkpoint,
                "consistency": list(self.consistency),
                "last": self.last.to_map(),
                "package": self.package.to_map(),
                "version": self.version and self.version.to_map(),
                "release": self.release and self.release.to_map(),
                "claims": [claim.to_map() for claim in self.claims],
                "cause": self.cause and self.cause.to_map(),
            }
        )

    @classmethod
    def parse(cls, data: bytes, *, where: str = "index answer") -> IndexAnswer:
        """Read a message. Raises: BadInput."""
        fields = Fields(decode(data, limit=MAX_ANSWER_BYTES, where=where), where)
        if fields.integer("v") != 2:
            raise BadInput("is of another version than this ecli reads (2)", where=fields.at("v"))
        return cls(
            fields.text("checkpoint", limit=MAX_NOTE_CHARS),
            _hashes(fields, "consistency", MAX_TREE_PROOF),
            LoggedEntry.read(fields.map("last")),
            ProvenRecord.read(fields.map("package")),
            ProvenRecord.read(fields.map("version")) if fields.has("version") else None,
            LoggedEntry.read(fields.map("release")) if fields.has("release") else None,
            tuple(LoggedEntry.read(item) for item in fields.maps("claims", limit=MAX_CLAIMS)),
            LoggedEntry.read(fields.map("cause")) if fields.has("cause") else None,
        )


def _hashes(fields: Fields, name: str, limit: int) -> tuple[bytes, ...]:
    values = fields.items(name, limit=limit)
    if not all(isinstance(value, bytes) and len(value) == 32 for value in values):
        raise BadInput("must hold hashes of 32 bytes", where=fields.at(name))
    return tuple(values)
