"""The token endpoint: each code once, for its own request only; hub tokens for identity tokens."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import aiohttp
import jwt
import pytest
from ebpfhub.schemas.errors import StorageFailed
from ebpfhub.signing.authority.tokens import verify_token

from .running import Authority

ALICE = "alice@example.org"
ROBOT = "https://ci.example.org/robot"
PASSWORD = "correct horse battery staple"
HUB_TOKEN = "hub-token-of-the-robot"
VERIFIER = "v" * 43
REDIRECT = "http://127.0.0.1:41234/callback"
SIGSTORE = aiohttp.encode_basic_auth("sigstore", "")


def first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found is not None
    return found[1]


async def get_code(authority: Authority, nonce: str = "") -> str:
    hashed = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    params = {
        "response_type": "code",
        "client_id": "sigstore",
        "scope": "openid",
        "redirect_uri": REDIRECT,
        "code_challenge": hashed,
        "code_challenge_method": "S256",
        "state": "state",
        "nonce": nonce,
    }
    page = await (await authority.http.get(authority.url("oidc/auth"), params=params)).text()
    form = {"ticket": first(r'name="ticket" value="([^"]+)"', page), "identity": ALICE, "password": PASSWORD}
    answer = await authority.http.post(authority.url("oidc/auth"), data=form, allow_redirects=False)
    return first(r"code=([\w-]+)", answer.headers["Location"])


async def redeem(authority: Authority, client: str = SIGSTORE, **changes: str) -> tuple[aiohttp.ClientResponse, Any]:
    form = {"grant_type": "authorization_code", "redirect_uri": REDIRECT, "code_verifier": VERIFIER} | changes
    headers = {"Authorization": client} if client else {}
    answer = await authority.http.post(authority.url("oidc/token"), data=form, headers=headers)
    return answer, await answer.json()


async def test_code_gives_a_token_that_the_published_key_verifies(authority: Authority) -> None:
    answer, tokens = await redeem(authority, code=await get_code(authority, nonce="n-0S6"))
    assert answer.status == 200 and answer.headers["Cache-Control"] == "no-store"
    assert tokens["access_token"] == tokens["id_token"] and tokens["token_type"] == "Bearer"
    keys = await (await authority.http.get(authority.url("oidc/jwks"))).json()
    header = jwt.get_unverified_header(tokens["id_token"])
    (key,) = [jwt.PyJWK(item) for item in keys["keys"] if item["kid"] == header["kid"]]
    claims = jwt.decode(
        tokens["id_token"], key, algorithms=["ES256"], audience="sigstore", issuer=authority.keys.issuer
    )
    assert claims["sub"] == claims["email"] == ALICE and claims["email_verified"] is True
    assert claims["nonce"] == "n-0S6" and 300 <= claims["exp"] - claims["iat"] <= 600


async def test_discovery_names_the_issuer_that_stands_in_tokens(authority: Authority) -> None:
    about = await (await authority.http.get(authority.keys.issuer + "/.well-known/openid-configuration")).json()
    assert about["issuer"] == authority.keys.issuer
    assert about["code_challenge_methods_supported"] == ["S256"]


async def test_code_works_once(authority: Authority) -> None:
    code = await get_code(authority)
    assert (await redeem(authority, code=code))[0].status == 200
    answer, error = await redeem(authority, code=code)
    assert answer.status == 400 and error["error"] == "invalid_grant"


async def test_wrong_verifier_is_refused_and_uses_the_code_up(authority: Authority) -> None:
    code = await get_code(authority)
    answer, error = await redeem(authority, code=code, code_verifier="w" * 43)
    assert answer.status == 400 and error["error"] == "invalid_grant"
    assert (await redeem(authority, code=code))[0].status == 400


async def test_other_redirect_is_refused(authority: Authority) -> None:
    _, error = await redeem(authority, code=await get_code(authority), redirect_uri="http://127.0.0.1:1/callback")
    assert error["error"] == "invalid_grant"


async def test_public_client_may_name_itself_in_the_form(authority: Authority) -> None:
    answer, _ = await redeem(authority, client="", client_id="sigstore", code=await get_code(authority))
    assert answer.status == 200


async def test_unknown_client_is_refused(authority: Authority) -> None:
    answer, error = await redeem(authority, client=aiohttp.encode_basic_auth("other", ""), code="x")
    assert answer.status == 401 and error["error"] == "invalid_client" and "WWW-Authenticate" in answer.headers


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"code": "never-given"}, "invalid_grant"),
        ({"code": ""}, "invalid_request"),
        ({"grant_type": "password", "code": "x"}, "unsupported_grant_type"),
    ],
)
async def test_wrong_request_is_answered_as_rfc_6749_says(
    authority: Authority, changes: dict[str, str], fault: str
) -> None:
    answer, error = await redeem(authority, **changes)
    assert answer.status == 400 and error["error"] == fault


async def test_oversized_form_is_refused(authority: Authority) -> None:
    answer, error = await redeem(authority, code="x" * 20_000)
    assert answer.status == 413 and error["error"] == "invalid_request"


async def test_json_instead_of_a_form_is_refused(authority: Authority) -> None:
    answer = await authority.http.post(authority.url("oidc/token"), json={"grant_type": "authorization_code"})
    assert answer.status == 415


async def exchange(authority: Authority, **changes: str) -> tuple[aiohttp.ClientResponse, Any]:
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": HUB_TOKEN,
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
    } | changes
    answer = await authority.http.post(authority.url("oidc/token"), data=form)
    return answer, await answer.json()


async def test_hub_token_becomes_an_identity_token(authority: Authority) -> None:
    answer, tokens = await exchange(authority, audience="sigstore")
    assert answer.status == 200 and tokens["token_type"] == "N_A"
    assert tokens["issued_token_type"] == "urn:ietf:params:oauth:token-type:id_token"
    claims = verify_token(authority.keys, tokens["access_token"], authority.service.clock())
    assert claims.subject.text == ROBOT


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"subject_token": "stolen?"}, "invalid_grant"),
        ({"audience": "https://other.example.org"}, "invalid_target"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:saml2"}, "invalid_request"),
        ({"requested_token_type": "urn:ietf:params:oauth:token-type:saml2"}, "invalid_request"),
    ],
)
async def test_wrong_exchange_is_refused(authority: Authority, changes: dict[str, str], fault: str) -> None:
    answer, error = await exchange(authority, **changes)
    assert answer.status == 400 and error["error"] == fault


async def test_broken_storage_is_a_503_that_says_nothing_more(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_token: str) -> str | None:
        raise StorageFailed("no space left on /dev/secret")

    monkeypatch.setattr(authority.service.accounts, "identity_of_token", broken)
    answer, error = await exchange(authority)
    assert answer.status == 503 and error["error"] == "temporarily_unavailable" and "secret" not in str(error)
