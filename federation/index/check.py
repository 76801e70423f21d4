"""Checking an index answer with nothing but the origin note and what was seen before (protocol.md section 7).

Pure: bytes and a clock value in, a verdict out. Every hub's or mirror's answer is treated alike: as a liar's.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from ...schemas.answer import IndexAnswer, LoggedEntry, ProvenRecord
from ...schemas.entry import MAP_RULES, Entry, IndexRoot, Release, parse_entry
from ...schemas.errors import NotFound, NotTrusted, Unsupported
from ...schemas.ownership import Claim, Revoke, Yank
from ...schemas.record import PackageRecord, State, VersionRecord, package_key, version_key
from ...schemas.reference import Reference
from ...signing.merkle import check_consistency, check_inclusion, leaf_hash
from ...signing.notes import Checkpoint, Note
from ...signing.origin import OriginNote
from .answer import tagged_version
from .sparse_map import MapProof, check_map_proof


class ProvenAbsenceError(NotFound):
    """The log proves that there is no such package, version or tag: no other server will have it."""


class WithdrawnError(NotTrusted):
    """The log proves that a version was yanked or revoked. `view` is the checkpoint that says so."""

    def __init__(self, what: str, *, view: View, version: VersionRecord) -> None:
        super().__init__(
            what,
            check=str(version.state),
            todo="Nothing was loaded. Another version may stand: `ecli search` and the hub's page tell.",
        )
        self.view = view
        self.version = version


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest checkpoint of an origin that this client has verified; size 0 when there was none."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class View:
    """A checkpoint that was verified: `cosigned_at` (Unix seconds) is the origin's own word on its age."""

    checkpoint: Checkpoint
    cosigned_at: int | None
    note: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """What is current for a name, proven: the release, the claim that its publisher stood on, and the view.

    `lineage` are claims of the namespace with their log indexes, the current one first, each before it the one that it
    followed, as far back as the answer goes.
    """

    view: View
    package: PackageRecord
    version: VersionRecord
    release: Release
    claim: Claim
    lineage: tuple[tuple[int, Claim], ...]


def check_checkpoint(text: str, *, origin: OriginNote, seen: Seen, consistency: tuple[bytes, ...]) -> View:
    """Check a checkpoint: log key, cosignature, and that it continues what was seen. Raises: BadInput, NotTrusted."""
    note = Note.parse(text, where="checkpoint")
    checkpoint = Checkpoint.parse(note.body)
    if checkpoint.origin != origin.origin:
        raise NotTrusted(f"the checkpoint is of {checkpoint.origin}, not of {origin.origin}", check="checkpoint")
    note.verify(origin.log_key(checkpoint.size))
    if checkpoint.size < seen.size:
        raise NotTrusted(
            f"the log was shown with {checkpoint.size} entries, but {seen.size} were seen before",
            check="rollback",
            todo="The hub or mirror shows an older state; nothing was loaded.",
        )
    check_consistency(
        old=seen.size, new=checkpoint.size, old_root=seen.root, new_root=checkpoint.root, proof=consistency
    )
    times = [time for key in origin.cosigners if (time := note.cosigned_at(key)) is not None]
    return View(checkpoint, max(times, default=None), text)


def check_answer(answer: IndexAnswer, *, reference: Reference, origin: OriginNote, seen: Seen) -> Resolved:
    """Check the whole answer for `reference`. Raises: NotFound (proven absence), NotTrusted, BadInput, Unsupported."""
    if reference.origin and reference.origin != origin.origin:
        raise NotTrusted(f"the answer is of {origin.origin}, not of {reference.origin}", check="origin")
    view = check_checkpoint(answer.checkpoint, origin=origin, seen=seen, consistency=answer.consistency)
    root = _map_root(answer.last, view.checkpoint)
    package = _package(answer.package, root, reference)
    tag = tagged_version(package, reference.tag)
    if tag is None:
        raise _no_version(reference, package)
    if answer.version is None:
        raise NotTrusted(f"the answer hides {reference.package}:{tag}", check="index")
    version = _version(answer.version, root, reference, tag, package)
    if version.state is not State.RELEASED:
        raise _withdrawn(answer, view, version)
    release, claims = _release(answer, view.checkpoint, version), _claims(answer, view.checkpoint, package, origin)
    claim = claims.get(version.claim)
    if claim is None:
        raise NotTrusted("the answer does not show the claim that the release stands on", check="index")
    _match(release, claim, version)
    if reference.digest is not None and reference.digest != version.manifest:
        raise NotTrusted(
            f"{reference.package}:{version.version} is {version.manifest}, not {reference.digest}", check="digest"
        )
    return Resolved(view, package, version, release, claim, _lineage(claims, package.claim))


def _map_root(last: LoggedEntry, checkpoint: Checkpoint) -> bytes:
    if last.index != checkpoint.size - 1:
        raise NotTrusted("the answer does not show the log's last entry", check="index")
    entry = _logged(last, checkpoint)
    if not isinstance(entry, IndexRoot):
        raise NotTrusted("the log's last entry is not a map root", check="index")
    if entry.rules != MAP_RULES:
        raise Unsupported(f"the hub's map follows rules of version {entry.rules}", needs="a newer ecli")
    return entry.root


