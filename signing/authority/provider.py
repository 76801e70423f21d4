"""An outside OpenID provider whose word the authority takes, as the operator names it. Its tokens are not read here."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...schemas.errors import BadInput
from ...schemas.fields import Fields

MAX_ISSUER_CHARS = 512
MAX_CLIENT_CHARS = 256
CLAIMS = ("email", "sub")
_ISSUER = re.compile(
    r"https://[a-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/-]*)?|http://(?:localhost|127\.0\.0\.1):[0-9]{1,5}(?:/[A-Za-z0-9._~/-]*)?"
)


@dataclass(frozen=True, slots=True)
class Provider:
    """`issuer` exactly as its tokens spell it; it stands in certificates. `client_id` is the audience of its tokens.

    `claim` names the signer: `email`, which the provider must call verified, or `sub`, an e-mail address or a URI.
    """

    issuer: str
    client_id: str = "sigstore"
    claim: str = "email"

    @classmethod
    def read(cls, fields: Fields) -> Provider:
        """Read one of the settings. Raises: BadInput."""
        fields.only("issuer", "client_id", "claim")
        issuer = fields.text("issuer", limit=MAX_ISSUER_CHARS)
        claim = fields.text("claim", limit=16, default="email")
        if not _ISSUER.fullmatch(issuer):
            todo = "https, or http on loopback; without a query, as in the provider's discovery document."
            raise BadInput(f"{issuer[:80]!r} is not an issuer", where=fields.at("issuer"), todo=todo)
        if claim not in CLAIMS:
            raise BadInput(f"{claim!r} is neither email nor sub", where=fields.at("claim"))
        return cls(issuer, fields.text("client_id", limit=MAX_CLIENT_CHARS, default="sigstore"), claim)
