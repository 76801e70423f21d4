"""An owner's order to a hub's log: made for a pinned origin, signed, and sent (protocol.md section 4).

The origin is the one that the user has pinned, never what the hub says: an order signed for one log means nothing in
another. What the hub says of a namespace is no evidence, and need not be: an order that follows another entry than the
last has no effect.
"""

from __future__ import annotations

from collections.abc import Callable

from ..schemas.entry import parse_signed_part, signed_part
from ..schemas.errors import NotFound
from ..schemas.identity import Identity, Owner
from ..schemas.ownership import Order
from ..signing.sign import sign_order
from .hub_api.answers import LoggedOrder, NamespaceFacts
from .hub_api.api import HubApi
from .sign_package import SignWith, within

Make = Callable[[NamespaceFacts], Order]


async def give_order(api: HubApi, make: Make, signing: SignWith, *, namespace: str, package: str = "") -> LoggedOrder:
    """Make an order for a namespace (and package) as it stands, sign it, have it logged. Raises: HubError."""
    held = await api.namespace(namespace, package=package)
    if package and held.changed is None:
        raise NotFound(f"there is no package {namespace}/{package}", where=held.origin)
    part = signed_part(make(held))
    order = parse_signed_part(part)  # what no log would take is not signed
    config = await signing.config()
    token = await signing.token(config)
    bundle, _ = await within(lambda: sign_order(order, trust_config=config, identity_token=token), where=signing.name)
    return await api.order(part, bundle)


def owners_of(held: NamespaceFacts) -> tuple[Owner, ...]:
    """Who owns a namespace, as a hub says."""
    return tuple(Owner(item.domain, item.issuer, item.pattern) for item in held.owners)


def last_revocation(held: NamespaceFacts, signer: Identity) -> int | None:
    """Log index of the last revocation of a signer in the namespace itself, as a hub says."""
    found = [
        item.index
        for item in held.revocations
        if not item.everywhere
        and (item.domain, item.issuer, item.subject) == (signer.domain, signer.issuer, signer.subject)
    ]
    return found[0] if found else None
