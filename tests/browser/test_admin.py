"""The admin pages in a real browser: nothing for axe to complain of, no sideways scrolling, no script needed."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import expect

from ..hubs import BIN, RunningHub
from .conftest import DESK, PHONE
from .test_account import PASSWORD, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import ViewportSize

    from .conftest import Windows

KEEPER = "keeper@example.org"
PATHS = (
    "/admin",
    "/admin/people",
    f"/admin/people/{KEEPER}",
    "/admin/namespaces",
    "/admin/namespaces/library",
    "/admin/mirrors",
    "/admin/audit",
    "/admin/audit?refused=1&what=pull",
)


def add_admin(hub: RunningHub, identity: str) -> None:
    words = ("user", "add", hub.folder, "--identity", identity, "--role", "admin", "--password-stdin")
    subprocess.run([BIN / "ebpfhub", *map(str, words)], input=PASSWORD + "\n", text=True, check=True, timeout=60)


@pytest.mark.parametrize(("size", "scheme", "language"), [(PHONE, "dark", "zh-CN"), (DESK, "light", "en-US")])
def test_axe_finds_no_violation(
    windows: Windows, hub: RunningHub, size: ViewportSize, scheme: str, language: str
) -> None:
    add_admin(hub, KEEPER)
    window = windows(size=size, scheme=scheme, language=language)
    sign_in(window.open("/login/?next=/admin"), KEEPER)
    for path in PATHS:
        page = window.open(path)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}\n{found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, path
        assert len(page.content().encode()) < 50_000


def test_admin_closes_an_account_on_the_phone_without_script(windows: Windows, hub: RunningHub) -> None:
    add_admin(hub, "chief@example.org")
    add_admin(hub, "former@example.org")
    page = windows(size=PHONE, script=False).open("/login/?next=/account")
    sign_in(page, "chief@example.org")
    page.get_by_role("link", name="Administration").click()
    page.get_by_role("link", name="People", exact=True).click()
    page.get_by_label("Identity").fill("former")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="former@example.org").click()
    page.get_by_role("button", name="Close the account").click()
    expect(page.get_by_text("This account is closed")).to_be_visible()
    page.get_by_role("link", name="Audit log", exact=True).first.click()
    expect(page.locator("li strong", has_text="role changed").first).to_be_visible()
