"""Whether a trusted root is a later one of the same Sigstore: the old keys, for no longer than before, and new ones.

Nobody signs a trusted_root.json, so this alone is no reason to believe it: whoever hands it out must be believed, and
somebody agree to what it changes. What changes is said here, and another Sigstore is told from a rotated one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import TypeAlias

from ..schemas.codec import canonical_json
from ..schemas.errors import NotTrusted
from .roots import RootAuthority, RootLog, TrustDomain
from .windows import Window

CHECK = "trust"
_Entry: TypeAlias = RootLog | RootAuthority


def changes_of(old: TrustDomain, new: TrustDomain) -> tuple[str, ...]:
    """What a later root of the same Sigstore changes, a line each; empty when it says the same.

    Raises: NotTrusted for a root that lacks one of the old keys, or lets one speak for longer.
    """
    said = []
    for kind, before, after in _kinds(old, new):
        found = {_identity(item): item for item in after}
        for entry in before:
            later = found.pop(_identity(entry), None)
            if later is None:
                raise _refusal(f"has not the {kind} {_named(entry)}", old)
            said += _window_change(kind, entry, later, old)
        said += [f"new {kind} {_named(entry)}, valid {entry.window}" for entry in found.values()]
    return tuple(said)


def _window_change(kind: str, entry: _Entry, later: _Entry, old: TrustDomain) -> list[str]:
    if later.window == entry.window:
        return []
    if not _narrower(later.window, entry.window):
        raise _refusal(f"lets the {kind} {_named(entry)} speak from {later.window}, not only {entry.window}", old)
    return [f"the {kind} {_named(entry)} ends: valid {later.window}"]


def _narrower(later: Window, before: Window) -> bool:
    ends = later.end is not None and (before.end is None or later.end <= before.end)
    return later.start >= before.start and (ends or later.end == before.end)


def _kinds(old: TrustDomain, new: TrustDomain) -> Iterator[tuple[str, tuple[_Entry, ...], tuple[_Entry, ...]]]:
    yield "certificate authority", old.authorities, new.authorities
    yield "certificate log", old.ct_logs, new.ct_logs
    yield "log", old.logs, new.logs
    yield "timestamp authority", old.timestampers, new.timestampers


def _identity(entry: _Entry) -> bytes:
    """All that an entry says, but when it is valid and who runs it."""
    document = json.loads(entry.document)
    document.pop("operator", None)
    for place in (document, document.get("publicKey", {})):
        place.pop("validFor", None)
    return canonical_json(document)


def _named(entry: _Entry) -> str:
    """An entry for people: its address, and the beginning of a hash that tells two of them apart."""
    document = json.loads(entry.document)
    address = str(document.get("baseUrl") or document.get("uri") or "")[:80]
    address = "".join(char if char.isprintable() else "?" for char in address)
    return f"{address} ({hashlib.sha256(_identity(entry)).hexdigest()[:12]})".strip()


def _refusal(what: str, old: TrustDomain) -> NotTrusted:
    return NotTrusted(
        f"this is not a later root of {old.name} as it is known here ({old.digest}): it {what}",
        check=CHECK,
        todo=f"Ask whoever runs it what happened; `ecli trust domain remove {old.name}` forgets the old one.",
    )
