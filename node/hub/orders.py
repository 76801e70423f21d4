"""How an order about ownership gets into the hub's log: an owner's, by their signature, or the operator's, by force.

Whether it has an effect is the log's rules to say (federation/index); what they refuse is not logged.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ...federation.blobs import BlobStore
from ...schemas.digest import Digest
from ...schemas.errors import BadInput, Denied, HubError, Unavailable
from ...schemas.identity import Identity, Owner
from ...schemas.mandate import FORCED, By, Mandate
from ...schemas.ownership import Claim, Order, Revoke, Yank
from ...signing.bundle import SignedManifest
from ...signing.orders import verify_order
from ...signing.roots import TrustDomain
from ..ledger import Ledger
from .catalogue import Catalogue
from .listed import relist

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order as it was logged; `identity` is the owner who signed it, None when it was forced."""

    index: int
    order: Order
    identity: Identity | None


class Orders:
    """Takes orders into the log. `domains` and `check_own` as of LogReleases."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        store: BlobStore,
        domains: Callable[[], Mapping[str, TrustDomain]],
        catalogue: Catalogue,
        check_own: Callable[[SignedManifest, bytes], None],
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._domains = domains
        self._catalogue = catalogue
        self._check_own = check_own

    async def take(self, order: Order, bundle: bytes) -> Ordered:
        """Log what an owner has signed; answered when it is durable. Raises: HubError as signature and rules say."""
        domains = self._domains()
        signed = await asyncio.to_thread(self._verify, order, bundle, domains)
        self._known(domains, order)
        digest = Digest.of(bundle)
        mandate = Mandate(By.OWNER, signed.identity, digest)
        self._ledger.replay.check(replace(order, time=self._ledger.replay.time, mandate=mandate))  # else nothing stays
        await asyncio.to_thread(self._store.put, bundle, digest=digest)

        def make(now: int) -> Order:
            if self._domains().get(signed.identity.domain) != domains[signed.identity.domain]:
                raise Unavailable("the keys that this hub trusts have just changed", todo="Order it again.")
            return replace(order, time=now, mandate=mandate)

        return await self._log(make, order, signed.identity)

    async def claim(self, namespace: str, owners: tuple[Owner, ...]) -> int:
        """Log the first claim of a namespace. Raises: Conflict when it is claimed; Denied."""
        claim = Claim(0, self._ledger.replay.origin, namespace, owners)
        self._known(self._domains(), claim)
        return await self._ledger.submit(lambda now: replace(claim, time=now))

    async def force(self, order: Order) -> Ordered:
        """Log an order in an owner's place, for everybody to see. Raises: HubError as the rules say."""
        self._known(self._domains(), order)
        return await self._log(lambda now: replace(order, time=now, mandate=FORCED), order, None)

    async def _log(self, make: Callable[[int], Order], order: Order, identity: Identity | None) -> Ordered:
        index = await self._ledger.submit(make)
        if isinstance(order, Yank | Revoke):
            await asyncio.to_thread(self._relist, index)
        return Ordered(index, order, identity)

    def _relist(self, index: int) -> None:
        try:
            relist(self._catalogue, self._store, self._ledger.replay, self._ledger.files, since=index, own=True)
        except HubError as error:  # it is logged and durable; search catches up at the next start
            log.error("search does not know entry %s yet: %s", index, error)

    def _verify(self, order: Order, bundle: bytes, domains: Mapping[str, TrustDomain]) -> SignedManifest:
        if not domains:
            raise Denied("this hub trusts no Sigstore yet", todo="`ebpfhub trust add` makes it trust one.")
        signed = verify_order(order, bundle, tuple(domains.values()))
        self._check_own(signed, bundle)
        return signed

    def _known(self, domains: Mapping[str, TrustDomain], order: Order) -> None:
        """Refuse owners of a trust domain that the hub does not know: nobody could ever publish as them."""
        for owner in order.owners if isinstance(order, Claim) else ():
            if owner.domain not in domains:
                raise BadInput(
                    f"this hub knows no trust domain {owner.domain!r}",
                    where=order.subject,
                    todo="It knows " + ", ".join(sorted(domains)) + "; the operator adds one: `ebpfhub trust add`",
                )
