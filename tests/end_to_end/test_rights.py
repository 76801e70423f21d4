"""R4: every route of a running hub x everybody who may come, made from the router, so that no route can be forgotten."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from ebpfhub.node.accounts.guard import check_stated, needs_of
from ebpfhub.node.accounts.rights import ANYBODY, Needs
from ebpfhub.node.accounts.roles import Role
from ebpfhub.node.app import REGISTRY, make_app
from ebpfhub.node.folder import HubFolder
from ebpfhub.node.opened import OpenedHub
from ebpfhub.node.registry.names import Target
from ebpfhub.node.registry.routes import Routes

from ..hubs import BIN, Reply, RunningHub, ebpfhub
from ..visitor import Visitor

DIGEST = "sha256:" + "0" * 64
ROLES = {
    "nobody": Role.NONE,
    "reader": Role.READER,
    "publisher": Role.PUBLISHER,
    "another": Role.PUBLISHER,
    "maintainer": Role.MAINTAINER,
    "admin": Role.ADMIN,
}
SPELLED = {
    "origin": "0" * 64,
    "namespace": "library",
    "name": "nothing",
    "digest": "0" * 64,
    "path": "nothing/here",
    "id": "0" * 16,
    "operation": "search",
}
BELOW = {
    Target.BLOB: f"blobs/{DIGEST}",
    Target.MANIFEST: f"manifests/{DIGEST}",
    Target.REFERRERS: f"referrers/{DIGEST}",
    Target.TAGS: "tags/list",
    Target.NEW_UPLOAD: "blobs/uploads/",
    Target.UPLOAD: "blobs/uploads/00000000000000000000000000000000",
}
# what stays open on a closed hub: health, and the way in; the authority asks those who sign for tokens of its own
OPEN = {
    "GET /favicon.ico",
    "GET /healthz",
    "GET /login/",
    "GET /login/callback",
    "GET /login/start",
    "GET /readyz",
    "GET /sigstore/oidc/.well-known/openid-configuration",
    "GET /sigstore/oidc/auth",
    "GET /sigstore/oidc/device",
    "GET /sigstore/oidc/jwks",
    "GET /static/{name}",
    "POST /api/v2/signingCert",
    "POST /sigstore/fulcio/api/v2/signingCert",
    "POST /login/device/code",
    "POST /login/device/token",
    "POST /sigstore/oidc/auth",
    "POST /sigstore/oidc/device",
    "POST /sigstore/oidc/device/code",
    "POST /sigstore/oidc/token",
    "POST /sigstore/rekor/api/v2/log/entries",
    "POST /sigstore/tsa/api/v1/timestamp",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A request that the hub knows, and what it needs."""

    name: str
    method: str
    path: str
    needs: Needs


@dataclass(frozen=True, slots=True)
class Stage:
    """A running hub, tokens by who holds them, and everything that can be asked of it."""

    hub: RunningHub
    tokens: dict[str, str]
    places: tuple[Place, ...]

    def ask(self, place: Place, who: str) -> Reply:
        headers = {"Accept": "*/*", "Content-Type": "application/json"}
        if self.tokens.get(who):
            headers["Authorization"] = f"Bearer {self.tokens[who]}"
        body = None if place.method in ("GET", "HEAD", "DELETE") else b"{}"
        return self.hub.ask(place.path, method=place.method, body=body, headers=headers)


@pytest.fixture(scope="module", params=["open", "closed"])
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp(request.param)
    hub = RunningHub.make(folder / "hub", "--plain")
    if request.param == "closed":
        close(hub)
    places = tuple(_places(HubFolder(hub.folder)))
    with hub.serving():
        tokens = {name: hub.token(f"{name}@example.org", role=role.word) for name, role in ROLES.items() if role}
        yield Stage(hub, tokens, places)


def close(hub: RunningHub) -> None:
    """Write `closed = true` into a hub's settings."""
    settings = hub.folder / "hub.toml"
    settings.write_text(settings.read_text().replace("\nclosed = false", "\nclosed = true"))


def _places(folder: HubFolder) -> Iterator[Place]:
    opened = OpenedHub.open(folder)
    try:
        app = make_app(opened)
        for route in app.router.routes():
            needs = needs_of(app, route)
            assert needs is not None and route.resource is not None
            template = route.resource.canonical
            if route.method != "*":
                path = re.sub(r"\{(\w+)\}", lambda found: SPELLED.get(found[1], "nothing"), template)
                yield Place(f"{route.method} {template}", route.method, path, needs)
        for (target, method), action in Routes(app[REGISTRY]).actions.items():
            for repository in ("library/x", "plain/x"):
                name = f"/v2/{repository}/{BELOW[target]}"
                yield Place(f"{method} {name}", method, name, action.needs)
    finally:
        opened.close()


