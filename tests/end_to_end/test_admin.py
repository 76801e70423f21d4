"""The admin pages of a running hub: people are given roles and locked out, mirrors pulled, and all of it is recorded."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ..hubs import RunningHub, ebpfhub
from ..visitor import Visitor
from .test_sign_in import PASSWORD, add_user, secret_of

ROOT, KEEPER = "root@example.org", "keeper@example.org"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    made = RunningHub.make(tmp_path_factory.mktemp("admin") / "hub")
    with made.serving():
        add_user(made, ROOT, "admin")
        add_user(made, KEEPER, "maintainer")
        yield made


@pytest.fixture(scope="module")  # signing in is limited
def admin(hub: RunningHub) -> Visitor:
    visitor = Visitor(hub.url)
    page = visitor.sign_in(ROOT, PASSWORD, "/login/?next=/account")
    assert 'href="/admin"' in page.text
    return visitor


@pytest.fixture(scope="module")
def keeper(hub: RunningHub) -> Visitor:
    visitor = Visitor(hub.url)
    assert visitor.sign_in(KEEPER, PASSWORD, "/login/?next=/admin").path == "/admin"
    return visitor


def test_maintainer_sees_what_is_theirs_and_no_more(hub: RunningHub, keeper: Visitor) -> None:
    page = keeper.open("/admin")
    assert "/admin/audit" in page.text and "/admin/people" not in page.text
    assert keeper.open("/admin/mirrors").status == 200
    assert keeper.open("/admin/people").status == 403
    assert Visitor(hub.url).open("/admin").path.startswith("/sigstore/oidc/auth")


def test_admin_finds_a_person_and_changes_their_role(hub: RunningHub, admin: Visitor) -> None:
    add_user(hub, "riser@example.org", "reader")
    page = admin.open("/admin/people?q=RISER")
    assert "riser@example.org" in page.text and KEEPER not in page.text
    person = admin.open("/admin/people/riser@example.org")
    done = admin.send(person, person.form("/admin/people/role"), role="publisher")
    assert done.path == "/admin/people/riser@example.org"
    assert "publisher   riser@example.org" in ebpfhub("user", "list", hub.folder).stdout
    told = admin.open("/admin/audit?who=riser@example.org&what=role").text
    assert ROOT in told and "publisher" in told and "reader" in told


def test_closed_account_is_over_and_its_tokens_do_not_come_back(hub: RunningHub, admin: Visitor) -> None:
    add_user(hub, "leaver@example.org")
    leaver = Visitor(hub.url)
    page = leaver.sign_in("leaver@example.org", PASSWORD, "/login/?next=/account")
    headers = {"Authorization": f"Bearer {secret_of(leaver.send(page, page.form('/account/tokens')))}"}
    assert hub.ask("/api/v1/whoami", headers=headers).json()["identity"] == "leaver@example.org"
    person = admin.open("/admin/people/leaver@example.org")
    closed = admin.send(person, person.form("/admin/people/close"))
    assert "This account is closed" in closed.text
    assert hub.ask("/api/v1/whoami", headers=headers).status == 401
    assert not leaver.open("/account").path.startswith("/account")
    again = admin.send(closed, closed.form("/admin/people/role"), role="reader")
    assert "This account is closed" not in again.text
    assert hub.ask("/api/v1/whoami", headers=headers).status == 401
    assert not leaver.open("/account").path.startswith("/account")


def test_admin_ends_sessions_and_revokes_one_token(hub: RunningHub, admin: Visitor) -> None:
    add_user(hub, "lost@example.org")
    lost = Visitor(hub.url)
    page = lost.sign_in("lost@example.org", PASSWORD, "/login/?next=/account")
    tokens = [secret_of(lost.send(page, page.form("/account/tokens"), name=name)) for name in ("one", "two")]
    person = admin.open("/admin/people/lost@example.org")
    assert all(token not in person.text for token in tokens)
    person = admin.send(person, person.form("/admin/people/tokens"))  # the newest comes first
    asked = [hub.ask("/api/v1/whoami", headers={"Authorization": f"Bearer {token}"}).status for token in tokens]
    assert sorted(asked) == [200, 401]
    admin.send(person, person.form("/admin/people/sessions"))
    assert not lost.open("/account").path.startswith("/account")


def test_nobody_takes_their_own_role_away(admin: Visitor) -> None:
    own = admin.open(f"/admin/people/{ROOT}")
    assert "Nobody changes their own role" in own.text
    other = admin.open(f"/admin/people/{KEEPER}")
    for action in ("role", "close"):
        refused = admin.send(other, other.form(f"/admin/people/{action}"), identity=ROOT, role="reader")
        assert refused.status == 409 and "Nobody changes their own role" in refused.text
    assert admin.open("/admin/people").status == 200


def test_maintainer_pulls_a_mirrored_origin(
    hub: RunningHub, keeper: Visitor, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = RunningHub.make(tmp_path_factory.mktemp("other") / "hub", origin="other.test")
    with other.serving():
        ebpfhub("mirror", "add", hub.folder, other.url, "--fingerprint", other.fingerprint)
        page = keeper.open("/admin/mirrors")
        assert "other.test" in page.text and "up to date" in page.text
        done = keeper.send(page, page.form("/admin/mirrors/pull"))
        assert "The pull of other.test has begun" in done.text
        ebpfhub("mirror", "sync", hub.folder)
    page_of_pulls = keeper.open("/admin/audit?what=pull").text
    assert page_of_pulls.count("origin: other.test") == 2
    assert KEEPER in page_of_pulls and "the operator&#39;s command" in page_of_pulls
    assert "origin: other.test" in keeper.open("/admin/audit?what=mirror").text
    assert keeper.send(page, page.form("/admin/mirrors/pull"), origin="nowhere.test").status == 404


def test_audit_log_is_read_page_by_page_and_says_what_commands_did(hub: RunningHub, admin: Visitor) -> None:
    hub.token("machine@example.org", role="reader")
    page = admin.open("/account")
    for number in range(60):
        admin.send(page, page.form("/account/tokens"), name=f"many{number:02}")
    first = admin.open("/admin/audit?what=token")
    older = next(part.split('"')[0] for part in first.text.split('href="')[1:] if "before=" in part.split('"')[0])
    second = admin.open(older.replace("&amp;", "&"))
    assert "many59" in first.text and "many05" not in first.text
    assert "many05" in second.text and "many59" not in second.text
    told = admin.open("/admin/audit?who=machine@example.org").text
    assert "token made" in told and "the operator&#39;s command" in told
    assert len(first.text.encode()) < 50_000
    assert "No such event" in admin.open("/admin/audit?who=%3Cscript%3E").text


def test_refused_sign_ins_are_found(hub: RunningHub, admin: Visitor) -> None:
    assert Visitor(hub.url).sign_in(KEEPER, "wrong").status == 403
    told = admin.open(f"/admin/audit?refused=1&who={KEEPER}").text
    assert "sign-in" in told and "refused" in told


def test_pages_speak_chinese(admin: Visitor) -> None:
    for path, word in (
        ("/admin", "概览"),
        ("/admin/people", "查找"),
        ("/admin/mirrors", "立即"),
        ("/admin/audit", "审计"),
    ):
        page = admin.open(f"{path}?lang=zh")
        assert "审计日志" in page.text and (word in page.text or path == "/admin/mirrors")
    admin.open("/admin?lang=en")
