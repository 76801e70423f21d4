"""Who made an entry about ownership: the hub, an owner, or the hub in an owner's place (protocol.md section 4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .digest import Digest
from .errors import BadInput
from .fields import Fields
from .identity import Identity


class By(StrEnum):
    """Who made an entry. `forced` is the hub in an owner's place, for everybody to see."""

    HUB = "hub"
    OWNER = "owner"
    FORCED = "forced"


@dataclass(frozen=True, slots=True)
class Mandate:
    """Who made an entry; of an owner, the verified identity and the digest of the Sigstore bundle over the entry."""

    by: By
    identity: Identity | None = None
    bundle: Digest | None = None

    def to_map(self) -> dict[str, Any]:
        """The fields that it adds to an entry's map."""
        if self.identity is None or self.bundle is None:
            return {"by": str(self.by)}
        return {"by": str(self.by), "identity": self.identity.to_map(), "bundle": self.bundle.raw}

    @classmethod
    def read(cls, fields: Fields) -> Mandate:
        """Read the mandate of an entry. Raises: BadInput."""
        try:
            by = By(fields.text("by", limit=16))
        except ValueError as error:
            raise BadInput("must be hub, owner or forced", where=fields.at("by")) from error
        if by is not By.OWNER:
            for name in ("identity", "bundle"):
                if fields.has(name):
                    raise BadInput("is an owner's alone", where=fields.at(name))
            return cls(by)
        identity = fields.map("identity")
        identity.only("domain", "issuer", "subject")
        return cls(by, Identity.read(identity), Digest.from_raw(fields.binary("bundle", size=32)))


HUB = Mandate(By.HUB)
FORCED = Mandate(By.FORCED)
