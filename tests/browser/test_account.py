"""Accounts in a real browser: sign in, make and revoke a token, approve a program, sign out; in both languages."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from ..end_to_end.test_program_login import log_in
from ..hubs import BIN, RunningHub
from .conftest import DESK, PHONE

if TYPE_CHECKING:
    from playwright.sync_api import ViewportSize

    from .conftest import Windows

PASSWORD = "correct horse battery staple"


def add_user(hub: RunningHub, identity: str) -> None:
    words = ("user", "add", hub.folder, "--identity", identity, "--role", "publisher", "--password-stdin")
    subprocess.run([BIN / "ebpfhub", *map(str, words)], input=PASSWORD + "\n", text=True, check=True, timeout=60)


def sign_in(page: Page, identity: str) -> None:
    page.get_by_label(re.compile("^(Identity|身份)$")).fill(identity)
    page.get_by_label(re.compile("^(Password|密码)$")).fill(PASSWORD)
    page.get_by_role("button", name=re.compile("^(Sign in|登录)$")).click()


def test_person_signs_in_makes_a_token_and_signs_out(windows: Windows, hub: RunningHub) -> None:
    add_user(hub, "desk@example.org")
    page = windows().open("/docs")
    page.get_by_role("link", name="Sign in").click()
    sign_in(page, "desk@example.org")
    expect(page).to_have_url(re.compile("/docs$"))
    page.get_by_role("link", name="desk@example.org").click()
    page.get_by_label("What it is for").fill("build machine")
    page.get_by_label("publish", exact=True).check()
    page.get_by_role("button", name="Create token").click()
    secret = page.locator(".made code").inner_text()
    answer = hub.ask("/api/v1/whoami", headers={"Authorization": f"Bearer {secret}"})
    assert json.loads(answer.body)["scopes"] == ["read", "publish"]
    page.goto(page.url.partition("/account")[0] + "/account")
    assert secret not in page.content()
    page.get_by_role("button", name="Revoke: build machine").click()
    expect(page.get_by_text("You have no tokens.")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()


def test_person_allows_a_program_on_the_phone(windows: Windows, hub: RunningHub, tmp_path: Path) -> None:
    add_user(hub, "phone@example.org")
    waiting = log_in(hub, tmp_path)
    page = windows(size=PHONE, language="zh-CN", script=False).open(waiting.address.removeprefix(hub.url))
    sign_in(page, "phone@example.org")
    expect(page.get_by_text(waiting.code)).to_be_visible()
    page.get_by_role("button", name="允许").click()
    expect(page.get_by_text("程序会自动继续")).to_be_visible()
    code, told, _ = waiting.end()
    assert code == 0 and "as phone@example.org: read publish" in told


@pytest.mark.parametrize(
    ("size", "scheme", "language"), [(PHONE, "light", "zh-CN"), (DESK, "dark", "en-US"), (PHONE, "dark", "en-US")]
)
def test_axe_finds_no_violation(
    windows: Windows, hub: RunningHub, size: ViewportSize, scheme: str, language: str, tmp_path: Path
) -> None:
    add_user(hub, "axe@example.org")
    window = windows(size=size, scheme=scheme, language=language)
    page = window.open("/login/?next=/account")
    _check(page)
    sign_in(page, "axe@example.org")
    page.locator("#name").fill("x")
    page.locator("form.fill button").click()
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0
    _check(page)
    waiting = log_in(hub, tmp_path)
    for path in ("/account", "/login/device", waiting.address.removeprefix(hub.url)):
        _check(window.open(path))
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    waiting.process.kill()
    waiting.end()


def _check(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
