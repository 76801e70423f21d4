"""Login tickets: an authorization request inside the login form, bound to one browser by a cookie. No state is kept.

Against cross-site request forgery: a form without the ticket made for its own cookie is refused.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from datetime import UTC, datetime, timedelta

from ...schemas.codec import decode, encode
from ...schemas.errors import BadInput
from ...schemas.fields import Fields
from .oauth import MAX_STATE_CHARS, AuthorizationRequest, Redirect

LIFE = timedelta(minutes=10)
MAX_TICKET_CHARS = 4096
_COOKIE = re.compile(r"[A-Za-z0-9_-]{22}")


class TicketKey:
    """Makes and reads tickets with a key that lives as long as this object."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def seal(self, request: AuthorizationRequest, cookie: str, now: datetime) -> str:
        """Make the ticket of `request` for the browser that holds `cookie`, valid for ten minutes."""
        body = encode(
            {
                "client": request.client_id,
                "redirect": request.redirect.uri,
                "own": request.redirect.own,
                "state": request.state,
                "challenge": request.challenge,
                "nonce": request.nonce,
                "expires": int((now + LIFE).timestamp()),
            }
        )
        return base64.urlsafe_b64encode(self._mark(body, cookie) + body).decode()

    def open(self, ticket: str, cookie: str, now: datetime) -> AuthorizationRequest:
        """Read a ticket. Raises: BadInput if it was made for another browser, or has expired."""
        try:
            raw = base64.urlsafe_b64decode(ticket.encode())
        except ValueError as error:
            raise _stale() from error
        mark, body = raw[:32], raw[32:]
        if not check_cookie(cookie) or not hmac.compare_digest(mark, self._mark(body, cookie)):
            raise _stale()
        fields = Fields(decode(body, limit=MAX_TICKET_CHARS, where="ticket"), "ticket")
        if now >= datetime.fromtimestamp(fields.integer("expires"), UTC):
            raise _stale()
        return AuthorizationRequest(
            client_id=fields.text("client", limit=64),
            redirect=Redirect(fields.text("redirect", limit=MAX_TICKET_CHARS), own=fields.boolean("own")),
            state=fields.text("state", limit=MAX_STATE_CHARS),
            challenge=fields.text("challenge", limit=128),
            nonce=fields.text("nonce", limit=MAX_STATE_CHARS),
        )

    def _mark(self, body: bytes, cookie: str) -> bytes:
        return hmac.new(self._key, cookie.encode() + b"\n" + body, hashlib.sha256).digest()


def new_cookie() -> str:
    """A cookie's value: 128 random bits."""
    return secrets.token_urlsafe(16)


def check_cookie(text: str) -> bool:
    """Tell whether `text` could be one of our cookies."""
    return _COOKIE.fullmatch(text) is not None


def _stale() -> BadInput:
    return BadInput("this page is too old, or cookies are off", todo="Start again from your program.")
