"""What this user knows of an origin for good: whose namespaces are, and which packages were withdrawn.

What is known here wins over what an older package file, or a receipt, says (protocol.md section 7).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..federation.files import write_durably
from ..schemas.codec import canonical_json, decode_json
from ..schemas.digest import Digest
from ..schemas.fields import Fields
from ..schemas.identity import MAX_OWNERS, Owner
from ..schemas.reference import check_namespace, check_origin
from .home import Home

MAX_KNOWN_BYTES = 16 * 1024 * 1024
MAX_REASON_CHARS = 2048


@dataclass(frozen=True, slots=True)
class KnownOwners:
    """Owners of a namespace by the claim at a log index; None for a claim that the user has accepted and not seen."""

    claim: int
    owners: tuple[Owner, ...] | None


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """That a package was yanked or revoked (`state`), and by whom and why, in words."""

    state: str
    why: str


class Known:
    """What is known of one origin. Raises (all methods): BadInput, StorageFailed."""

    def __init__(self, home: Home, origin: str) -> None:
        self._home = home
        self._origin = check_origin(origin)

    def owners(self, namespace: str) -> KnownOwners | None:
        """Who owned a namespace when it was last looked at."""
        held = self._load().get("owners", {})
        if namespace not in held:
            return None
        fields = Fields(held[namespace], f"{self._path}.owners.{namespace}")
        owners = tuple(Owner.read(item) for item in fields.maps("owners", limit=MAX_OWNERS, default=[]))
        return KnownOwners(fields.integer("claim"), owners or None)

    def namespaces(self) -> list[str]:
        """Namespaces whose owners are known."""
        return sorted(self._load().get("owners", {}))

    def pin(self, namespace: str, known: KnownOwners) -> None:
        """Remember the owners of a namespace."""
        made: dict[str, Any] = {"claim": known.claim}
        if known.owners is not None:
            made["owners"] = [owner.to_map() for owner in known.owners]
        self._change("owners", check_namespace(namespace), made)

    def withdrawn(self, manifest: Digest) -> Withdrawn | None:
        """What is known of a package's withdrawal, if it is known to be withdrawn."""
        held = self._load().get("withdrawn", {})
        if manifest not in held:
            return None
        fields = Fields(held[manifest], f"{self._path}.withdrawn")
        return Withdrawn(fields.text("state", limit=16), fields.text("why", limit=MAX_REASON_CHARS))

    def withdraw(self, manifest: Digest, withdrawn: Withdrawn) -> None:
        """Remember that a package was withdrawn."""
        self._change("withdrawn", manifest, {"state": withdrawn.state, "why": withdrawn.why[:MAX_REASON_CHARS]})

    def _change(self, part: str, name: str, value: Any) -> None:
        held = self._load()
        if held.get(part, {}).get(name) == value:
            return
        self._home.make()
        write_durably(self._path, canonical_json(held | {part: held.get(part, {}) | {name: value}}), mode=0o600)

    def _load(self) -> dict[str, Any]:
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return {}
        fields = Fields(decode_json(data, limit=MAX_KNOWN_BYTES, where=str(self._path)), str(self._path))
        fields.only("owners", "withdrawn")
        return {name: _object(fields.raw(name), fields.at(name)) for name in ("owners", "withdrawn")}

    @property
    def _path(self) -> Path:
        return self._home.known / f"{self._origin}.json"


def _object(value: Any, where: str) -> dict[str, Any]:
    Fields({} if value is None else value, where)
    return value or {}
