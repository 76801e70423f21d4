"""From a reference to a verified, installed package: ask, check, fetch, check, install (protocol.md section 7).

The order of the checks: origin note, checkpoint, consistency, age, index, claim; then signature, digests, names and
permissions. Whatever fails is named; nothing is installed before all have passed.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace

from ..federation.index.check import Resolved, Seen, View, WithdrawnError, check_answer
from ..federation.package_file import PackageFile, Proof
from ..federation.sources import HubSource
from ..schemas.answer import IndexAnswer
from ..schemas.contents import PackageContents, check_release_manifest, judged
from ..schemas.digest import Digest
from ..schemas.errors import NotTrusted
from ..schemas.permissions import permissions_of_package
from ..schemas.reference import Reference
from ..signing.origin import OriginNote, verify_origin_note
from ..signing.public_good import PUBLIC, check_public
from ..signing.receipts import PARTS, Receipt
from ..signing.roots import TrustDomain
from ..signing.verified import Check, VerifiedPackage
from ..signing.verify import verify_package
from .ages import Ages
from .architecture import own_architecture
from .consent import refuse_denied
from .cosignatures import with_cosignatures
from .domains import Domains
from .home import Home
from .known import Known, KnownOwners, Withdrawn
from .owners import check_owners, forced
from .pins import Pin, Pins
from .policy.demands import check_own_root, check_quorum, check_signer
from .settings import Settings
from .store import Installed, Store


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the log proved for a reference, with the checks that did."""

    note: OriginNote
    resolved: Resolved
    checks: tuple[Check, ...]
    warnings: tuple[str, ...]


async def acquire(reference: Reference, source: HubSource, *, home: Home, settings: Settings, pin: Pin) -> Installed:
    """Fetch, verify and install what `reference` (with its origin) means now. Raises: HubError."""
    reference = replace(reference, origin=pin.origin)
    settings = settings.about(reference.canonical)
    note_text = await source.origin_note()
    answer = await source.answer(reference, since=pin.seen.size)
    answer = await with_cosignatures(answer, source, pin, settings)
    evidence = _checked(reference, note_text, answer, home=home, settings=settings, pin=pin)
    place = f"{'a mirror' if source.mirror else 'the origin'}, {source.url}; it is not trusted, all of it is checked"
    evidence = replace(evidence, checks=(Check("source", place), *evidence.checks))
    checkpoint = evidence.resolved.view.checkpoint
    Pins(home).saw(pin, note=note_text, serial=evidence.note.serial, seen=Seen(checkpoint.size, checkpoint.root))
    name = (reference.namespace, reference.name)
    roots, handed = _needed(evidence)
    manifest, referrers, trust, bundles = await asyncio.gather(
        source.manifest(*name, evidence.resolved.version.manifest),
        asyncio.gather(*(source.manifest(*name, digest) for digest in evidence.resolved.release.referrers)),
        asyncio.gather(*(source.trusted_root(digest) for digest in roots)),
        asyncio.gather(*(source.order_bundle(digest) for digest in handed)),
    )
    check_release_manifest(manifest)
    blobs, *others = await asyncio.gather(
        source.blobs(*name, judged(manifest)), *(source.blobs(*name, item.blobs) for item in referrers)
    )
    file = PackageFile(
        PackageContents.open(manifest, blobs),
        tuple(referrers),
        # without the consistency proof: it continues what this client saw, not what a later reader did
        Proof(
            note_text,
            replace(answer, consistency=()).encode(),
            dict(zip(roots, trust, strict=True)),
            dict(zip(handed, bundles, strict=True)),
        ),
        {digest: data for held in others for digest, data in held.items()},
    )
    known = Known(home, reference.origin)
    owners = await asyncio.to_thread(file_owners, file, evidence, known.owners(reference.namespace))
    if warning := forced(evidence.resolved):
        evidence = replace(evidence, warnings=(*evidence.warnings, warning))
    verified = await asyncio.to_thread(verify_file, reference, file, evidence, home=home, settings=settings)
    known.pin(reference.namespace, owners)
    return install(reference, file, verified, evidence, home=home, settings=settings)


def _checked(
    reference: Reference, note_text: str, answer: IndexAnswer, *, home: Home, settings: Settings, pin: Pin
) -> Evidence:
    """Check note and answer; that a version was withdrawn is remembered, and that this log has said so."""
    try:
        return check_log(reference, note_text, answer, pin=pin, settings=settings, seen=pin.seen)
    except WithdrawnError as error:
        checkpoint, record = error.view.checkpoint, error.version
        serial = verify_origin_note(note_text, origin=pin.origin, fingerprint=pin.fingerprint).serial
        Pins(home).saw(pin, note=note_text, serial=serial, seen=Seen(checkpoint.size, checkpoint.root))
        Known(home, pin.origin).withdraw(record.manifest, Withdrawn(str(record.state), error.what))
        Store(home).forget(pin.origin, f"{record.namespace}/{record.name}", record.manifest)
        raise


def _needed(evidence: Evidence) -> tuple[list[Digest], list[Digest]]:
    """Digests of the trusted roots and of the bundles by which publisher and hand-overs can be checked."""
    orders = [claim.mandate for _, claim in evidence.resolved.lineage if claim.mandate.bundle]
    domains = {item.identity.domain for item in orders if item.identity}
    named = dict(evidence.note.domains)
    roots = {trusted_root(evidence)} | {named[name] for name in domains if name in named}
    return sorted(roots), sorted({item.bundle for item in orders if item.bundle})


