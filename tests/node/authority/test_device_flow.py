"""Signing in from a device without a browser (RFC 8628): our client against our authority, and what each refuses."""

from __future__ import annotations

import asyncio
import html
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from ebpfhub.client.device_flow import DEVICE_GRANT, device_token
from ebpfhub.federation.transport import Transport
from ebpfhub.node.authority.devices import INTERVAL, LIFE, DeviceStore
from ebpfhub.node.authority.oauth import Fault, Refused
from ebpfhub.schemas.errors import BadInput, Denied, HubError, PeerFailed, Unsupported
from ebpfhub.signing.authority.subject import Subject
from ebpfhub.signing.authority.tokens import verify_token

from ...client.sources.places import files, serving
from .running import ALICE, PASSWORD, Authority

NOW = datetime.now(UTC)
PERSON = Subject.parse(ALICE)


async def start(authority: Authority, **changes: str) -> tuple[int, Any]:
    form = {"client_id": "sigstore", "scope": "openid email"} | changes
    answer = await authority.http.post(authority.url("oidc/device/code"), data=form)
    return answer.status, await answer.json()


async def sign_in(authority: Authority, code: str, *, password: str = PASSWORD, **headers: str) -> tuple[int, str]:
    form = {"user_code": code, "identity": ALICE, "password": password}
    answer = await authority.http.post(authority.url("oidc/device"), data=form, headers=headers)
    return answer.status, await answer.text()


async def ask(authority: Authority, device_code: str) -> tuple[int, Any]:
    form = {"grant_type": DEVICE_GRANT, "device_code": device_code, "client_id": "sigstore"}
    answer = await authority.http.post(authority.url("oidc/token"), data=form)
    return answer.status, await answer.json()


async def test_a_person_on_another_device_signs_in_for_the_program_here(authority: Authority) -> None:
    told: asyncio.Queue[str] = asyncio.Queue()
    async with Transport() as transport:
        task = asyncio.create_task(device_token(transport, authority.url("oidc"), tell=told.put_nowait))
        text = await told.get()
        address = re.search(r"http\S+", text)
        code = re.search(r"^ +([A-Z]{4}-[A-Z]{4})$", text, re.MULTILINE)
        assert address and code and code[1] in address[0]
        page = await (await authority.http.get(address[0])).text()
        assert html.escape(code[1]) in page and "started it yourself" in page
        assert (await sign_in(authority, code[1].lower().replace("-", " ")))[0] == 200
        claims = verify_token(authority.keys, await task, authority.service.clock())
    assert claims.subject.text == ALICE


async def test_a_device_code_gives_one_token_once_somebody_signed_in(authority: Authority) -> None:
    status, started = await start(authority)
    assert (status, started["interval"], started["expires_in"]) == (200, 5, 600)
    status, refused = await ask(authority, started["device_code"])
    assert (status, refused["error"]) == (400, "authorization_pending")
    assert (await ask(authority, started["device_code"]))[1]["error"] == "slow_down"
    assert (await sign_in(authority, started["user_code"]))[0] == 200
    status, tokens = await ask(authority, started["device_code"])
    assert status == 200 and tokens["id_token"] == tokens["access_token"]
    assert (await ask(authority, started["device_code"]))[1]["error"] == "invalid_grant"
    assert (await ask(authority, "x" * 43))[1]["error"] == "invalid_grant"


async def test_wrong_codes_passwords_and_sites_let_nobody_in(authority: Authority) -> None:
    _, started = await start(authority)
    for code in ("", "BCDF-GHJK", started["device_code"][:32]):
        status, page = await sign_in(authority, code)
        assert status == 403 and "unknown, used, or too old" in page
    assert (await sign_in(authority, started["user_code"], password="wrong"))[0] == 403
    assert (await sign_in(authority, started["user_code"], **{"Sec-Fetch-Site": "cross-site"}))[0] == 400
    assert (await ask(authority, started["device_code"]))[1]["error"] == "authorization_pending"
    assert (await sign_in(authority, started["user_code"]))[0] == 200
    assert (await sign_in(authority, started["user_code"]))[0] == 403  # the second person changes nothing


async def test_only_known_clients_that_want_an_identity_may_start(authority: Authority) -> None:
    status, refused = await start(authority, client_id="evil")
    assert (status, refused["error"]) == (401, "invalid_client")
    assert (await start(authority, scope="email"))[1]["error"] == "invalid_scope"


