"""Who must have signed, as a user says it: a pattern of identities, their issuer, and the trust domain to ask."""

from __future__ import annotations

from dataclasses import dataclass

from ..schemas.errors import BadInput
from ..schemas.fields import Fields
from ..schemas.identity import Owner
from ..signing.public_good import PUBLIC
from ..signing.roots import TrustDomain
from .domains import Domains
from .home import Home


@dataclass(frozen=True, slots=True)
class Signer:
    """Identities that are accepted: `owner` has pattern and issuer, `domain` the trusted root that vouches for them."""

    owner: Owner
    domain: TrustDomain


def read_signer(identity: str, issuer: str, domain: str, *, home: Home) -> Signer:
    """Read `--identity`, `--issuer` and `--domain` (`public` when empty). Raises: BadInput, NotFound."""
    if not identity:
        raise BadInput("says who must have signed it, and is missing", where="--identity")
    if not issuer:
        raise BadInput(
            "is missing: the same name at another issuer is somebody else",
            where="--issuer",
            todo="For example --issuer https://token.actions.githubusercontent.com",
        )
    known = Domains(home).get(domain or PUBLIC).domain
    named = {"domain": known.name, "issuer": issuer, "pattern": identity}
    return Signer(Owner.read(Fields(named, "signer")), known)
