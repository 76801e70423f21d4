"""A login at a hub: a person allows it on the hub's page, in any browser, and the hub gives this machine a token."""

from __future__ import annotations

import os
import platform
import time
import webbrowser
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..federation.transport import Transport, expect
from ..schemas.codec import decode_json
from ..schemas.errors import Unsupported
from ..schemas.fields import Fields
from .credentials import check_token
from .device_flow import MAX_DOCUMENT_BYTES, Started, post_form, wait_for_person

_SCREENS = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")
MAX_NAME_CHARS = 80


@dataclass(frozen=True, slots=True)
class GivenToken:
    """What the hub gave: whom the token stands for, its scopes, and for how many seconds it is valid."""

    token: str = field(repr=False)
    identity: str
    scopes: str
    seconds: int


async def log_in(
    transport: Transport, url: str, *, scopes: Sequence[str], days: int, browser: bool, tell: Callable[[str], None]
) -> GivenToken:
    """Get a hub token for `scopes`; `tell` hears where to go. With `browser` one is opened where there is a screen.

    Raises: Unsupported for a hub without sign-in, Denied when nobody allows it, PeerFailed, BadInput.
    """
    place = f"{url}/login/device/code"
    name = f"ecli on {platform.node()}"[:MAX_NAME_CHARS]
    answer = await post_form(transport, place, {"scope": " ".join(scopes), "days": str(days), "name": name})
    if answer.status in (404, 405):
        raise Unsupported("this hub has no sign-in for people", where=url, todo="Give a token with --token-stdin.")
    body = expect(answer, 200, where=place).body
    started = Started.read(body, place, now=time.monotonic())
    tell(started.told)
    if browser and any(os.environ.get(name) for name in _SCREENS):  # elsewhere one would take the terminal over
        webbrowser.open(started.address)
    where = f"{url}/login/device/token"
    return _given((await wait_for_person(transport, where, started)).body, where)


def _given(body: bytes, where: str) -> GivenToken:
    fields = Fields(decode_json(body, limit=MAX_DOCUMENT_BYTES, where=where), where)
    return GivenToken(
        check_token(fields.text("access_token", limit=16384)),
        fields.text("identity", limit=512),
        fields.text("scope", limit=4096),
        fields.integer("expires_in", low=1),
    )
