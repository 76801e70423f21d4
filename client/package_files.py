"""Verifying a package file with no network: the proofs in it, against the keys that this user has pinned."""

from __future__ import annotations

from dataclasses import replace

from ..federation.package_file import PackageFile, Proof
from ..schemas.answer import IndexAnswer
from ..schemas.errors import NotTrusted
from ..schemas.reference import Reference
from ..signing.notes import Checkpoint, Note
from ..signing.origin import read_origin_note, verify_origin_note
from ..signing.verified import VerifiedPackage
from .acquire import check_log, file_owners, verify_file
from .home import Home
from .known import Known
from .pins import UNSEEN, Pin, Pins
from .settings import Settings


def verify_package_file(file: PackageFile, *, home: Home, settings: Settings) -> VerifiedPackage:
    """Check everything of protocol.md section 7 that needs no network. Raises: HubError."""
    proof = file.proof
    if proof is None:
        raise NotTrusted(
            "the file holds no proof of a hub's log", check="signature", todo="`ecli export` writes files with proofs."
        )
    origin = read_origin_note(proof.origin_note).origin
    pin = Pins(home).get(origin)
    config = file.contents.config
    reference = Reference(origin, config.namespace, config.name, config.version)
    settings = settings.about(reference.canonical)
    # a file may be older than what was seen, so its log is judged from the start; its age is said or refused
    _check_log_key(proof, pin)
    older = replace(pin, serial=0)
    evidence = check_log(
        reference, proof.origin_note, IndexAnswer.parse(proof.answer), pin=older, settings=settings, seen=UNSEEN
    )
    known = Known(home, origin)
    if gone := known.withdrawn(file.contents.manifest.digest):
        raise NotTrusted(f"{gone.why}; the file is older", check=gone.state, todo="Nothing was loaded.")
    file_owners(file, evidence, known.owners(config.namespace))
    return verify_file(reference, file, evidence, home=home, settings=settings)


def _check_log_key(proof: Proof, pin: Pin) -> None:
    """Judge the file's checkpoint by the newest origin note known here: retired log keys cannot speak in old notes."""
    if not pin.note:
        return
    newest = verify_origin_note(pin.note, origin=pin.origin, fingerprint=pin.fingerprint)
    shown = verify_origin_note(proof.origin_note, origin=pin.origin, fingerprint=pin.fingerprint)
    if newest.serial > shown.serial:
        note = Note.parse(IndexAnswer.parse(proof.answer).checkpoint, where="checkpoint")
        note.verify(newest.log_key(Checkpoint.parse(note.body).size))
