"""All that the admin pages do, over the API of a running hub, through the Python client; and who is refused what."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
from ebpfhub.client.hub_api.api import HubApi
from ebpfhub.schemas.errors import BadInput, Conflict, Denied, NotFound

from ..hubs import RunningHub, ebpfhub
from ..mirrors import wait_until
from ..visitor import Visitor
from .test_quotas import push_blob
from .test_sign_in import COOKIE, PASSWORD, add_user

ROOT, KEEPER, PUBLISHER = "root@example.org", "keeper@example.org", "publisher@example.org"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    made = RunningHub.make(tmp_path_factory.mktemp("admin-api") / "hub")
    with made.serving():
        yield made


@pytest.fixture(scope="module")
def tokens(hub: RunningHub) -> dict[str, str]:
    roles = {ROOT: "admin", KEEPER: "maintainer", PUBLISHER: "publisher"}
    return {name: hub.token(name, role=role) for name, role in roles.items()}


@pytest.fixture
async def admin(hub: RunningHub, tokens: dict[str, str]) -> AsyncIterator[HubApi]:
    async with HubApi(hub.url, token=tokens[ROOT]) as made:
        yield made


@pytest.fixture
async def keeper(hub: RunningHub, tokens: dict[str, str]) -> AsyncIterator[HubApi]:
    async with HubApi(hub.url, token=tokens[KEEPER]) as made:
        yield made


async def every(found: AsyncIterator[Any]) -> list[Any]:
    return [item async for item in found]


MODERATING: dict[str, Callable[[HubApi], Awaitable[Any]]] = {
    "overview": lambda api: api.overview(),
    "events": lambda api: every(api.events()),
    "mirroring": lambda api: api.mirroring(),
    "pull": lambda api: api.pull("other.test"),
}
ADMINISTERING: dict[str, Callable[[HubApi], Awaitable[Any]]] = {
    "people": lambda api: every(api.people()),
    "person": lambda api: api.person(KEEPER),
    "set_role": lambda api: api.set_role(KEEPER, "admin"),
    "close_account": lambda api: api.close_account(ROOT),
    "end_sessions": lambda api: api.end_sessions(ROOT),
    "revoke_person_token": lambda api: api.revoke_person_token(ROOT, "0" * 16),
    "revoke_person_tokens": lambda api: api.revoke_person_tokens(ROOT),
    "namespaces": lambda api: every(api.namespaces()),
    "namespace_use": lambda api: api.namespace_use("library"),
    "set_quota": lambda api: api.set_quota("namespace", "library", bytes=1),
    "clear_quota": lambda api: api.clear_quota("namespace", "library"),
}


async def test_nobody_but_admins_and_maintainers_comes_in(hub: RunningHub, tokens: dict[str, str]) -> None:
    read = ("--identity", ROOT, "--role", "admin", "--scope", "read", "--json")
    narrow = json.loads(ebpfhub("token", "create", hub.folder, *read).stdout)["token"]
    everything = {**MODERATING, **ADMINISTERING}
    for token, refused in (
        ("", everything),
        (tokens[PUBLISHER], everything),
        (narrow, everything),
        (tokens[KEEPER], ADMINISTERING),
    ):
        async with HubApi(hub.url, token=token) as api:
            for ask in refused.values():
                with pytest.raises(Denied, match=r"needs a login|role does not allow|token is not for this"):
                    await ask(api)


async def test_admin_finds_people_page_by_page(hub: RunningHub, admin: HubApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ebpfhub.client.hub_api.admin_api.ROWS", 1)
    for name in ("b", "c", "a"):
        hub.token(f"finder-{name}@example.org", role="reader")
    found = await every(admin.people("FINDER-"))
    assert [item.identity for item in found] == [f"finder-{name}@example.org" for name in "abc"]
    assert {item.role for item in found} == {"reader"}
    assert {ROOT, KEEPER} <= {item.identity for item in await every(admin.people())}
    assert await every(admin.people("nobody like this")) == []


async def test_admin_reads_all_of_a_person_but_no_secret(hub: RunningHub, admin: HubApi) -> None:
    add_user(hub, "whole@example.org")
    assert Visitor(hub.url).sign_in("whole@example.org", PASSWORD, "/login/?next=/account").status == 200
    token = hub.token("whole@example.org")
    issuer = f"{hub.url}/sigstore/oidc"
    ebpfhub("namespace", "claim", hub.folder, "whole", "--owner", "hub", issuer, "whole@example.org")
    assert push_blob(hub, "whole@example.org", "whole/x", b"w" * 1000, token).status == 201
    told = await admin.person("whole@example.org")
    assert (told.person.role, told.person.issuer, told.namespaces) == ("publisher", "", ("whole",))
    assert (told.used, told.quota.own, told.quota.bytes) == (1000, False, 0)
    assert told.sessions[0].agent == "a test's browser" and "publish" in told.tokens[0].scopes
    assert token.rpartition("_")[2] not in repr(told)
    with pytest.raises(NotFound, match="nobody here has this identity"):
        await admin.person("who@example.org")


async def test_role_is_changed_at_once_and_recorded(hub: RunningHub, admin: HubApi) -> None:
    token = hub.token("riser@example.org", role="reader")
    assert (await admin.set_role("riser@example.org", "publisher")).role == "publisher"
    async with HubApi(hub.url, token=token) as riser:
        assert (await riser.whoami()).role == "publisher"
    (event,) = await every(admin.events(who="riser@example.org", what="role"))
    assert (event.who, event.result, event.address) == (ROOT, "given", "127.0.0.1")
    assert event.about == {"whom": "riser@example.org", "role": "publisher", "before": "reader"}
    for wrong in ("none", "god"):
        with pytest.raises(BadInput, match="role"):
            await admin.set_role("riser@example.org", wrong)


async def test_identity_may_be_an_address_of_a_workflow(hub: RunningHub, admin: HubApi) -> None:
    workflow = "https://gitlab.com/acme/tools//.gitlab-ci.yml@refs/tags/1?x=%2F&y#z"
    hub.token(workflow, role="reader")
    assert (await admin.person(workflow)).person.identity == workflow
    assert (await admin.set_role(workflow, "publisher")).identity == workflow
    assert (await admin.revoke_person_tokens(workflow)).count == 1


async def test_closed_account_is_over_and_its_tokens_do_not_come_back(hub: RunningHub, admin: HubApi) -> None:
    token = hub.token("leaver@example.org")
    assert (await admin.close_account("leaver@example.org")).role == "none"
    async with HubApi(hub.url, token=token) as leaver:
        with pytest.raises(Denied):
            await leaver.whoami()
        assert (await admin.set_role("leaver@example.org", "reader")).role == "reader"
        with pytest.raises(Denied):
            await leaver.whoami()
    roles = [event.about["role"] for event in await every(admin.events(who="leaver@example.org", what="role"))]
    assert roles == ["reader", "none"]


async def test_nobody_takes_their_own_role_away(admin: HubApi) -> None:
    with pytest.raises(Conflict, match="nobody changes their own role") as refused:
        await admin.set_role(ROOT, "reader")
    assert "ebpfhub user role" in refused.value.todo
    with pytest.raises(Conflict, match="nobody changes their own role"):
        await admin.close_account(ROOT)
    with pytest.raises(NotFound):
        await admin.close_account("who@example.org")
    assert (await admin.whoami()).role == "admin"


async def test_sessions_end_and_tokens_are_revoked_one_or_all(hub: RunningHub, admin: HubApi) -> None:
    add_user(hub, "lost@example.org")
    lost = Visitor(hub.url)
    assert lost.sign_in("lost@example.org", PASSWORD, "/login/?next=/account").path == "/account"
    assert (await admin.end_sessions("lost@example.org")).count == 1
    assert not lost.open("/account").path.startswith("/account")
    secrets = [hub.token("lost@example.org") for _ in range(3)]
    first = secrets[0].split("_")[1]
    assert (await admin.revoke_person_token("lost@example.org", first)).id == first
    assert first not in {token.id for token in (await admin.person("lost@example.org")).tokens}
    assert (await admin.revoke_person_tokens("lost@example.org")).count == 2
    told = [event.about["token"] for event in await every(admin.events(who="lost@example.org", what="token-revoked"))]
    assert told == ["all", first]
    with pytest.raises(NotFound, match="no such token"):
        await admin.revoke_person_token(ROOT, first)  # it is not theirs


async def test_namespaces_are_listed_with_owners_and_use(
    hub: RunningHub, admin: HubApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer = f"{hub.url}/sigstore/oidc"
    ebpfhub("namespace", "claim", hub.folder, "zoo", "--owner", "hub", issuer, PUBLISHER)
    monkeypatch.setattr("ebpfhub.client.hub_api.admin_api.ROWS", 1)
    found = await every(admin.namespaces())
    assert [item.name for item in found] == sorted(item.name for item in found)
    zoo = found[-1]
    assert (zoo.name, zoo.owners[0].pattern, zoo.packages) == ("zoo", PUBLISHER, 0)
    assert (await admin.namespace_use("zoo")).namespace == zoo
    with pytest.raises(NotFound, match="nobody has claimed"):
        await admin.namespace_use("unclaimed")


async def test_quota_is_set_holds_and_goes_back_to_the_default(
    hub: RunningHub, admin: HubApi, tokens: dict[str, str]
) -> None:
    ebpfhub("namespace", "claim", hub.folder, "box", "--owner", "hub", f"{hub.url}/sigstore/oidc", PUBLISHER)
    made = await admin.set_quota("namespace", "box", bytes=1000, packages=2)
    assert (made.used, made.quota.bytes, made.quota.packages, made.quota.own) == (0, 1000, 2, True)

    def push(data: bytes) -> int:
        return push_blob(hub, PUBLISHER, "box/x", data, tokens[PUBLISHER]).status

    assert [push(b"x" * 900), push(b"y" * 900)] == [201, 413]
    assert (await admin.clear_quota("namespace", "box")).quota.own is False
    assert push(b"y" * 900) == 201
    assert (await admin.set_quota("person", PUBLISHER, bytes=10)).used >= 1800
    assert push(b"z" * 900) == 413
    await admin.clear_quota("person", PUBLISHER)
    told = [event.about["quota"] for event in await every(admin.events(who="box", what="quota"))]
    assert told == ["default", "1000 bytes, 2 packages"]
    with pytest.raises(NotFound):
        await admin.set_quota("namespace", "unclaimed", bytes=1)
    with pytest.raises(NotFound):
        await admin.clear_quota("person", "who@example.org")
    for kind, number in (("hub", 1), ("person", -1), ("person", 2**61)):
        with pytest.raises(BadInput):
            await admin.set_quota(kind, PUBLISHER, bytes=number)


async def test_maintainer_pulls_a_mirrored_origin(
    hub: RunningHub, keeper: HubApi, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = RunningHub.make(tmp_path_factory.mktemp("other") / "hub", origin="other.test")
    with other.serving():
        ebpfhub("mirror", "add", hub.folder, other.url, "--fingerprint", other.fingerprint)
        begun = await keeper.pull("other.test")
        assert (begun.origin, begun.state, begun.url, begun.fingerprint) == (
            *("other.test", "ok", other.url),
            other.fingerprint,
        )
        (stands,) = (await keeper.mirroring()).origins
        assert (stands.origin, stands.evidence, stands.reason) == ("other.test", None, None)
        assert stands.pulled is not None and stands.size >= 0 and stands.rekor is not None
        other.stop()
        await keeper.pull("other.test")
        wait_until(lambda: '"behind"' in ebpfhub("mirror", "status", hub.folder, "--json").stdout, "a failed pull")
        (stands,) = (await keeper.mirroring()).origins
        assert stands.state == "behind" and stands.reason
        other.start()
    by = [(event.who, event.about["origin"]) for event in await every(keeper.events(what="pull"))]
    assert by == [(KEEPER, "other.test")] * 2
    assert (await keeper.overview()).mirrored == 1
    with pytest.raises(NotFound, match="not pulled from anywhere"):
        await keeper.pull("nowhere.test")


async def test_audit_log_is_read_to_its_end(hub: RunningHub, keeper: HubApi, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        hub.token("many@example.org", role="reader")
    whole = [event.about["token"] for event in await every(keeper.events(who="many@example.org"))]
    monkeypatch.setattr("ebpfhub.client.hub_api.admin_api.ROWS", 2)
    paged = await every(keeper.events(who="many@example.org"))
    assert [event.about["token"] for event in paged] == whole and len(whole) == 5
    assert [event.time for event in paged] == sorted((event.time for event in paged), reverse=True)
    assert {event.about["by"] for event in paged} == {"command"}
    assert Visitor(hub.url).sign_in(KEEPER, "wrong").status == 403
    assert {event.what for event in await every(keeper.events(refused=True))} == {"sign-in"}
    with pytest.raises(BadInput, match="what"):
        await every(keeper.events(what="nonsense"))


async def test_overview_counts_what_is_there(keeper: HubApi) -> None:
    told = await keeper.overview()
    roles = {item.role: item.people for item in told.people}
    assert roles["admin"] >= 1 and roles["maintainer"] >= 1
    assert told.size > 0 and (told.packages, told.evidence, told.reported) == (0, 0, 0)


def test_answers_are_not_kept_and_bodies_are_bounded(hub: RunningHub, tokens: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {tokens[ROOT]}", "Content-Type": "application/json"}
    for path in ("overview", "events", "mirrors", "people", f"person?identity={ROOT}", "namespaces"):
        answer = hub.ask(f"/api/v1/admin/{path}", headers=headers)
        assert (answer.status, answer.headers["cache-control"]) == (200, "no-store"), path
        assert "etag" not in answer.headers
    long = json.dumps({"identity": "x" * 8192, "role": "reader"}).encode()
    for body in (long, b"[" * 4000, b'{"identity": ' + b"[" * 900 + b"]" * 900 + b"}", b"[]", b"", b"{}"):
        answer = hub.ask("/api/v1/admin/person/role", method="PUT", body=body, headers=headers)
        assert answer.status == 400 and answer.headers["content-type"].startswith("application/problem+json")


def test_whole_number_is_an_integer_however_it_is_spelled(hub: RunningHub, tokens: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {tokens[ROOT]}", "Content-Type": "application/json"}
    for spelled, status in (("5.0", 200), ("1e3", 200), ("5.5", 400), ("1e300", 400), ("true", 400), ('"5"', 400)):
        body = f'{{"kind": "person", "name": "{KEEPER}", "bytes": {spelled}}}'.encode()
        assert hub.ask("/api/v1/admin/quota", method="PUT", body=body, headers=headers).status == status, spelled


def test_session_needs_its_form_token(hub: RunningHub) -> None:
    add_user(hub, "browsing@example.org", "admin")
    visitor = Visitor(hub.url)
    page = visitor.sign_in("browsing@example.org", PASSWORD, "/login/?next=/account")
    csrf = page.form("/login/out").fields["csrf"]
    own = {"Origin": hub.url, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
    own["Cookie"] = f"{COOKIE}={visitor.cookie(COOKIE)}"
    body = json.dumps({"kind": "person", "name": KEEPER, "bytes": 5}).encode()

    def ask(**more: str) -> int:
        headers = own | {name.replace("_", "-"): text for name, text in more.items()}
        return hub.ask("/api/v1/admin/quota", method="PUT", body=body, headers=headers).status

    assert ask() == 403
    assert ask(X_CSRF_Token=csrf, Sec_Fetch_Site="cross-site", Origin="https://evil.example") == 403
    assert ask(X_CSRF_Token=csrf) == 200
    answer = hub.ask(f"/api/v1/admin/quota?kind=person&name={KEEPER}", method="DELETE", headers=own)
    assert answer.status == 403
