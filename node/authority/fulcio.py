"""Fulcio v2 over HTTP: an identity token and a key in, a ten-minute certificate out (fulcio.proto)."""

from __future__ import annotations

import logging

from aiohttp import web

from ...schemas.errors import Denied
from ...signing.authority.certificates import issue_certificate, signing_answer, trust_bundle
from ...signing.authority.requests import MAX_REQUEST_BYTES, CertificateRequest
from ...signing.authority.tokens import TokenClaims, verify_token
from .bodies import read_body
from .rates import address_key
from .rpc import Unauthenticated, as_status
from .service import SERVICE, AuthorityService

_log = logging.getLogger(__name__)


@as_status
async def sign_certificate(request: web.Request) -> web.StreamResponse:
    """`POST /api/v2/signingCert`. The token stands in the Authorization header or in the body."""
    service = request.app[SERVICE]
    service.limits.certificate.take(address_key(service.client_address(request)))
    asked = CertificateRequest.parse(await read_body(request, MAX_REQUEST_BYTES))
    claims = _identity(service, _bearer(request) or asked.token)
    service.limits.certificate_identity.take(claims.subject.text)
    certificate = issue_certificate(service.keys, asked, claims, service.clock())
    _log.info("certificate %x for %s", certificate.serial_number, claims.subject)
    return web.Response(body=signing_answer(service.keys, certificate), content_type="application/json")


async def show_trust_bundle(request: web.Request) -> web.Response:
    """`GET /api/v2/trustBundle`."""
    return web.Response(body=trust_bundle(request.app[SERVICE].keys), content_type="application/json")


def _bearer(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _identity(service: AuthorityService, token: str) -> TokenClaims:
    if not token:
        raise Unauthenticated("there is no identity token", where="request")
    try:
        return verify_token(service.keys, token, service.clock())
    except Denied as error:
        raise Unauthenticated(error.what, where=error.where, todo=error.todo) from error
