"""Making the index answer out of a replayed log (protocol.md section 5). The check is in check.py."""

from __future__ import annotations

from ...schemas.answer import MAX_CLAIMS, IndexAnswer, LoggedEntry, ProvenRecord
from ...schemas.entry import parse_entry
from ...schemas.errors import BadInput, Conflict
from ...schemas.ownership import Claim
from ...schemas.record import PackageRecord, State, VersionRecord, package_key, version_key
from ...schemas.semver import Version
from ...signing.merkle import consistency_proof, inclusion_proof
from ..log.files import LogFiles
from .rules import Replay
from .sparse_map import SparseMap


def make_answer(
    *, checkpoint: str, size: int, files: LogFiles, replay: Replay, namespace: str, name: str, tag: str, since: int
) -> IndexAnswer:
    """Answer for `namespace/name:tag` at the published `size`, to a client that last saw `since` entries.

    Raises: BadInput when `since` is beyond the log; Conflict when `replay` has moved on from `size`.
    """
    if replay.size != size or size not in replay.maps:
        raise Conflict(f"the index is not that of {size} entries", where="index", todo="Ask again.")
    if not 0 <= since <= size:
        raise BadInput(f"the log has {size} entries, not {since}", where="from")
    hashes = files.hashes(size)
    current = replay.map

    def logged(index: int) -> LoggedEntry:
        return LoggedEntry(index, files.entry(index, size), inclusion_proof(hashes, index, size))

    package = replay.package_record(namespace, name)
    version = tagged_version(package, tag) if package else None
    record = replay.packages[f"{namespace}/{name}"].versions.get(version) if version else None
    return IndexAnswer(
        checkpoint,
        consistency_proof(hashes, since, size),
        logged(size - 1),
        _proven(current, package_key(namespace, name), package.encode() if package else None),
        _proven(current, version_key(namespace, name, version), record.encode() if record else None)
        if version
        else None,
        logged(record.entry) if record else None,
        tuple(logged(index) for index in _claims(files, replay, size, package, record)) if package else (),
        logged(record.changed) if record and record.state is not State.RELEASED else None,
    )


def _claims(
    files: LogFiles, replay: Replay, size: int, package: PackageRecord, version: VersionRecord | None
) -> list[int]:
    """Log indexes of the namespace's newest claims, the current one first, and of the one behind the version."""
    found, index = [package.claim], replay.claims[package.namespace][1].after
    while index is not None and len(found) < MAX_CLAIMS - 1:
        found.append(index)
        entry = parse_entry(files.entry(index, size))
        index = entry.after if isinstance(entry, Claim) else None
    return [*found, version.claim] if version and version.claim not in found else found


def tagged_version(package: PackageRecord, tag: str) -> str | None:
    """The version that `tag` means: a version's own spelling first, then a tag; None when it is neither."""
    return tag if Version.spells(tag) else package.tag(tag)


def _proven(current: SparseMap, key: bytes, record: bytes | None) -> ProvenRecord:
    proof = current.prove(key)
    return ProvenRecord(record, proof.siblings, proof.other)
