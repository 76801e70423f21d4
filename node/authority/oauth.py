"""Messages of OAuth 2.0 as this authority accepts them: authorization requests, PKCE, redirects, errors. No HTTP here.

RFC 6749, RFC 7636 (S256 only), RFC 8252 (loopback redirects only), and the out-of-band redirect of command-line tools.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlencode, urlsplit

from ...schemas.errors import BadInput, Denied
from ...schemas.fields import Fields
from ...signing.authority.tokens import AUDIENCE, MAX_NONCE_CHARS

WEB_CLIENT = "ebpfhub"  # the hub's own pages
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
MAX_URI_CHARS = 256
MAX_STATE_CHARS = 512
_LOOPBACK = re.compile(r"http://(?:localhost|127\.0\.0\.1):([1-9][0-9]{0,4})(?:/[A-Za-z0-9._~/-]*)?")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # base64url of a SHA-256
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636 section 4.1


class Fault(Enum):
    """Error codes of RFC 6749 sections 4.1.2.1 and 5.2, RFC 8693 section 2.2.2, RFC 8628 section 3.5."""

    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    INVALID_GRANT = "invalid_grant"
    INVALID_SCOPE = "invalid_scope"
    INVALID_TARGET = "invalid_target"
    UNSUPPORTED_GRANT = "unsupported_grant_type"
    UNSUPPORTED_RESPONSE = "unsupported_response_type"
    BUSY = "temporarily_unavailable"
    AUTHORIZATION_PENDING = "authorization_pending"
    SLOW_DOWN = "slow_down"
    EXPIRED_TOKEN = "expired_token"  # noqa: S105 (no secret: RFC 8628 section 3.5)


class Refused(Denied):
    """An OAuth request that is refused with an error code."""

    def __init__(self, fault: Fault, what: str) -> None:
        super().__init__(what, where="request")
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where an answer may go: a port of the user's own machine, the page itself (out of band), or the hub's pages."""

    uri: str
    own: bool = False

    @classmethod
    def parse(cls, text: str, *, own: str = "") -> Redirect:
        """Check a redirect_uri: http on localhost or 127.0.0.1 with a port, out of band, or exactly `own`.

        Raises: BadInput.
        """
        if own and text == own:
            return cls(text, own=True)
        found = _LOOPBACK.fullmatch(text) if len(text) <= MAX_URI_CHARS else None
        if text == OUT_OF_BAND or (found and int(found[1]) < 65536):
            return cls(text)
        raise BadInput(
            "is not a loopback address", where="redirect_uri", todo="Only programs on your own machine may ask."
        )

    @property
    def out_of_band(self) -> bool:
        """Tell whether the person carries the code by hand."""
        return self.uri == OUT_OF_BAND

    @property
    def origin(self) -> str:
        """`http://localhost:1234`; empty when out of band, or for the hub's own pages."""
        return "" if self.out_of_band or self.own else f"http://{urlsplit(self.uri).netloc}"

    def with_answer(self, answer: dict[str, str]) -> str:
        """The URL with the parameters of the answer."""
        return f"{self.uri}?{urlencode(answer)}"


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A checked authorization request: code flow, PKCE with S256, scope `openid`."""

    client_id: str
    redirect: Redirect
    state: str
    challenge: str
    nonce: str

    @classmethod
    def parse(cls, fields: Fields, redirect: Redirect) -> AuthorizationRequest:
        """Read the parameters beside redirect_uri. Raises: Refused, whose fault may be told to `redirect`."""
        try:
            if fields.text("response_type", limit=64) != "code":
                raise Refused(Fault.UNSUPPORTED_RESPONSE, "only response_type=code is known")
            if "openid" not in fields.text("scope", limit=256, default="").split(" "):
                raise Refused(Fault.INVALID_SCOPE, "the scope must hold openid")
            if fields.text("code_challenge_method", limit=16, default="") != "S256":
                raise Refused(Fault.INVALID_REQUEST, "PKCE with S256 is required")
            challenge = fields.text("code_challenge", limit=128)
            if not _CHALLENGE.fullmatch(challenge):
                raise Refused(Fault.INVALID_REQUEST, "the code_challenge is not that of S256")
            return cls(
                client_id=check_client(fields.text("client_id", limit=64), own=redirect.own),
                redirect=redirect,
                state=fields.text("state", limit=MAX_STATE_CHARS),
                challenge=challenge,
                nonce=fields.text("nonce", limit=MAX_NONCE_CHARS, default=""),
            )
        except BadInput as error:
            raise Refused(Fault.INVALID_REQUEST, f"{error.where} {error.what}") from error

    def proven_by(self, verifier: str) -> bool:
        """Tell whether `verifier` is the one whose hash was sent (RFC 7636 section 4.6)."""
        if not _VERIFIER.fullmatch(verifier):
            return False
        digest = hashlib.sha256(verifier.encode()).digest()
        made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return hmac.compare_digest(made, self.challenge)


def check_client(client_id: str, *, own: bool = False) -> str:
    """Check that the client is one we know: Sigstore's clients all call themselves `sigstore`. Raises: Refused.

    The hub's own pages (`own`) are another one, which no program can be.
    """
    if client_id != (WEB_CLIENT if own else AUDIENCE):
        raise Refused(Fault.INVALID_CLIENT, f"the client {client_id[:64]!r} is not known here")
    return client_id