def file_owners(file: PackageFile, evidence: Evidence, known: KnownOwners | None) -> KnownOwners:
    """Who owns the namespace by the proofs in a file, following those whom the user knows. Raises: NotTrusted."""
    proof = file.proof
    if proof is None:
        raise NotTrusted("the file holds no proof of a hub's log", check="signature")
    domains = {
        name: TrustDomain.parse(name, proof.trust[digest])
        for name, digest in evidence.note.domains
        if digest in proof.trust
    }
    return check_owners(evidence.resolved, known, bundles=proof.bundles, domains=domains)


def check_log(
    reference: Reference, note_text: str, answer: IndexAnswer, *, pin: Pin, settings: Settings, seen: Seen
) -> Evidence:
    """Check origin note and index answer for a reference, under the settings about it. Raises: HubError."""
    note = verify_origin_note(note_text, origin=pin.origin, fingerprint=pin.fingerprint)
    if note.serial < pin.serial:
        raise NotTrusted(
            f"the origin note has the serial {note.serial}, but {pin.serial} was seen before", check="origin"
        )
    resolved = check_answer(answer, reference=reference, origin=note, seen=seen)
    view, release = resolved.view, resolved.release
    ages = Ages(settings.max_age, settings.expire_age, int(time.time()))
    age, warning = _age(view, ages)
    quorum, warnings = check_quorum(view.note, note.log_key(view.checkpoint.size), settings, ages)
    checks = (
        Check("origin", f"{note.origin}, key {note.fingerprint[:16]}…, serial {note.serial}"),
        Check("checkpoint", f"{view.checkpoint.size} entries, signed by the log key"),
        Check(
            "consistency", f"continues the {seen.size} entries seen before" if seen.size else "first look at this log"
        ),
        Check("age", age),
        *quorum,
        Check("index", f"{release.package}:{reference.tag} is {release.version}, proven by the map"),
        Check("inclusion", f"release is log entry {resolved.version.entry}, claim is entry {resolved.version.claim}"),
        Check("owner", _owner(resolved)),
        *check_signer(reference.canonical, release.identity, settings),
    )
    told = (warning, _moved(note), *warnings)
    return Evidence(note, resolved, checks, tuple(item for item in told if item))


def _moved(note: OriginNote) -> str:
    if note.successor is None:
        return ""
    return f"{note.origin} goes on as {note.successor.origin}: `ecli trust add` its address, which asks no question"


def _owner(resolved: Resolved) -> str:
    release = resolved.release
    if any(owner.matches(release.identity) for owner in resolved.package.owners):
        return f"{release.identity.subject} owns {release.namespace}"
    return f"{release.identity.subject} owned {release.namespace} when it was released"


def trusted_root(evidence: Evidence) -> Digest:
    """Digest of the trusted root of the publisher's trust domain. Raises: NotTrusted."""
    name = evidence.resolved.release.identity.domain
    digest = dict(evidence.note.domains).get(name)
    if digest is None:
        raise NotTrusted(f"the origin note names no trust domain {name!r}", check="trust")
    return digest


def verify_file(
    reference: Reference, file: PackageFile, evidence: Evidence, *, home: Home, settings: Settings
) -> VerifiedPackage:
    """Check a package's bytes and signature against the evidence and the policy. Blocking. Raises: HubError."""
    root = trusted_root(evidence)
    if file.proof is None or root not in file.proof.trust:
        raise NotTrusted("the publisher's trusted root is missing", check="trust")
    release, bundles = evidence.resolved.release, file.bundles()
    domain = TrustDomain.parse(release.identity.domain, file.proof.trust[root])
    if domain.name == PUBLIC:
        check_public(domain, release, bundles, own=Domains(home).get(PUBLIC).domain)
    check_own_root(release, bundles, domain, settings=settings, home=home)
    verified = verify_package(
        reference=str(reference),
        release=release,
        contents=file.contents,
        architecture=own_architecture(),
        bundles=bundles,
        domain=domain,
        log_checks=evidence.checks,
        warnings=evidence.warnings,
    )
    if any(policy.deny for policy in settings.policies):
        permissions = permissions_of_package(verified.wasm, verified.bpf_object)
        refuse_denied(str(reference), permissions, policies=settings.policies)
    return verified


def install(
    reference: Reference,
    file: PackageFile,
    verified: VerifiedPackage,
    evidence: Evidence,
    *,
    home: Home,
    settings: Settings,
) -> Installed:
    """Put a verified package into the store, with its receipt. Raises: StorageFailed."""
    config = file.contents.blobs[file.contents.manifest.config.digest]
    held = zip(PARTS, (verified.bpf_object, verified.wasm, verified.types), strict=True)
    parts = {name: data for name, data in held if data is not None}
    receipt = Receipt(
        reference=str(reference),
        origin=reference.origin,
        fingerprint=evidence.note.fingerprint,
        manifest=verified.manifest,
        architecture=own_architecture(),
        config=Digest.of(config),
        parts=tuple((name, Digest.of(data)) for name, data in parts.items()),
        publisher=verified.publisher,
        log_index=evidence.resolved.version.entry,
        as_of=evidence.resolved.view.cosigned_at or 0,
        checked_at=int(time.time()),
        policy=settings.digest,
        checks=verified.checks,
        warnings=verified.warnings,
    )
    return Store(home).put(reference, receipt, package_file=file.write(), config=config, parts=parts)


def _age(view: View, ages: Ages) -> tuple[str, str]:
    """Evidence of the age check, and a warning when the origin's word is stale. Raises: NotTrusted."""
    if view.cosigned_at is None:
        raise NotTrusted("the origin's cosigner has not signed the checkpoint, so its age is unknown", check="age")
    return ages.judge(view.cosigned_at, who="the origin")
