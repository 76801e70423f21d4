"""Who may make an entry about ownership: the hub, an owner of the namespace, or the hub in an owner's place."""

from __future__ import annotations

from ...schemas.errors import Conflict, Denied, NotFound
from ...schemas.identity import Owner
from ...schemas.mandate import By
from ...schemas.ownership import Claim, Order, Revoke, Tag


def check_mandate(order: Order, held: tuple[int, Claim] | None) -> None:
    """Check an order against the claim of its namespace, with its log index; None where nobody has the namespace.

    Raises: Denied, Conflict, NotFound.
    """
    if isinstance(order, Claim):
        _check_claim(order, held)
    by = order.mandate.by
    if by is By.OWNER:
        _check_owner(order, held)
    elif by is By.FORCED:
        if isinstance(order, Tag):
            raise Denied("a tag is set by an owner alone")
    elif not isinstance(order, Claim):
        raise Denied(f"what the hub does in an owner's place is marked forced: this {order.kind} is not")


def _check_claim(claim: Claim, held: tuple[int, Claim] | None) -> None:
    if held is None:
        if claim.after is not None:
            raise Conflict("the claim follows another one that is not there")
        if claim.mandate.by is not By.HUB:
            raise Denied("a namespace's first claim is the hub's to log")
        return
    if claim.mandate.by is By.HUB or claim.after is None:
        raise Conflict(f"the namespace {claim.namespace} is claimed already (entry {held[0]})")
    if claim.after != held[0]:
        raise Conflict(
            f"the namespace {claim.namespace} was claimed last by entry {held[0]}, not {claim.after}",
            todo="Somebody has changed it meanwhile: look at it again, and repeat.",
        )


def _check_owner(order: Order, held: tuple[int, Claim] | None) -> None:
    if isinstance(order, Revoke) and order.namespace is None:
        raise Denied("an owner revokes in a namespace, and this names none")
    if held is None:
        raise NotFound(f"nobody has claimed the namespace {order.namespace}")
    signer = order.mandate.identity
    if signer is None or not any(owner.matches(signer) for owner in held[1].owners):
        raise Denied(f"{signer} does not own the namespace {order.namespace}", todo=told_owners(held[1].owners))


def told_owners(owners: tuple[Owner, ...]) -> str:
    """Who owns a namespace, in a line."""
    return "Owners: " + ", ".join(str(owner) for owner in owners)
