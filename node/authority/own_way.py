"""The hub's own users sign in to its pages: the same sign-in as for any program, whose code is redeemed here."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from urllib.parse import urlencode

from ...schemas.errors import Denied
from ..accounts.pending import Asked
from ..accounts.ways import authorization_query
from .oauth import WEB_CLIENT
from .service import AuthorityService


@dataclass(frozen=True, slots=True)
class OwnWay:
    """The embedded authority as a provider for the hub's own pages."""

    service: AuthorityService
    name: str = ""
    issuer: str = ""

    async def address(self, asked: Asked) -> str:
        """The authority's sign-in page."""
        query = authorization_query(asked, client=WEB_CLIENT, redirect=self.service.own_redirect)
        return f"{self.service.base_url}/sigstore/oidc/auth?{urlencode(query)}"

    async def identity(self, asked: Asked, code: str) -> str:
        """Whom the code was given to, for this sign-in."""
        grant = self.service.codes.take(code, self.service.clock())
        if grant is None:
            raise Denied("the code is unknown, used or expired", todo="Start again.")
        request = grant.request
        same = hmac.compare_digest(request.nonce.encode(), asked.nonce.encode())
        if request.client_id != WEB_CLIENT or not same or not request.proven_by(asked.verifier):
            raise Denied("the code is of another sign-in", todo="Start again.")
        return grant.subject.text
