"""Every route of the embedded authority, in one list. What they do stands in the modules beside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from ...signing.authority.trust import client_trust_config, signing_config, trusted_root
from ..accounts.guard import add_guarded
from ..accounts.rights import ANYBODY, READING
from .device import CODE_PATH, PATH, give_codes, show_device, sign_in_device
from .fulcio import show_trust_bundle, sign_certificate
from .login import log_in, show_login
from .rekor import add_entry, show_checkpoint, show_tile
from .service import SERVICE, AuthorityService
from .timestamps import give_timestamp
from .tokens import discovery, give_token, jwks


def add_authority_routes(app: web.Application, service: AuthorityService) -> None:
    """Serve `service` under `/sigstore/`, and Fulcio's two paths at the root too.

    sigstore-python joins the CA's URL with an absolute path, so that its requests lose `/sigstore/fulcio`.
    """
    app[SERVICE] = service
    base, people = service.base_url, service.providers.first
    # a closed hub shows its log and what it signs with to readers; Sigstore's clients have no token of the hub to send
    shown = [
        web.get(
            "/sigstore/trust_config.json", _document(lambda: client_trust_config(service.keys, base, sign_in=people))
        ),
        web.get("/sigstore/trusted_root.json", _document(lambda: trusted_root(service.keys))),
        web.get("/sigstore/signing_config.json", _document(lambda: signing_config(service.keys, base, sign_in=people))),
        web.get("/sigstore/rekor/api/v2/checkpoint", show_checkpoint),
        web.get("/sigstore/rekor/api/v2/tile/{path:.+}", show_tile),
        web.get("/sigstore/fulcio/api/v2/trustBundle", show_trust_bundle),
        web.get("/api/v2/trustBundle", show_trust_bundle),
    ]
    signing_in = [
        web.get(
            "/sigstore/oidc/.well-known/openid-configuration", _document(lambda: discovery(service.keys.issuer, base))
        ),
        web.get("/sigstore/oidc/jwks", jwks),
        web.get("/sigstore/oidc/auth", show_login),
        web.post("/sigstore/oidc/auth", log_in),
        web.post("/sigstore/oidc/token", give_token),
        web.post(CODE_PATH, give_codes),
        web.get(PATH, show_device),
        web.post(PATH, sign_in_device),
    ]
    signing = [
        web.post("/sigstore/rekor/api/v2/log/entries", add_entry),
        web.post("/sigstore/tsa/api/v1/timestamp", give_timestamp),
        web.post("/sigstore/fulcio/api/v2/signingCert", sign_certificate),
        web.post("/api/v2/signingCert", sign_certificate),
    ]
    add_guarded(app, {READING: shown, ANYBODY: [*signing_in, *signing]})


def _document(make: Callable[[], bytes]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def show(_request: web.Request) -> web.Response:
        return web.Response(body=make(), content_type="application/json", headers={"Cache-Control": "no-cache"})

    return show
