"""The verdict on a Sigstore bundle: sigstore-python's, over what was valid in a trust domain when it was signed.

How it works. A bundle claims a time: the log's promise (SET), or RFC 3161 timestamps. From the trust domain we take
only the log the entry names, and only certificate authorities, CT and log keys whose window holds that time.
sigstore-python, which does not look at the ends of these windows, gets a trusted root of these alone and verifies the
bundle, the claimed time included. So a retired key cannot speak, whatever it signs. Then what the library leaves
open is compared: the checkpoint's origin, name and size; the log index. Any exception means: refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from cryptography.x509 import Certificate
from sigstore.models import Bundle
from sigstore.verify import Verifier

from ..schemas.errors import NotTrusted
from .certificate import certificate_identity
from .kept_bundle import KeptBundle
from .kept_root import KeptRoot
from .material import LogClaim, Material
from .notes import Note
from .outdated import outdated_key
from .roots import RootAuthority, RootLog, TrustDomain
from .verdict import CHECK, Proof

T = TypeVar("T")


def prove(material: Material, domain: TrustDomain, judge: Callable[[Verifier, Bundle], T]) -> tuple[Proof, T]:
    """Verify `material` in `domain`; `judge` runs the library's check for its content.

    Raises: anything, so it stands inside `refusals`.
    """
    entry = material.entry
    if not entry.promised_at and not material.timestamps:
        raise NotTrusted("the Sigstore bundle holds no signed time", check=CHECK)
    # With a promise the promise is the time. Without, each timestamp must hold by itself: the library would be
    # content with one of several, and not say which.
    documents = [material.raw] if entry.promised_at or material.timestamps < 2 else material.alone()
    bundles = [KeptBundle.from_json(document) for document in documents]
    times = _claimed_times(entry, bundles)
    verifier = _verifier(domain, *_valid_then(domain, entry, times))
    for bundle in bundles:
        _check_certificate_then(bundle.signing_certificate, times)
        try:
            verdict = judge(verifier, bundle)
        except Exception as error:
            if what := outdated_key(bundle.signing_certificate, material.stamps(), domain, times):
                raise NotTrusted(what, check=CHECK) from error
            raise
    _check_checkpoint(entry, domain)
    return _proof(bundle.signing_certificate, domain.name, max(times), _bound_index(entry)), verdict


def _claimed_times(entry: LogClaim, bundles: Sequence[KeptBundle]) -> tuple[datetime, ...]:
    return (entry.promised_at,) if entry.promised_at else tuple(time for each in bundles for time in each.stamped_at())


def _valid_then(
    domain: TrustDomain, entry: LogClaim, times: tuple[datetime, ...]
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    logs = {index: log for index, log in enumerate(domain.logs) if entry.log_id in log.key_ids}
    if not logs:
        raise NotTrusted(f"trust domain {domain.name} does not know the log of the Sigstore bundle", check=CHECK)
    return (
        _holding(logs, times, f"log key in trust domain {domain.name}"),
        _holding(dict(enumerate(domain.ct_logs)), times, f"certificate log key in trust domain {domain.name}"),
        _holding(dict(enumerate(domain.authorities)), times, f"certificate authority in trust domain {domain.name}"),
    )


def _check_certificate_then(certificate: Certificate, times: tuple[datetime, ...]) -> None:
    """Say in plain words what the library is about to refuse: a signature outside its certificate's few minutes."""
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    for time in times:
        if not start <= time <= end:
            what = f"the certificate was not valid when it was signed, {time:%Y-%m-%d %H:%M:%S} UTC"
            raise NotTrusted(f"{what} (valid {start:%Y-%m-%d %H:%M:%S} to {end:%Y-%m-%d %H:%M:%S} UTC)", check=CHECK)


def _holding(entries: Mapping[int, RootLog | RootAuthority], times: tuple[datetime, ...], what: str) -> tuple[int, ...]:
    """The positions of those entries whose window holds all `times`. Raises: NotTrusted when there is none."""
    found = tuple(index for index, entry in entries.items() if entry.window.holds(times))
    if not found:
        when = f"{max(times):%Y-%m-%d %H:%M:%S} UTC"
        windows = "; ".join(str(entry.window) for entry in list(entries.values())[:4])
        raise NotTrusted(f"no {what} was valid when it was signed, {when} (valid {windows})", check=CHECK)
    return found


@lru_cache(maxsize=64)
def _verifier(
    domain: TrustDomain, logs: tuple[int, ...], ct_logs: tuple[int, ...], authorities: tuple[int, ...]
) -> Verifier:
    return Verifier(trusted_root=KeptRoot(domain.narrowed(logs=logs, ct_logs=ct_logs, authorities=authorities)))


def _check_checkpoint(entry: LogClaim, domain: TrustDomain) -> None:
    """Compare the checkpoint with the entry's log and proof (C2SP tlog-checkpoint; Rekor v1 adds its tree's number)."""
    note = Note.parse(entry.checkpoint, where="checkpoint")
    origin, size, *_ = note.body.split("\n")
    names = frozenset(name for log in domain.logs if entry.log_id in log.key_ids for name in log.names)
    signer = next((line.name for line in note.signatures if line.key_id == entry.log_id[:4]), "")
    name, _, tree = origin.partition(" - ")
    if signer not in names or name not in names or (tree and not tree.isdecimal()):
        what = (
            f"the checkpoint is of {_quoted(origin)} signed as {_quoted(signer)}, not of {' or '.join(sorted(names))}"
        )
        raise NotTrusted(what, check=CHECK)
    if size != str(entry.tree_size):
        raise NotTrusted("the checkpoint is of another size than the inclusion proof", check=CHECK)


def _bound_index(entry: LogClaim) -> int:
    """The entry's index as far as a signature binds it: by the promise, or by the Merkle path."""
    if entry.promised_at is None and entry.index != entry.proof_index:
        raise NotTrusted("the log index is not that of the inclusion proof", check=CHECK)
    return entry.index


def _proof(certificate: Certificate, domain: str, time: datetime, index: int) -> Proof:
    identity = certificate_identity(certificate, domain)
    return Proof(identity, int(time.timestamp()), index)


def _quoted(text: str) -> str:
    """Foreign text as it may stand in a message."""
    return repr(text[:80])
