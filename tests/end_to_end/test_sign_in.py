"""People sign in to a running hub's pages: at its own authority, at a real provider; and what others try against that."""

from __future__ import annotations

import re
import subprocess
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..hubs import BIN, RunningHub, ebpfhub
from ..openid_provider import provider
from ..visitor import Page, Visitor
from .test_rights import close

ALICE, PASSWORD = "alice@example.org", "correct horse battery staple"
COOKIE = "ebpfhub_session"


def add_user(hub: RunningHub, identity: str, role: str = "publisher") -> None:
    words = ("user", "add", hub.folder, "--identity", identity, "--role", role, "--password-stdin")
    subprocess.run([BIN / "ebpfhub", *map(str, words)], input=PASSWORD + "\n", text=True, check=True, timeout=60)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    made = RunningHub.make(tmp_path_factory.mktemp("pages") / "hub")
    with made.serving():
        add_user(made, ALICE)
        yield made


@pytest.fixture(scope="module")  # signing in is limited
def alice(hub: RunningHub) -> Visitor:
    visitor = Visitor(hub.url)
    assert visitor.sign_in(ALICE, PASSWORD, "/login/?next=/account").path == "/account"
    return visitor


def secret_of(page: Page) -> str:
    return str(re.findall(r"<code>(ebh_[^<]+)</code>", page.text)[0])


def test_person_signs_in_comes_back_to_where_they_were_and_signs_out(hub: RunningHub) -> None:
    visitor = Visitor(hub.url)
    assert 'href="/login/?next=%2Fdocs"' in visitor.open("/docs").text.replace("next=/docs", "next=%2Fdocs")
    page = visitor.sign_in(ALICE, PASSWORD, "/login/?next=/docs")
    assert page.path == "/docs" and ALICE in page.text and page.headers["cache-control"] == "private, no-cache"
    assert visitor.open("/account").status == 200
    out = visitor.send(page, page.form("/login/out"))
    assert out.path == "/" and ALICE not in out.text and not visitor.cookie(COOKIE)
    assert visitor.open("/account").path.startswith("/sigstore/oidc/auth")


def test_pages_speak_chinese(alice: Visitor) -> None:
    page = alice.open("/account?lang=zh")
    assert "退出" in page.text and "令牌" in page.text and "发布者" in page.text


def test_token_is_made_shown_once_used_and_revoked(hub: RunningHub, alice: Visitor) -> None:
    page = alice.open("/account?lang=en")
    made = alice.send(page, page.form("/account/tokens"), name="my <b>laptop</b>", namespace="tools", days="7")
    secret = secret_of(made)
    assert made.headers["cache-control"] == "no-store" and "etag" not in made.headers
    assert "my &lt;b&gt;laptop" in made.text and "publish in tools" in made.text
    headers = {"Authorization": f"Bearer {secret}"}
    assert hub.ask("/api/v1/whoami", headers=headers).json()["scopes"] == ["read", "publish:tools"]
    again = alice.open("/account")
    assert secret not in again.text
    assert alice.send(again, again.form("/account/tokens/revoke")).path == "/account"
    assert hub.ask("/api/v1/whoami", headers=headers).status == 401


def test_nobody_gives_a_token_more_than_they_may(alice: Visitor) -> None:
    page = alice.open("/account?lang=en")
    refused = alice.send(page, page.form("/account/tokens"), **{"scope-admin": "1"})
    assert refused.status == 403 and "no more than those who make it" in refused.text


def test_sessions_are_listed_and_ended(hub: RunningHub, alice: Visitor) -> None:
    other = Visitor(hub.url)
    other.sign_in(ALICE, PASSWORD)
    page = alice.open("/account")
    assert "a test&#39;s browser" in page.text
    everything = [form for form in page.forms if form.action == "/account/sessions/end" and "id" not in form.fields]
    alice.send(page, everything[0])
    assert not other.open("/account").path.startswith("/account")
    assert alice.open("/account").status == 200


def test_locked_out_person_is_signed_out_at_once(hub: RunningHub) -> None:
    add_user(hub, "gone@example.org")
    gone = Visitor(hub.url)
    gone.sign_in("gone@example.org", PASSWORD)
    assert gone.open("/account").status == 200
    ebpfhub("user", "role", hub.folder, "--identity", "gone@example.org", "none")
    assert not gone.open("/account").path.startswith("/account")
    assert gone.sign_in("gone@example.org", PASSWORD).status == 403


