"""Whether a namespace came to its owners by hand-overs from those whom this user knows (protocol.md section 7). Pure.

What the hub did in an owner's place stops here, until the user has decided.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..federation.index.check import Resolved
from ..schemas.digest import Digest
from ..schemas.errors import NotTrusted
from ..schemas.identity import Owner
from ..schemas.mandate import By
from ..schemas.ownership import Claim
from ..signing.orders import verify_logged_order
from ..signing.roots import TrustDomain
from .known import KnownOwners

CHECK = "owner"


def check_owners(
    resolved: Resolved,
    known: KnownOwners | None,
    *,
    bundles: Mapping[Digest, bytes],
    domains: Mapping[str, TrustDomain],
) -> KnownOwners:
    """Follow the claims from the known owners to the current ones; every hand-over must be signed. Returns the latter.

    Of a namespace that is not known yet, the current ones are believed; an older view than the known one changes
    nothing. Raises: NotTrusted.
    """
    index, current = resolved.lineage[0]
    now = KnownOwners(index, current.owners)
    if known is None:
        return now
    if index < known.claim:
        return known
    before = next((claim for place, claim in resolved.lineage if place == known.claim), None)
    if before is None or known.owners not in (None, before.owners):
        raise NotTrusted(
            f"the namespace {current.namespace} had other owners, and the log does not show how it changed hands",
            check=CHECK,
            todo=_todo(current, index),
        )
    owners = before.owners
    for place, claim in reversed(resolved.lineage):
        if place > known.claim:
            _check_hand_over(claim, place, owners, bundles, domains)
            owners = claim.owners
    return now


def _check_hand_over(
    claim: Claim,
    index: int,
    owners: tuple[Owner, ...],
    bundles: Mapping[Digest, bytes],
    domains: Mapping[str, TrustDomain],
) -> None:
    mandate = claim.mandate
    if mandate.by is not By.OWNER or mandate.identity is None or mandate.bundle is None:
        raise NotTrusted(
            f"the hub took the namespace {claim.namespace} from its owners by force (log entry {index}) and gave it to "
            + ", ".join(str(owner) for owner in claim.owners),
            check=CHECK,
            todo=_todo(claim, index),
        )
    if not any(owner.matches(mandate.identity) for owner in owners):
        raise NotTrusted(
            f"{mandate.identity} did not own the namespace {claim.namespace} that they handed over", check=CHECK
        )
    bundle, domain = bundles.get(mandate.bundle), domains.get(mandate.identity.domain)
    if bundle is None or domain is None:
        raise NotTrusted(f"the hand-over of {claim.namespace} (log entry {index}) is not proven", check=CHECK)
    verify_logged_order(claim, bundle, domain)


def forced(resolved: Resolved) -> str:
    """A warning, where the current owners have their namespace by force; else empty."""
    index, claim = resolved.lineage[0]
    if claim.mandate.by is not By.FORCED:
        return ""
    return f"the hub gave the namespace {claim.namespace} to its owners by force (log entry {index})"


def _todo(claim: Claim, index: int) -> str:
    return (
        "Nothing was loaded. Ask the owners or the hub's operator what happened; if you agree: "
        f"ecli trust accept {claim.origin}/{claim.namespace} --claim {index}"
    )