def _logged(logged: LoggedEntry, checkpoint: Checkpoint) -> Entry:
    check_inclusion(
        leaf=leaf_hash(logged.data),
        index=logged.index,
        size=checkpoint.size,
        proof=logged.proof,
        expected=checkpoint.root,
    )
    return parse_entry(logged.data, where=f"entry {logged.index}")


def _prove(proven: ProvenRecord, key: bytes, root: bytes) -> bytes | None:
    value = None if proven.record is None else hashlib.sha256(proven.record).digest()
    check_map_proof(root=root, key=key, value=value, proof=MapProof(proven.siblings, proven.other))
    return proven.record


def _package(proven: ProvenRecord, root: bytes, reference: Reference) -> PackageRecord:
    record = _prove(proven, package_key(reference.namespace, reference.name), root)
    if record is None:
        raise ProvenAbsenceError(
            f"there is no package {reference.package}",
            where=reference.origin,
            todo="Its absence is proven by the hub's log. Look for the name with `ecli search`.",
        )
    package = PackageRecord.parse(record)
    if (package.namespace, package.name) != (reference.namespace, reference.name):
        raise NotTrusted("the package record is of another package", check="index")
    return package


def _version(
    proven: ProvenRecord, root: bytes, reference: Reference, version: str, package: PackageRecord
) -> VersionRecord:
    record = _prove(proven, version_key(reference.namespace, reference.name, version), root)
    if record is None:
        raise _no_version(reference, package)
    made = VersionRecord.parse(record)
    if (made.namespace, made.name, made.version) != (reference.namespace, reference.name, version):
        raise NotTrusted("the version record is of another version", check="index")
    return made


def _no_version(reference: Reference, package: PackageRecord) -> ProvenAbsenceError:
    tags = ", ".join(f"{tag} = {version}" for tag, version in package.tags) or "none"
    return ProvenAbsenceError(
        f"{reference.package} has no version or tag {reference.tag!r}",
        where=reference.origin,
        todo=f"It has {package.versions} version(s); tags: {tags}.",
    )


def _release(answer: IndexAnswer, checkpoint: Checkpoint, version: VersionRecord) -> Release:
    if answer.release is None or answer.release.index != version.entry:
        raise NotTrusted("the answer does not show the release's entry", check="index")
    entry = _logged(answer.release, checkpoint)
    if not isinstance(entry, Release):
        raise NotTrusted(f"entry {version.entry} is not a release", check="index")
    return entry


def _claims(
    answer: IndexAnswer, checkpoint: Checkpoint, package: PackageRecord, origin: OriginNote
) -> dict[int, Claim]:
    """The claims that the answer shows, by log index; the package's own must be there."""
    found = {}
    for shown in answer.claims:
        entry = _logged(shown, checkpoint)
        if not isinstance(entry, Claim) or entry.namespace != package.namespace:
            raise NotTrusted(f"entry {shown.index} is not a claim of {package.namespace}", check="index")
        if entry.origin != origin.origin:
            raise NotTrusted(f"the namespace's claim is for the origin {entry.origin}", check="owner")
        found[shown.index] = entry
    current = found.get(package.claim)
    if current is None:
        raise NotTrusted("the answer does not show the namespace's claim", check="index")
    if current.owners != package.owners:
        raise NotTrusted("the claim's entry and the package record differ", check="index")
    return found


def _lineage(claims: dict[int, Claim], current: int) -> tuple[tuple[int, Claim], ...]:
    found: list[tuple[int, Claim]] = []
    index: int | None = current
    while index in claims and (not found or index < found[-1][0]):
        found.append((index, claims[index]))
        index = claims[index].after
    return tuple(found)


def _withdrawn(answer: IndexAnswer, view: View, version: VersionRecord) -> WithdrawnError:
    """The refusal of a version that does not stand, with the reason that the log gives."""
    name, why = f"{version.namespace}/{version.name}:{version.version}", ""
    if answer.cause is not None and answer.cause.index == version.changed:
        entry = _logged(answer.cause, view.checkpoint)
        if isinstance(entry, Yank | Revoke):
            by = entry.mandate.identity or "the hub, in the owner's place"
            why = f" by {by}: {entry.reason}" if entry.reason else f" by {by}"
    return WithdrawnError(f"{name} was {version.state}{why}", view=view, version=version)


def _match(release: Release, claim: Claim, version: VersionRecord) -> None:
    named = (release.namespace, release.name, release.version, release.manifest)
    if named != (version.namespace, version.name, version.version, version.manifest):
        raise NotTrusted("the release's entry and the version record differ", check="index")
    if not any(owner.matches(release.identity) for owner in claim.owners):
        raise NotTrusted(f"{release.identity} did not own the namespace {claim.namespace}", check="owner")
