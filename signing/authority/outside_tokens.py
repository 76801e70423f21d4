"""Identity tokens of outside providers (OpenID Connect Core 1.0 section 3.1.3.7): checked against their keys.

Bytes in, claims out: the keys are fetched elsewhere, and the authority's own tokens are read in tokens.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from ...schemas.codec import decode_json
from ...schemas.errors import BadInput, Denied
from ...schemas.fields import Fields
from .provider import MAX_CLIENT_CHARS, MAX_ISSUER_CHARS, Provider
from .subject import MAX_SUBJECT_CHARS, Subject
from .tokens import MAX_TOKEN_CHARS, TokenClaims

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
LEEWAY = timedelta(seconds=60)  # that two machines' clocks may differ
MAX_KEY_SET_BYTES = 256 * 1024
MAX_KEYS = 64
MIN_RSA_BITS = 2048
KeySet = Mapping[str, jwt.PyJWK]  # by key id


def claimed_issuer(raw: str) -> str:
    """Whose token this claims to be, which nobody has verified; empty when it cannot be read."""
    if len(raw) > MAX_TOKEN_CHARS:
        return ""
    try:
        claims = jwt.decode(raw, options={"verify_signature": False})
    except (jwt.InvalidTokenError, ValueError, TypeError, RecursionError):
        return ""
    return str(claims.get("iss", ""))[:MAX_ISSUER_CHARS]


def read_key_set(data: bytes, *, where: str) -> KeySet:
    """Read a JSON Web Key Set (RFC 7517 section 5); keys that sign no tokens here are left out. Raises: BadInput."""
    fields = Fields(decode_json(data, limit=MAX_KEY_SET_BYTES, where=where), where)
    found: dict[str, jwt.PyJWK] = {}
    for item in fields.items("keys", limit=MAX_KEYS):
        try:
            key = jwt.PyJWK(item)
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError, KeyError):
            continue
        if _is_fit(key, item):
            found[str(item.get("kid", ""))] = key
    return found


def key_id(raw: str) -> str:
    """Which key signed it, as its header says. Raises: Denied."""
    try:
        header = jwt.get_unverified_header(raw)
    except (jwt.InvalidTokenError, ValueError, TypeError, RecursionError) as error:
        raise _denied("cannot be read") from error
    return str(header.get("kid", ""))[:MAX_CLIENT_CHARS]


def verify_outside_token(provider: Provider, keys: KeySet, raw: str, now: datetime) -> TokenClaims:
    """Check signature, issuer, audience, times and identity of a provider's token. Raises: Denied."""
    if len(raw) > MAX_TOKEN_CHARS:
        raise _denied(f"is longer than {MAX_TOKEN_CHARS} characters")
    key = keys.get(key_id(raw))
    if key is None:
        raise _denied(f"is signed by a key that {provider.issuer} does not publish")
    decoded = _decode(provider, key, raw)
    try:
        claims = _read(provider, Fields(decoded, "token"))
    except BadInput as error:
        raise _denied(f"names no signer: {error.where} {error.what}") from error
    if not claims.issued - LEEWAY <= now < claims.expires + LEEWAY:
        raise _denied("has expired or is not valid yet")
    return claims


def _decode(provider: Provider, key: jwt.PyJWK, raw: str) -> dict[str, Any]:
    # the times are checked by the caller, against its own clock
    own_clock = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "require": ["exp", "iat", "sub"]}
    try:
        decoded = jwt.decode(
            raw,
            key,
            algorithms=list(ALGORITHMS),
            audience=provider.client_id,
            issuer=provider.issuer,
            options=own_clock,  # type: ignore[arg-type]
        )
    except jwt.InvalidTokenError as error:
        raise _denied(f"is refused: {error}") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise _denied("cannot be read") from error
    audience = decoded["aud"]
    if isinstance(audience, list) and len(audience) > 1 and decoded.get("azp") != provider.client_id:
        raise _denied("was given to several programs, and not to this one")
    return decoded


def _read(provider: Provider, fields: Fields) -> TokenClaims:
    high = 2**33  # the year 2242; keeps datetime away from its own limit
    if provider.claim == "email" and not fields.boolean("email_verified", default=False):
        raise BadInput("is not verified by the provider", where=fields.at("email"))
    return TokenClaims(
        subject=Subject.parse(fields.text(provider.claim, limit=MAX_SUBJECT_CHARS), where=fields.at(provider.claim)),
        issuer=provider.issuer,
        audience=provider.client_id,
        issued=datetime.fromtimestamp(fields.integer("iat", high=high), UTC),
        expires=datetime.fromtimestamp(fields.integer("exp", high=high), UTC),
    )


def _is_fit(key: jwt.PyJWK, item: Mapping[str, Any]) -> bool:
    if item.get("use", "sig") != "sig" or "d" in item or key.algorithm_name not in ALGORITHMS:
        return False
    return not isinstance(key.key, rsa.RSAPublicKey) or key.key.key_size >= MIN_RSA_BITS


def _denied(what: str) -> Denied:
    return Denied(f"the identity token {what}", where="token", todo="Sign in again to get a new one.")
