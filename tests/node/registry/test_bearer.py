"""The token endpoint (Distribution's token specification): what is asked for and allowed, for a short while, no more."""

from __future__ import annotations

import base64
import json
from urllib.parse import urlencode

import jwt
import pytest
from ebpfhub.node.accounts.rights import LoginNeeded
from ebpfhub.node.registry.actions import Action
from ebpfhub.node.registry.bearer import Bearer, Bearers, asked_for
from ebpfhub.schemas.errors import BadInput
from hypothesis import given
from hypothesis import strategies as st

from .server import Reply, Server

NAMES = st.from_regex(r"[a-z0-9]{1,8}(/[a-z0-9]{1,8}){0,2}", fullmatch=True)
GRANTS = st.dictionaries(NAMES, st.frozensets(st.sampled_from(Action)), max_size=8)


def _ask(server: Server, *scopes: str, token: str = "") -> Reply:
    basic = base64.b64encode(f"me:{token}".encode()).decode()
    query = urlencode([("service", "hub.example.org"), *(("scope", scope) for scope in scopes)])
    if not token:
        return server.ask("GET", f"/v2/token?{query}")
    return server.ask("GET", f"/v2/token?{query}", Authorization=f"Basic {basic}")


def _granted(answer: Reply) -> dict[str, list[str]]:
    token = json.loads(answer.body)["token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    return {item["name"]: item["actions"] for item in claims["access"]}


def _token(server: Server, *scopes: str, token: str = "") -> str:
    return str(json.loads(_ask(server, *scopes, token=token).body)["access_token"])


def test_only_what_is_allowed_of_what_is_asked_for_is_granted(server: Server) -> None:
    asked = (
        "repository:plain/a:pull,push,delete",
        "repository:tools/x:* registry:catalog:*",
        "repository:no.such/x/y:pull",
    )
    everything = {"plain/a": ["delete", "pull", "push"], "tools/x": ["delete", "pull", "push"], "no.such/x/y": []}
    assert _granted(_ask(server, *asked, token="alice-token")) == everything
    reading = {"plain/a": ["pull"], "tools/x": ["pull"], "no.such/x/y": []}
    assert _granted(_ask(server, *asked, token="carol-token")) == reading
    assert _granted(_ask(server, *asked)) == reading


def test_bearer_is_for_the_asked_repositories_and_actions_only(server: Server) -> None:
    pulling = _token(server, "repository:plain/bearer:pull", token="alice-token")
    pushing = _token(server, "repository:plain/bearer:pull,push", token="alice-token")
    begin = "/v2/plain/bearer/blobs/uploads/"
    assert server.ask("POST", begin, token=pushing).status == 202
    refused = server.ask("POST", begin, token=pulling)
    assert refused.status == 401
    told = refused.headers["WWW-Authenticate"]
    assert 'scope="repository:plain/bearer:pull,push,delete"' in told and 'error="insufficient_scope"' in told
    assert server.ask("POST", "/v2/plain/other/blobs/uploads/", token=pushing).status == 401
    digest = server.push("plain/bearer", b"once", token=pushing)
    assert server.ask("GET", f"/v2/plain/bearer/blobs/{digest}", token=pulling).body == b"once"
    assert server.ask("DELETE", f"/v2/plain/bearer/blobs/{digest}", token=pushing).status == 401
    deleting = _token(server, "repository:plain/bearer:delete", token="alice-token")
    assert server.ask("DELETE", f"/v2/plain/bearer/blobs/{digest}", token=deleting).status == 202


def test_reader_who_pushes_is_denied_and_not_asked_to_log_in_again(server: Server) -> None:
    token = _token(server, "repository:plain/a:pull,push", token="carol-token")
    assert server.ask("POST", "/v2/plain/a/blobs/uploads/", token=token).status == 403


def test_token_is_short_lived_and_not_kept_by_caches(server: Server) -> None:
    answer = _ask(server, "repository:plain/a:pull", token="alice-token")
    assert answer.headers["Cache-Control"] == "no-store"
    told = json.loads(answer.body)
    claims = jwt.decode(told["token"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == told["expires_in"] <= 300
    assert "alice-token" not in told["token"] and told["token"] == told["access_token"]


@pytest.mark.parametrize("password", ["wrong", "", "eyJ.eyJ.x"])
def test_wrong_passwords_get_no_token(server: Server, password: str) -> None:
    basic = base64.b64encode(f"me:{password}".encode()).decode()
    assert server.ask("GET", "/v2/token", Authorization=f"Basic {basic}").status == 401


def test_forged_and_foreign_tokens_are_refused(server: Server) -> None:
    real = _token(server, "repository:plain/a:pull")
    head, body, mark = real.split(".")
    claims = jwt.decode(real, options={"verify_signature": False})
    for forged in (
        f"{head}.{body}.{mark[:-4]}AAAA",
        jwt.encode(claims, "x" * 32, algorithm="HS256"),
        jwt.encode(claims, "", algorithm="none"),
        _token(server, "repository:plain/a:pull")[:-1],
    ):
        assert server.ask("GET", "/v2/plain/a/tags/list", token=forged).status == 401


@given(GRANTS, st.text(alphabet="0123456789abcdef", max_size=16))
def test_bearer_says_what_it_was_given_for(grants: dict[str, frozenset[Action]], key: str) -> None:
    bearers = Bearers("hub.test")
    given = Bearer(key, grants)
    assert bearers.read(bearers.give(given, "me@hub.test")) == given
    with pytest.raises(LoginNeeded):
        Bearers("hub.test").read(bearers.give(given, None))


@given(st.lists(st.text(max_size=60), max_size=8))
def test_scopes_of_any_form_are_read_or_refused(scopes: list[str]) -> None:
    try:
        found = asked_for(scopes)
    except BadInput:
        return
    assert all(f"repository:{name}:" in " ".join(scopes) or "(" in " ".join(scopes) for name in found)
