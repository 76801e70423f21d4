"""Identity tokens (OpenID Connect Core 1.0 section 2): issue, verify, publish the key. Not sessions or passwords."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from ...schemas.codec import canonical_json
from ...schemas.errors import BadInput, Denied
from ...schemas.fields import Fields
from .keys import MAX_ISSUER_CHARS, AuthorityKeys
from .subject import MAX_SUBJECT_CHARS, Subject, SubjectKind

AUDIENCE = "sigstore"
LIFE = timedelta(minutes=5)
MAX_TOKEN_CHARS = 4096
MAX_NONCE_CHARS = 255
_ALGORITHM = "ES256"


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """What a token says. Times are UTC, whole seconds; `nonce` is empty when none was asked for."""

    subject: Subject
    issuer: str
    audience: str
    issued: datetime
    expires: datetime
    nonce: str = ""


def issue_token(
    keys: AuthorityKeys, subject: Subject, now: datetime, *, audience: str = AUDIENCE, nonce: str = ""
) -> str:
    """Sign a token for `subject` that is valid for five minutes from `now`."""
    issued = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": keys.issuer,
        "sub": subject.text,
        "aud": audience,
        "iat": issued,
        "nbf": issued,
        "exp": issued + int(LIFE.total_seconds()),
        "jti": secrets.token_urlsafe(16),
    }
    if subject.kind is SubjectKind.EMAIL:
        claims |= {"email": subject.text, "email_verified": True}
    if nonce:
        claims["nonce"] = nonce
    return jwt.encode(claims, keys.token, algorithm=_ALGORITHM, headers={"kid": key_id(keys)})


def verify_token(keys: AuthorityKeys, raw: str, now: datetime, *, audience: str = AUDIENCE) -> TokenClaims:
    """Check signature, issuer, audience and times of a token, with no leeway. Raises: Denied."""
    if len(raw) > MAX_TOKEN_CHARS:
        raise _denied(f"is longer than {MAX_TOKEN_CHARS} characters")
    try:
        claims = _read(_decode(keys, raw, audience))
    except BadInput as error:
        raise _denied(f"is not one of ours: {error.where} {error.what}") from error
    if not claims.issued <= now < claims.expires:
        raise _denied("has expired or is not valid yet")
    return claims


def key_set(keys: AuthorityKeys) -> bytes:
    """The public key as a JSON Web Key Set (RFC 7517 section 5)."""
    return canonical_json({"keys": [_public_key(keys) | {"alg": _ALGORITHM, "kid": key_id(keys), "use": "sig"}]})


def key_id(keys: AuthorityKeys) -> str:
    """The thumbprint of the token key (RFC 7638)."""
    return _b64(hashlib.sha256(canonical_json(_public_key(keys))).digest())


def _decode(keys: AuthorityKeys, raw: str, audience: str) -> dict[str, Any]:
    # the times are checked by the caller, against its own clock
    own_clock = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "require": ["exp", "iat", "sub"]}
    try:
        return jwt.decode(
            raw,
            keys.token.public_key(),
            algorithms=[_ALGORITHM],
            audience=audience,
            issuer=keys.issuer,
            options=own_clock,  # type: ignore[arg-type]
        )
    except jwt.InvalidTokenError as error:
        raise _denied(f"is refused: {error}") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise _denied("cannot be read") from error


def _read(decoded: dict[str, Any]) -> TokenClaims:
    fields = Fields(decoded, "token")
    high = 2**33  # the year 2242; keeps datetime away from its own limit
    return TokenClaims(
        subject=Subject.parse(fields.text("sub", limit=MAX_SUBJECT_CHARS), where="token.sub"),
        issuer=fields.text("iss", limit=MAX_ISSUER_CHARS),
        audience=fields.text("aud", limit=MAX_ISSUER_CHARS),
        issued=datetime.fromtimestamp(fields.integer("iat", high=high), UTC),
        expires=datetime.fromtimestamp(fields.integer("exp", high=high), UTC),
        nonce=fields.text("nonce", limit=MAX_NONCE_CHARS, default=""),
    )


def _public_key(keys: AuthorityKeys) -> dict[str, str]:
    numbers = keys.token.public_key().public_numbers()
    size = (ec.SECP256R1().key_size + 7) // 8
    return {
        "crv": "P-256",
        "kty": "EC",
        "x": _b64(numbers.x.to_bytes(size, "big")),
        "y": _b64(numbers.y.to_bytes(size, "big")),
    }


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _denied(what: str) -> Denied:
    return Denied(f"the identity token {what}", where="token", todo="Sign in again to get a new one.")
