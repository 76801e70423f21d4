"""The token endpoint: a code, or a hub token, becomes an identity token. Also discovery and the public key.

RFC 6749 sections 4.1.3 and 5; RFC 8628 (devices); RFC 8693 (token exchange); OpenID Connect Discovery 1.0 section 4.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from ...schemas.codec import canonical_json
from ...schemas.errors import BadInput, HubError
from ...schemas.fields import Fields
from ...signing.authority.subject import Subject
from ...signing.authority.tokens import AUDIENCE, LIFE, MAX_TOKEN_CHARS, issue_token, key_set
from .audit import What
from .bodies import BadBody, read_form
from .oauth import Fault, Refused, check_client
from .rates import TooMany, address_key
from .service import SERVICE, AuthorityService

CODE_GRANT = "authorization_code"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
EXCHANGE_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 a name, not a secret
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105 a name, not a secret
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache", "X-Content-Type-Options": "nosniff"}
_log = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def discovery(issuer: str, base_url: str) -> bytes:
    """The provider's configuration: the issuer of the tokens, endpoints under `base_url`."""
    base = f"{base_url}/sigstore/oidc"
    return canonical_json(
        {
            "issuer": issuer,
            "authorization_endpoint": f"{base}/auth",
            "token_endpoint": f"{base}/token",
            "device_authorization_endpoint": f"{base}/device/code",
            "jwks_uri": f"{base}/jwks",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": [CODE_GRANT, DEVICE_GRANT, EXCHANGE_GRANT],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "scopes_supported": ["openid", "email"],
            "claims_supported": ["aud", "email", "email_verified", "exp", "iat", "iss", "nonce", "sub"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none", "client_secret_basic"],
            "authorization_response_iss_parameter_supported": True,
        }
    )


async def jwks(request: web.Request) -> web.Response:
    """`GET /sigstore/oidc/jwks`."""
    headers = {"Cache-Control": "public, max-age=300"}
    body = key_set(request.app[SERVICE].keys)
    return web.Response(body=body, content_type="application/jwk-set+json", headers=headers)


def told_to_the_program(handler: Handler) -> Handler:
    """Answer every error of a handler in the form of RFC 6749 section 5.2."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except TooMany as error:
            return _error(Fault.BUSY, f"{error.what}; {error.todo}", 429, {"Retry-After": str(error.retry_after)})
        except Refused as error:
            if error.fault is Fault.INVALID_CLIENT:
                return _error(error.fault, error.what, 401, {"WWW-Authenticate": 'Basic realm="sigstore"'})
            return _error(error.fault, error.what, 400)
        except BadInput as error:
            status = error.status if isinstance(error, BadBody) else 400
            return _error(Fault.INVALID_REQUEST, f"{error.where} {error.what}", status)
        except HubError as error:  # the reason is the operator's, not the client's
            _log.error("token request failed: %s", error)
            return _error(Fault.BUSY, "the service cannot answer now", 503)

    return answer


@told_to_the_program
async def give_token(request: web.Request) -> web.StreamResponse:
    """`POST /sigstore/oidc/token`: the three grants."""
    service = request.app[SERVICE]
    service.limits.token.take(address_key(service.client_address(request)))
    form = await read_form(request)
    grant = form.text("grant_type", limit=128)
    if grant == EXCHANGE_GRANT:
        return await _exchange(service, form, service.client_address(request))
    if grant == DEVICE_GRANT:
        _client(request, form)
        subject = service.devices.take(form.text("device_code", limit=128), service.clock())
        return _identity(service, subject)
    if grant != CODE_GRANT:
        raise Refused(Fault.UNSUPPORTED_GRANT, "the grant_type is not known here")
    return _redeem(service, form, _client(request, form))


def _redeem(service: AuthorityService, form: Fields, client_id: str) -> web.Response:
    now = service.clock()
    verifier = form.text("code_verifier", limit=128)
    redirect_uri = form.text("redirect_uri", limit=1024)
    grant = service.codes.take(form.text("code", limit=128), now)
    if grant is None:
        raise Refused(Fault.INVALID_GRANT, "the code is unknown, used or expired")
    asked = grant.request
    if asked.client_id != client_id or asked.redirect.uri != redirect_uri or not asked.proven_by(verifier):
        raise Refused(Fault.INVALID_GRANT, "the code was given to another request")
    return _identity(service, grant.subject, nonce=asked.nonce)


def _identity(service: AuthorityService, subject: Subject, *, nonce: str = "") -> web.Response:
    token = issue_token(service.keys, subject, service.clock(), nonce=nonce)
    # sigstore's clients take the access token for the identity token
    return _success({"access_token": token, "id_token": token, "token_type": "Bearer"})


async def _exchange(service: AuthorityService, form: Fields, address: str) -> web.Response:
    if form.text("subject_token_type", limit=128) != ACCESS_TOKEN:
        raise Refused(Fault.INVALID_REQUEST, f"subject_token_type must be {ACCESS_TOKEN}")
    if form.text("requested_token_type", limit=128, default=ID_TOKEN) != ID_TOKEN:
        raise Refused(Fault.INVALID_REQUEST, f"requested_token_type must be {ID_TOKEN}")
    if form.text("audience", limit=128, default=AUDIENCE) != AUDIENCE:
        raise Refused(Fault.INVALID_TARGET, f"the audience must be {AUDIENCE}")
    async with service.audit.watched(What.SIGN_IN, address) as record:
        record.issuer, record.about = service.keys.issuer, {"way": "hub token"}
        identity = await service.accounts.identity_of_token(form.text("subject_token", limit=MAX_TOKEN_CHARS))
        if identity is None:
            raise Refused(Fault.INVALID_GRANT, "the subject_token is unknown or expired")
        record.who = identity
        service.limits.certificate_identity.take(identity)
    token = issue_token(service.keys, Subject.parse(identity), service.clock())
    return _success({"access_token": token, "issued_token_type": ID_TOKEN, "token_type": "N_A"})


def _client(request: web.Request, form: Fields) -> str:
    header = request.headers.get("Authorization")
    if header is None:
        return check_client(form.text("client_id", limit=64))
    scheme, _, encoded = header.partition(" ")
    try:
        if scheme.lower() != "basic":
            raise ValueError("scheme")
        name, _, _secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError as error:
        raise Refused(Fault.INVALID_CLIENT, "the Authorization header is not Basic") from error
    return check_client(name)


def _success(answer: dict[str, str]) -> web.Response:
    body = canonical_json(answer | {"expires_in": int(LIFE.total_seconds())})
    return web.Response(body=body, content_type="application/json", headers=NO_STORE)


def _error(fault: Fault, what: str, status: int, headers: dict[str, str] | None = None) -> web.Response:
    body = canonical_json({"error": fault.value, "error_description": what})
    return web.Response(body=body, content_type="application/json", status=status, headers=NO_STORE | (headers or {}))
