"""A file that somebody hands out for a Sigstore: its trusted root alone, or a client trust configuration around it.

Reads either; whether it is to be believed is decided by whoever adds it under a name.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..schemas.codec import canonical_json, decode_json
from ..schemas.errors import BadInput
from ..schemas.fields import Fields
from .roots import MAX_ROOT_BYTES, TrustDomain

MAX_TRUST_FILE_BYTES = 512 * 1024  # bytes; a root, and a page of addresses
_TRUSTED_ROOT = "application/vnd.dev.sigstore.trustedroot+json;version="
_TRUST_CONFIG = "application/vnd.dev.sigstore.clienttrustconfig."


@dataclass(frozen=True, slots=True)
class TrustFile:
    """`root` is the trusted root's bytes, `config` the whole ClientTrustConfig, or None for a root alone.

    A root out of a configuration is written as canonical JSON, so that its digest depends on what it says alone.
    """

    root: bytes
    config: bytes | None = None

    @classmethod
    def parse(cls, data: bytes, *, where: str) -> TrustFile:
        """Read a file of at most MAX_TRUST_FILE_BYTES. Raises: BadInput."""
        fields = Fields(decode_json(data, limit=MAX_TRUST_FILE_BYTES, where=where), where)
        kind = fields.text("mediaType", limit=255)
        if kind.startswith(_TRUSTED_ROOT):
            return cls(data)
        if not kind.startswith(_TRUST_CONFIG):
            todo = "It must be a trusted_root.json, or a trust_config.json with one inside."
            raise BadInput(f"is of the kind {kind[:120]!r}", where=where, todo=todo)
        _ = fields.map("trustedRoot")
        root = canonical_json(fields.raw("trustedRoot"))
        if len(root) > MAX_ROOT_BYTES:
            raise BadInput(f"has a trusted root of more than {MAX_ROOT_BYTES} bytes", where=where)
        return cls(root, data)

    def domain(self, name: str) -> TrustDomain:
        """The trust domain of this root under a name. Raises: BadInput."""
        return TrustDomain.parse(name, self.root)
