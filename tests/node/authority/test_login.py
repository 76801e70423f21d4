"""The authorization endpoint: who may ask, who may answer, and what the page lets nobody do."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from .running import Authority

ALICE = "alice@example.org"
PASSWORD = "correct horse battery staple"
VERIFIER = "v" * 43
REDIRECT = "http://localhost:41234/auth/callback"


def challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def asking(**changes: str) -> dict[str, str]:
    fields = {
        "response_type": "code",
        "client_id": "sigstore",
        "client_secret": "",
        "scope": "openid email",
        "redirect_uri": REDIRECT,
        "code_challenge": challenge(VERIFIER),
        "code_challenge_method": "S256",
        "state": "a-random-state",
    } | changes
    return {name: value for name, value in fields.items() if value != "DROP"}


async def open_form(authority: Authority, **changes: str) -> tuple[aiohttp.ClientResponse, str, str]:
    answer = await authority.http.get(authority.url("oidc/auth"), params=asking(**changes), allow_redirects=False)
    page = await answer.text()
    found = re.search(r'name="ticket" value="([^"]+)"', page)
    return answer, found[1] if found else "", page


async def submit(
    authority: Authority, ticket: str, identity: str = ALICE, password: str = PASSWORD, **options: Any
) -> aiohttp.ClientResponse:
    form = {"ticket": ticket, "identity": identity, "password": password}
    return await authority.http.post(authority.url("oidc/auth"), data=form, allow_redirects=False, **options)


async def sign_in(authority: Authority, **changes: str) -> str:
    _, ticket, _ = await open_form(authority, **changes)
    answer = await submit(authority, ticket)
    assert answer.status == 303
    return str(parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0])


async def test_right_password_sends_code_and_state_to_the_loopback_address(authority: Authority) -> None:
    _, ticket, _ = await open_form(authority)
    answer = await submit(authority, ticket)
    target = urlsplit(answer.headers["Location"])
    assert answer.status == 303 and target.netloc == "localhost:41234"
    query = parse_qs(target.query)
    assert query["state"] == ["a-random-state"] and query["iss"] == [authority.keys.issuer] and query["code"]


async def test_page_allows_no_script_no_frame_and_forms_only_to_where_the_answer_goes(authority: Authority) -> None:
    answer, _, page = await open_form(authority)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy
    assert "form-action 'self' http://localhost:41234;" in policy
    assert "frame-ancestors 'none'" in policy
    assert "<script" not in page
    cookie = answer.cookies["ebpfhub_login"]
    assert cookie["httponly"] and cookie["samesite"] == "Strict" and cookie["path"] == "/sigstore/oidc/auth"


@pytest.mark.parametrize(
    ("headers", "says", "lang"),
    [
        ({"Accept-Language": "zh-CN,zh;q=0.9"}, "登录", "zh-Hans"),
        ({"Accept-Language": "en", "Cookie": "ebpfhub_lang=zh"}, "密码", "zh-Hans"),
        ({"Accept-Language": "fr"}, "Password", "en"),
    ],
)
async def test_form_is_in_the_language_of_the_hubs_pages(
    authority: Authority, headers: dict[str, str], says: str, lang: str
) -> None:
    answer = await authority.http.get(authority.url("oidc/auth"), params=asking(), headers=headers)
    page = await answer.text()
    assert f'<html lang="{lang}">' in page and says in page and answer.headers["Content-Language"] == lang


async def test_hostile_state_does_not_reach_the_page_as_markup(authority: Authority) -> None:
    _, _, page = await open_form(authority, state='"><script>alert(1)</script>')
    assert "<script" not in page


@pytest.mark.parametrize(
    "redirect",
    [
        "https://evil.example.org/callback",
        "http://localhost.evil.example.org:80/",
        "http://localhost:80@evil.example.org/",
        "http://localhost/",
        "http://localhost:99999/",
        "https://localhost:8080/",
        "http://127.0.0.2:8080/",
        "http://localhost:8080/?x=1",
        "http://localhost:8080/#x",
        "http://localhost:8080\\@evil.example.org/",
        "urn:ietf:wg:oauth:2.0:oob:auto",
        "javascript:alert(1)",
        "",
    ],
)
async def test_foreign_redirect_is_refused_and_never_followed(authority: Authority, redirect: str) -> None:
    answer, ticket, _ = await open_form(authority, redirect_uri=redirect)
    assert answer.status == 400 and "Location" not in answer.headers and not ticket


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": "DROP", "code_challenge": "DROP"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "email"}, "invalid_scope"),
        ({"client_id": "other"}, "invalid_client"),
        ({"state": "DROP"}, "invalid_request"),
    ],
)
async def test_wrong_request_is_told_to_the_program(authority: Authority, changes: dict[str, str], error: str) -> None:
    answer, ticket, _ = await open_form(authority, **changes)
    assert answer.status == 303 and not ticket
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["error"] == [error]


async def test_parameter_given_twice_is_refused(authority: Authority) -> None:
    params = [*asking().items(), ("redirect_uri", REDIRECT)]
    answer = await authority.http.get(authority.url("oidc/auth"), params=params, allow_redirects=False)
    assert answer.status == 400


@pytest.mark.parametrize(("identity", "password"), [(ALICE, "wrong"), ("bob@example.org", PASSWORD), ("<b>", PASSWORD)])
async def test_wrong_password_or_person_shows_the_form_again(
    authority: Authority, identity: str, password: str
) -> None:
    _, ticket, _ = await open_form(authority)
    answer = await submit(authority, ticket, identity, password)
    assert answer.status == 403 and "Location" not in answer.headers
    assert "Identity or password is wrong" in await answer.text()
    assert len(authority.service.codes) == 0


async def test_form_of_another_browser_is_refused(authority: Authority) -> None:
    _, ticket, _ = await open_form(authority)
    authority.http.cookie_jar.clear()
    assert (await submit(authority, ticket)).status == 400
    await open_form(authority)  # a new cookie
    assert (await submit(authority, ticket)).status == 400


async def test_form_sent_from_another_site_is_refused(authority: Authority) -> None:
    _, ticket, _ = await open_form(authority)
    assert (await submit(authority, ticket, headers={"Sec-Fetch-Site": "cross-site"})).status == 400


async def test_forged_ticket_is_refused(authority: Authority) -> None:
    _, ticket, _ = await open_form(authority)
    forged = ("A" if ticket[60] != "A" else "B").join((ticket[:60], ticket[61:]))
    assert (await submit(authority, forged)).status == 400
    assert (await submit(authority, "not base64 \N{BUG}")).status == 400


async def test_out_of_band_code_is_shown_and_sent_nowhere(authority: Authority) -> None:
    _, ticket, _ = await open_form(authority, redirect_uri="urn:ietf:wg:oauth:2.0:oob")
    answer = await submit(authority, ticket)
    assert answer.status == 200 and "<output>" in await answer.text()


async def test_password_guessing_is_slowed_down(authority: Authority) -> None:
    _, ticket, _ = await open_form(authority)
    statuses = [(await submit(authority, ticket, password="x" * 8)).status for _ in range(12)]
    assert statuses[:10] == [403] * 10 and statuses[-1] == 429


async def test_oversized_form_is_refused(authority: Authority) -> None:
    answer = await authority.http.post(authority.url("oidc/auth"), data={"ticket": "x" * 20_000})
    assert answer.status == 413