async def test_what_stands_in_the_address_is_shown_as_text(authority: Authority) -> None:
    page = await (await authority.http.get(authority.url("oidc/device"), params={"user_code": '"><script>'})).text()
    assert "<script>" not in page
    answer = await authority.http.get(authority.url("oidc/device"), params={"user_code": "x" * 99})
    assert answer.status == 400


def test_codes_end_and_the_oldest_device_is_forgotten() -> None:
    store = DeviceStore[None, Subject](max_devices=2)
    first, _ = store.start(None, NOW)
    second, shown = store.start(None, NOW)
    third, _ = store.start(None, NOW)
    assert len(store) == 2
    with pytest.raises(Refused) as error:
        store.take(first, NOW)
    assert error.value.fault is Fault.INVALID_GRANT
    assert not store.approve(shown, PERSON, NOW + LIFE)
    with pytest.raises(Refused) as error:
        store.take(second, NOW + LIFE)
    assert error.value.fault is Fault.EXPIRED_TOKEN and len(store) == 1
    for step in range(3):
        with pytest.raises(Refused) as error:
            store.take(third, NOW + step * INTERVAL)
        assert error.value.fault is Fault.AUTHORIZATION_PENDING
    assert not store.waits("", NOW) and not store.waits("ÄÖÜ", NOW)


ABOUT = b'{"token_endpoint": "BASE/token", "device_authorization_endpoint": "BASE/device"}'
STARTED = {
    "device_code": "secret", "user_code": "BCDF", "verification_uri": "https://x.test/", "expires_in": 5, "interval": 1
}  # fmt: skip


def provider(started: dict[str, Any], answers: list[tuple[int, dict[str, str]]]) -> web.Application:
    """An identity provider whose token endpoint answers these, one after the other."""
    app, left = web.Application(), list(answers)

    async def about(request: web.Request) -> web.Response:
        return web.Response(body=ABOUT.replace(b"BASE", f"http://{request.host}".encode()))

    async def device(_: web.Request) -> web.Response:
        return web.json_response(started)

    async def token(request: web.Request) -> web.Response:
        assert (await request.post())["device_code"] == "secret"
        status, body = left.pop(0)
        return web.json_response(body, status=status)

    app.router.add_get("/.well-known/openid-configuration", about)
    app.router.add_post("/device", device)
    app.router.add_post("/token", token)
    return app


def signed_in(started: dict[str, Any], *answers: tuple[int, dict[str, str]]) -> str:
    async def work(url: str) -> str:
        async with Transport() as transport:
            return await device_token(transport, url, tell=lambda _: None)

    with serving(provider(started, list(answers))) as url:
        return asyncio.run(work(url))


def test_other_providers_answers_are_read_as_the_standard_has_them() -> None:
    pending = (400, {"error": "authorization_pending"})
    assert signed_in(STARTED, pending, (200, {"id_token": "a.b.c", "access_token": "opaque"})) == "a.b.c"
    with pytest.raises(Denied, match="refused"):
        signed_in(STARTED, (400, {"error": "access_denied"}))
    with pytest.raises(Denied, match="nobody signed in"):
        signed_in(STARTED, pending, (400, {"error": "expired_token"}))
    with pytest.raises(HubError):
        signed_in(STARTED, (400, {"error": "invalid_client"}))
    with pytest.raises(PeerFailed, match="no identity token"):
        signed_in(STARTED, (200, {"access_token": "opaque"}))


@pytest.mark.parametrize(
    "change",
    [
        {"verification_uri": "http://evil.test/"},
        {"verification_uri": "https://x.test/\x1b[2J"},
        {"user_code": "\x1b]0;x\x07"},
        {"expires_in": 0},
        {"interval": 10_000},
        {"device_code": 7},
    ],
)
def test_what_a_provider_may_not_say_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises((BadInput, PeerFailed)):
        signed_in(STARTED | change)


def test_a_provider_without_the_flow_says_what_to_use_instead() -> None:
    async def work(url: str) -> str:
        async with Transport() as transport:
            return await device_token(transport, url, tell=lambda _: None)

    about = {"/.well-known/openid-configuration": b'{"token_endpoint": "https://x.test/token"}'}
    with files(about) as url, pytest.raises(Unsupported) as error:
        asyncio.run(work(url))
    assert error.value.needs == "--browser"
    for endpoint in ("http://evil.test/device", "file:///etc/passwd"):
        wrong = b'{"token_endpoint": "https://x.test/token", "device_authorization_endpoint": "%s"}' % endpoint.encode()
        with files({"/.well-known/openid-configuration": wrong}) as url, pytest.raises(BadInput):
            asyncio.run(work(url))
