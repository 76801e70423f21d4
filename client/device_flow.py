"""The device flow (RFC 8628): a person signs in on any device with a browser, and the program here waits for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from ..federation.transport import Response, Transport, check_url, expect
from ..schemas.codec import decode_json
from ..schemas.errors import BadInput, Denied, PeerFailed, Unsupported
from ..schemas.fields import Fields

MAX_DOCUMENT_BYTES = 256 * 1024
MAX_WAIT_SECONDS = 30 * 60
MAX_INTERVAL = 60  # seconds between two questions
CLIENT = "sigstore"
SCOPE = "openid email"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_DISCOVERY = ".well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Started:
    """What the provider gave: a secret for the program, a code for the person, and where and how often to ask."""

    device_code: str
    user_code: str
    address: str
    interval: int
    ends: float

    @classmethod
    def read(cls, body: bytes, where: str, *, now: float) -> Started:
        """Read a device authorization response (section 3.2). Raises: BadInput."""
        fields = Fields(decode_json(body, limit=MAX_DOCUMENT_BYTES, where=where), where)
        life = fields.integer("expires_in", low=1, high=24 * 3600)
        address = fields.text("verification_uri_complete", limit=2048, default="")
        return cls(
            fields.text("device_code", limit=4096),
            _shown(fields.text("user_code", limit=64), where),
            _shown(check_url(address or fields.text("verification_uri", limit=2048)), where),
            fields.integer("interval", low=0, high=MAX_INTERVAL, default=5) or 1,
            now + min(life, MAX_WAIT_SECONDS),
        )

    @property
    def told(self) -> str:
        """What the person is told to do."""
        return (
            f"Open this address in a browser on any device:\n\n  {self.address}\n\n"
            f"and go on only if it shows the code\n\n  {self.user_code}\n"
        )


async def device_token(transport: Transport, issuer: str, *, tell: Callable[[str], None]) -> str:
    """Get an identity token of the provider at `issuer`; `tell` hears where to sign in, and with which code.

    Raises: Denied when nobody signs in, Unsupported for a provider without this flow, PeerFailed, BadInput.
    """
    base = check_url(issuer.rstrip("/"))
    about = Fields(decode_json(await transport.get(f"{base}/{_DISCOVERY}", limit=MAX_DOCUMENT_BYTES), where=base), base)
    if not about.has("device_authorization_endpoint"):
        raise Unsupported("the identity provider has no device flow", where=base, needs="--browser")
    authorize = check_url(about.text("device_authorization_endpoint", limit=2048))
    endpoint = check_url(about.text("token_endpoint", limit=2048))
    answer = await post_form(transport, authorize, {"client_id": CLIENT, "scope": SCOPE})
    started = Started.read(expect(answer, 200, where=authorize).body, authorize, now=time.monotonic())
    tell(started.told)
    return _token(await wait_for_person(transport, endpoint, started), endpoint)


async def wait_for_person(transport: Transport, endpoint: str, started: Started) -> Response:
    """Ask until a person has signed in; the answer that holds the token. Raises: Denied when nobody does; HubError."""
    interval = started.interval
    form = {"grant_type": DEVICE_GRANT, "device_code": started.device_code, "client_id": CLIENT}
    while time.monotonic() < started.ends:
        await asyncio.sleep(interval)
        answer = await post_form(transport, endpoint, form)
        if answer.status == 200:
            return answer
        match _fault(answer):
            case "authorization_pending":
                continue
            case "slow_down":  # section 3.5
                interval = min(interval + 5, MAX_INTERVAL)
            case "access_denied":
                raise Denied("the sign-in was refused", where=endpoint)
            case "expired_token":
                break
            case _:
                expect(answer, 200, where=endpoint)
    raise Denied("nobody signed in while the code was valid", where=endpoint, todo="Start again.")


async def post_form(transport: Transport, url: str, form: Mapping[str, str]) -> Response:
    """Send a form. Raises: PeerFailed, BadInput."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    return await transport.send("POST", url, limit=MAX_DOCUMENT_BYTES, body=urlencode(form).encode(), headers=headers)


def _token(answer: Response, where: str) -> str:
    fields = Fields(decode_json(answer.body, limit=MAX_DOCUMENT_BYTES, where=where), where)
    token = fields.text("id_token", limit=16384, default="")
    token = token or fields.text("access_token", limit=16384, default="")
    if token.count(".") != 2:
        raise PeerFailed("the identity provider gave no identity token", where=where)
    return token


def _fault(answer: Response) -> str:
    try:
        fields = Fields(decode_json(answer.body, limit=MAX_DOCUMENT_BYTES), "answer")
        return fields.text("error", limit=64, default="")
    except BadInput:
        return ""


def _shown(text: str, where: str) -> str:
    if not text.isprintable():
        raise PeerFailed("the identity provider gave something that cannot be shown", where=where)
    return text
