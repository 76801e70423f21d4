"""An owner's orders (claim, tag, yank, revoke): what is signed, and whether a bundle over it verifies (section 4).

Whether the signer may order it is the log's rules to say (federation/index).
"""

from __future__ import annotations

from collections.abc import Sequence

from ..schemas import media
from ..schemas.digest import Digest
from ..schemas.entry import signed_part
from ..schemas.errors import NotTrusted
from ..schemas.ownership import Order
from .bundle import SignedManifest, require_identity, verify_in_one, verify_manifest_bundle
from .roots import TrustDomain


def order_digest(order: Order) -> Digest:
    """What an owner's signature over an order is about: the SHA-256 of its signed part."""
    return Digest.of(signed_part(order))


def verify_order(order: Order, bundle: bytes, domains: Sequence[TrustDomain]) -> SignedManifest:
    """Verify a bundle over an order in the domain whose log it is in. Raises: NotTrusted."""
    return verify_in_one(
        bundle,
        domains,
        manifest=order_digest(order),
        name=order.subject,
        predicate_type=media.ORDER_PREDICATE,
    )


def verify_logged_order(order: Order, bundle: bytes, domain: TrustDomain) -> SignedManifest:
    """Verify that a logged order was signed by the owner whom its entry names. Raises: NotTrusted."""
    if order.mandate.identity is None:
        raise NotTrusted(f"the {order.kind} of {order.subject} is no owner's", check="signature")
    signed = verify_manifest_bundle(
        bundle,
        domain,
        manifest=order_digest(order),
        name=order.subject,
        predicate_type=media.ORDER_PREDICATE,
    )
    require_identity(signed.identity, order.mandate.identity)
    return signed