def test_new_password_ends_the_sessions_of_the_old_one(hub: RunningHub) -> None:
    add_user(hub, "changed@example.org")
    thief = Visitor(hub.url)
    thief.sign_in("changed@example.org", PASSWORD)
    add_user(hub, "changed@example.org")
    assert not thief.open("/account").path.startswith("/account")


def test_session_that_somebody_else_set_before_is_not_the_one_after(hub: RunningHub) -> None:
    """Session fixation: whoever planted a cookie, their own session even, does not share the victim's."""
    attacker, victim = Visitor(hub.url), Visitor(hub.url)
    add_user(hub, "mallory@example.org")
    attacker.sign_in("mallory@example.org", PASSWORD)
    for cookie in attacker.cookies:
        victim.cookies.set_cookie(cookie)
    planted = attacker.cookie(COOKIE)
    assert victim.cookie(COOKIE) == planted
    page = victim.sign_in(ALICE, PASSWORD)
    assert ALICE in page.text and victim.cookie(COOKIE) not in ("", planted)
    assert ALICE not in attacker.open("/").text
    assert not attacker.open("/account").path.startswith("/account")


def test_answer_of_another_browsers_sign_in_is_refused(hub: RunningHub) -> None:
    """Login CSRF: an attacker's code does not sign a victim in as the attacker; nor does any answer count twice."""
    attacker, victim = Visitor(hub.url), Visitor(hub.url)
    page = attacker.open("/login/")
    state = urllib.parse.parse_qs(urllib.parse.urlsplit(page.url).query)["state"][0]
    for stolen in (f"/login/callback?code=x&state={state}", "/login/callback?code=x&state=guess", "/login/callback"):
        assert victim.open(stolen).status == 400
        assert not victim.cookie(COOKIE)
    assert attacker.send(page, page.form("/sigstore/oidc/auth"), identity=ALICE, password=PASSWORD).status == 400
    done = attacker.sign_in(ALICE, PASSWORD)
    assert done.status == 200


