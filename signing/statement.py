"""in-toto statements: what a DSSE signature says about which manifest. Reading and comparing, no signatures.

in-toto attestation specification v1, spec/v1/statement.md; unknown fields are ignored, as it demands.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..schemas import media
from ..schemas.codec import decode_json
from ..schemas.digest import Digest
from ..schemas.errors import BadInput, NotTrusted
from ..schemas.fields import Fields

STATEMENT_TYPE = media.IN_TOTO_STATEMENT
_SIGNATURE = (STATEMENT_TYPE,)
_ATTESTATION = (
    STATEMENT_TYPE,
    media.IN_TOTO_STATEMENT_0_1,
)  # what `cosign attest` still writes; its fields are the same
MAX_STATEMENT_BYTES = 192 * 1024  # bytes; what fits a bundle in base64


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement about exactly one subject; `name` is empty where the statement gives none."""

    subject: Digest
    name: str
    predicate_type: str

    @classmethod
    def parse(cls, payload_type: str, payload: bytes, *, where: str = "statement") -> Statement:
        """Read a DSSE payload. Raises: BadInput."""
        if payload_type != media.IN_TOTO:
            raise BadInput(f"the envelope's payload type must be {media.IN_TOTO}", where=where)
        fields = Fields(decode_json(payload, limit=MAX_STATEMENT_BYTES, where=where), where)
        predicate_type = fields.text("predicateType", limit=255)
        known = _SIGNATURE if predicate_type == media.COSIGN_SIGN_PREDICATE else _ATTESTATION
        if fields.text("_type", limit=255) not in known:
            raise BadInput(f"_type must be {STATEMENT_TYPE}", where=where)
        subjects = fields.maps("subject", limit=1024)
        if len(subjects) != 1:
            raise BadInput(f"must have one subject, not {len(subjects)}", where=where)
        sha256 = subjects[0].map("digest").text("sha256", limit=64)
        return cls(
            Digest.parse(f"sha256:{sha256}", where=subjects[0].at("digest")),
            subjects[0].text("name", limit=1024, default=""),
            predicate_type,
        )

    def require(self, *, manifest: Digest, name: str | None, predicate_type: str) -> None:
        """Demand that this is about `manifest`, under `name` where both give one, of this type. Raises: NotTrusted."""
        if self.predicate_type != predicate_type:
            what = f"the signature states {self.predicate_type!r}, not {predicate_type!r}"
            raise NotTrusted(what, check="signature")
        if self.subject != manifest:
            raise NotTrusted(f"the signature is for {self.subject}, not for {manifest}", check="digests")
        if name and self.name and self.name != name:
            raise NotTrusted(f"the signature is for {self.name!r}, not for {name!r}", check="names")