def _refused(answer: Reply) -> int:
    """401 or 403 of the guard; 0 when the request came to its route, whatever that said."""
    told = ("this needs a login", "your role does not allow this", "this token is not for")
    return answer.status if answer.status in (401, 403) and any(words in answer.text for words in told) else 0


def test_every_route_lets_through_whom_it_states_and_nobody_else(stage: Stage) -> None:
    closed = "closed = true" in (stage.hub.folder / "hub.toml").read_text()
    wrong = []
    for place in stage.places:
        for who, role in ROLES.items():
            has = max(role, Role.NONE if closed else Role.READER)
            wanted = 0 if has >= place.needs.role else 401 if who == "nobody" else 403
            answer = stage.ask(place, who)
            found = answer.status if place.method == "HEAD" and answer.status in (401, 403) else _refused(answer)
            if place.needs.scope in ("account", "comment") and wanted == 0:
                wanted = 401 if who == "nobody" else 403  # of scopes that are asked for by name
            if found != wanted:
                wrong.append(f"{place.name} by {who}: {found}, not {wanted} ({answer.status}, {answer.text[:80]})")
    assert wrong == []
    assert len(stage.places) > 60


def test_nothing_else_is_open_on_a_closed_hub(stage: Stage) -> None:
    assert {place.name for place in stage.places if place.needs is ANYBODY and place.method != "HEAD"} == OPEN


def test_a_token_does_less_than_its_holder_may_where_its_scopes_are_fewer(stage: Stage) -> None:
    told = ebpfhub(
        "token", "create", stage.hub.folder, "--identity", "admin@example.org", "--role", "admin",
        "--scope", "read", "--json",
    )  # fmt: skip
    reading = json.loads(told.stdout)["token"]
    only = Stage(stage.hub, {"admin": reading}, stage.places)
    wrong = [
        place.name
        for place in stage.places
        if bool(_refused(only.ask(place, "admin"))) is not (place.needs.scope not in (None, "read"))
        and place.method != "HEAD"
    ]
    assert wrong == []


def test_no_route_that_changes_something_takes_a_session_without_its_form_token(stage: Stage) -> None:
    words = ("user", "add", stage.hub.folder, "--identity", "admin@example.org", "--password-stdin")
    subprocess.run([BIN / "ebpfhub", *map(str, words)], input="correct horse battery\n", text=True, check=True)
    visitor = Visitor(stage.hub.url)
    assert visitor.sign_in("admin@example.org", "correct horse battery", "/login/?next=/account").status == 200
    own = {"Origin": stage.hub.url, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
    cookie = {"Cookie": f"ebpfhub_session={visitor.cookie('ebpfhub_session')}"}
    unsafe = [it for it in stage.places if it.method not in ("GET", "HEAD") and it.needs is not ANYBODY]
    answers = {it.name: stage.hub.ask(it.path, method=it.method, body=b"{}", headers=own | cookie) for it in unsafe}
    assert {name: it.status for name, it in answers.items() if "not of this session" not in it.text} == {
        it.name: 401
        for it in unsafe
        if it.path.startswith("/v2/")  # which knows no cookies
    }
    assert visitor.open("/account").status == 200


def test_what_one_publisher_began_is_not_there_for_another(stage: Stage) -> None:
    def ask(who: str, path: str, method: str = "GET") -> Reply:
        return stage.hub.ask(path, method=method, headers={"Authorization": f"Bearer {stage.tokens[who]}"})

    begun = ask("publisher", "/v2/tools/x/blobs/uploads/", "POST")
    assert begun.status == 202
    place = begun.headers["location"]
    assert ask("publisher", place).status == 204
    for who in ("another", "maintainer", "admin"):
        assert [ask(who, place).status, ask(who, place, "DELETE").status] == [404, 404]


def test_hub_with_a_route_that_states_nothing_does_not_start(tmp_path: Path) -> None:
    hub = RunningHub.make(tmp_path / "hub")
    opened = OpenedHub.open(HubFolder(hub.folder))
    try:
        app = make_app(opened)

        async def forgotten(_request: web.Request) -> web.Response:
            return web.Response()

        app.router.add_get("/forgotten", forgotten)
        with pytest.raises(RuntimeError, match=r"/forgotten does not state what it needs"):
            check_stated(app)
    finally:
        opened.close()
