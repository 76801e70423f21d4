"""Fulcio v2 over HTTP: an identity token and a key in, a ten-minute certificate out (fulcio.proto)."""

from __future__ import annotations

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from ...schemas.errors import Denied
from ...signing.authority.certificates import issue_certificate, signing_answer, trust_bundle
from ...signing.authority.requests import MAX_REQUEST_BYTES, CertificateRequest
from ...signing.authority.tokens import TokenClaims, verify_token
from .audit import What
from .bodies import read_body
from .rates import address_key
from .rpc import Unauthenticated, as_status
from .service import SERVICE, AuthorityService


@as_status
async def sign_certificate(request: web.Request) -> web.StreamResponse:
    """`POST /api/v2/signingCert`. The token stands in the Authorization header or in the body."""
    service = request.app[SERVICE]
    keys, address = service.keys, service.client_address(request)
    async with service.audit.watched(What.CERTIFICATE, address) as record:
        service.limits.certificate.take(address_key(address))
        asked = CertificateRequest.parse(await read_body(request, MAX_REQUEST_BYTES))
        claims = await _identity(service, _bearer(request) or asked.token)
        record.who, record.issuer = claims.subject.text, claims.issuer
        service.limits.certificate_identity.take(claims.subject.text)
        certificate = issue_certificate(keys, asked, claims, service.clock())
        record.about = _about(certificate)
    headers = {"EbpfHub-Request": record.request}
    return web.Response(body=signing_answer(keys, certificate), content_type="application/json", headers=headers)


async def show_trust_bundle(request: web.Request) -> web.Response:
    """`GET /api/v2/trustBundle`."""
    return web.Response(body=trust_bundle(request.app[SERVICE].keys), content_type="application/json")


def _about(certificate: x509.Certificate) -> dict[str, str]:
    """What finds a certificate again: its number and hash, and the time until which it signs."""
    return {
        "serial": f"{certificate.serial_number:x}",
        "sha256": certificate.fingerprint(hashes.SHA256()).hex(),
        "until": certificate.not_valid_after_utc.isoformat(),
    }


def _bearer(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def _identity(service: AuthorityService, token: str) -> TokenClaims:
    if not token:
        raise Unauthenticated("there is no identity token", where="request")
    try:
        if service.providers.speak_for(token):
            return await service.providers.verify(token, service.clock())
        return verify_token(service.keys, token, service.clock())
    except Denied as error:
        raise Unauthenticated(error.what, where=error.where, todo=error.todo) from error