@pytest.mark.parametrize(
    "sent",
    [
        {"Origin": "https://evil.example.net", "Sec_Fetch_Site": "cross-site"},
        {"Origin": "https://evil.example.net", "Sec_Fetch_Site": ""},
        {"Origin": "null", "Sec_Fetch_Site": ""},
        {"Origin": "", "Sec_Fetch_Site": ""},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_form_that_another_site_sends_changes_nothing(alice: Visitor, sent: dict[str, str]) -> None:
    page = alice.open("/account")
    for action in ("/account/tokens", "/login/out"):
        assert alice.open(action, page.form(action).fields, **sent).status == 403
    assert alice.open("/account").status == 200


@pytest.mark.parametrize("token", ["", "0" * 64])
def test_form_without_its_sessions_token_changes_nothing(hub: RunningHub, alice: Visitor, token: str) -> None:
    page = alice.open("/account")
    for form in page.forms:
        if form.method == "post":
            assert alice.open(form.action, form.fields | {"csrf": token}).status == 403, form
    other = Visitor(hub.url)
    other.sign_in(ALICE, PASSWORD)
    foreign = other.open("/account").form("/account/tokens").fields
    assert alice.open("/account/tokens", foreign).status == 403
    assert alice.open("/account").status == 200


def test_api_takes_a_session_with_its_form_token_in_a_header_only(hub: RunningHub, alice: Visitor) -> None:
    token = alice.open("/account").form("/login/out").fields["csrf"]
    cookie = {"Cookie": f"{COOKIE}={alice.cookie(COOKIE)}", "Content-Type": "application/json"}
    own = {"Origin": hub.url, "Sec-Fetch-Site": "same-origin"}
    body = b'{"scopes": ["publish"], "name": "from a page"}'

    def ask(headers: dict[str, str]) -> int:
        return hub.ask("/api/v1/tokens", method="POST", body=body, headers=headers).status

    assert ask(cookie | own) == ask(cookie | {"X-CSRF-Token": token}) == 403
    assert ask(cookie | own | {"X-CSRF-Token": token}) == 201
    assert hub.ask("/api/v1/tokens", headers=cookie).json()["tokens"][0]["name"] == "from a page"
    # the registry knows no cookies: nothing of it can be forged
    assert hub.ask("/v2/tools/x/blobs/uploads/", method="POST", headers=cookie | own).status == 401


@pytest.mark.parametrize("wanted", ["//evil.example.net/", "https://evil.example.net/"])
def test_nobody_is_sent_elsewhere_after_signing_in(hub: RunningHub, wanted: str) -> None:
    add_user(hub, "next@example.org")
    page = Visitor(hub.url).sign_in("next@example.org", PASSWORD, "/login/?" + urllib.parse.urlencode({"next": wanted}))
    assert page.url == f"{hub.url}/"


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(hub: RunningHub) -> None:
    visitor = Visitor(hub.url)
    visitor.sign_in(ALICE, PASSWORD)
    (cookie,) = [item for item in visitor.cookies if item.name == COOKIE]
    assert cookie.has_nonstandard_attr("HttpOnly") and cookie.get_nonstandard_attr("SameSite") == "Lax"
    assert cookie.path == "/" and not cookie.domain_specified


def test_guessing_passwords_is_slowed_down(tmp_path: Path) -> None:
    hub = RunningHub.make(tmp_path / "hub")
    with hub.serving():
        add_user(hub, ALICE)
        statuses = []
        for _ in range(25):
            visitor = Visitor(hub.url, patient=False)
            statuses.append(visitor.sign_in(ALICE, "a wrong password").status)
            if statuses[-1] == 429:
                break
        assert statuses[0] == 403 and statuses[-1] == 429 and len(statuses) <= 21
        answers = [Visitor(hub.url, patient=False).open("/login/start?with=0").status for _ in range(60)]
        assert 429 in answers


def test_secrets_of_sessions_are_neither_in_the_database_nor_in_the_log(hub: RunningHub, alice: Visitor) -> None:
    secret = alice.cookie(COOKIE)
    alice.open("/account")
    files = [path for path in hub.folder.rglob("*") if path.is_file()]
    assert not [path for path in files if secret.encode() in path.read_bytes()]
    assert secret not in hub.log.read_text() and PASSWORD not in hub.log.read_text()


def test_person_signs_in_at_an_outside_provider(tmp_path: Path) -> None:
    with provider() as issuer:
        hub = RunningHub.make(tmp_path / "hub")
        _name_provider(hub, issuer)
        with hub.serving():
            visitor = Visitor(hub.url)
            page = _at_provider(visitor, "bob")
            assert page.path == "/docs" and "bob@corp.test" in page.text
            assert "reader: may read" in visitor.open("/account").text
            assert f"(signs in at {issuer})" in ebpfhub("user", "list", hub.folder).stdout
            assert "email_verified" not in (refused := _at_provider(Visitor(hub.url), "unverified-eve")).text
            assert refused.status == 403
            # whom the hub vouches for itself, no provider can be
            hub.token("robot@corp.test", role="admin")
            assert _at_provider(Visitor(hub.url), "robot").status == 403
            # and the other way round
            words = ("user", "add", hub.folder, "--identity", "bob@corp.test", "--password-stdin")
            assert "signs in at" in ebpfhub(*words, expect=7).stderr


def test_stranger_at_a_closed_hub_needs_the_operators_word(tmp_path: Path) -> None:
    with provider() as issuer:
        hub = RunningHub.make(tmp_path / "hub")
        _name_provider(hub, issuer)
        close(hub)
        with hub.serving():
            assert Visitor(hub.url).open("/packages").path == "/login/?next=%2Fpackages"
            assert _at_provider(Visitor(hub.url), "bob").status == 403
            ebpfhub("user", "role", hub.folder, "--identity", "bob@corp.test", "reader")
            page = _at_provider(Visitor(hub.url), "bob")
            assert page.status == 200 and page.path == "/docs"


def _name_provider(hub: RunningHub, issuer: str) -> None:
    secret = hub.folder / "keys" / "corp.secret"
    secret.write_text("the-hub's-secret\n")
    secret.chmod(0o600)
    table = f'\n[[login.providers]]\nname = "Corp"\nissuer = "{issuer}"\nclient_id = "hub"\nsecret_file = "{secret}"\n'
    settings = hub.folder / "hub.toml"
    settings.write_text(settings.read_text() + table)


def _at_provider(visitor: Visitor, name: str) -> Page:
    """Choose the provider, sign in there, agree to all."""
    page = visitor.open("/login/?next=/docs")
    assert "Corp" in page.text
    page = visitor.open("/login/start?with=1&next=/docs")
    for _ in range(6):
        if not page.forms or page.url.startswith(visitor.url):
            return page
        given = {"login": name, "password": "any"}
        form = page.forms[0]
        page = visitor.send(page, form, **{key: given.get(key, value) for key, value in form.fields.items()})
    raise AssertionError(page.text)
