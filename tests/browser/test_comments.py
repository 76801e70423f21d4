"""Comments in a real browser: written, edited, reported, moderated, without scripts on a phone; in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from ..end_to_end.test_sign_in import PASSWORD, add_user
from ..hubs import RunningHub
from .conftest import DESK, PHONE

if TYPE_CHECKING:
    from playwright.sync_api import ViewportSize

    from .conftest import Windows

PACKAGE = "/packages/library/opensnoop"
EVIL = "<script>document.title='owned'</script><img src=x onerror=alert(1)> [x](javascript:alert(1)) **bold**"


@pytest.fixture(scope="module", autouse=True)
def people(hub: RunningHub) -> None:
    for name, role in (("writer", "reader"), ("other", "reader"), ("keeper", "maintainer")):
        add_user(hub, f"{name}@comments.example", role)


def sign_in(page: Page, name: str) -> None:
    page.locator("input[name=identity]").fill(f"{name}@comments.example")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main button, form button").last.click()


def test_comment_is_written_edited_reported_hidden_and_shown_again(windows: Windows, hub: RunningHub) -> None:
    page = windows().open(PACKAGE)
    page.get_by_role("link", name="Sign in to comment").click()
    sign_in(page, "writer")
    page.get_by_label("Your comment").fill(EVIL)
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".comments strong", has_text="bold")).to_be_visible()
    assert "owned" not in page.title()
    page.get_by_role("link", name="Edit or delete").first.click()
    page.get_by_label("Your comment").fill("Works *well*.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("edited")).to_be_visible()
    place = page.url.removeprefix(hub.url)

    other = windows(size=PHONE, language="zh-CN", script=False).open(f"/login/?next={place}")
    sign_in(other, "other")
    other.get_by_label("这条评论有什么问题").fill("广告")
    other.get_by_role("button", name="向维护者举报").click()
    expect(other.get_by_text("维护者会查看")).to_be_visible()

    keeper = windows(language="zh-CN", script=False).open("/login/?next=/moderation")
    sign_in(keeper, "keeper")
    expect(keeper.get_by_text("广告")).to_be_visible()
    keeper.get_by_label("原因").fill("跑题")
    keeper.get_by_role("button", name="隐藏", exact=True).click()
    expect(keeper.get_by_text("没有需要处理的举报")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Hidden by a maintainer: 跑题")).to_be_visible()
    keeper.get_by_role("link", name="已隐藏的评论").click()
    keeper.get_by_role("button", name="重新显示").click()
    page.reload()
    page.get_by_role("button", name="Delete comment").click()
    expect(page.get_by_text("Nobody has commented yet.")).to_be_visible()


@pytest.mark.parametrize(("size", "scheme", "language"), [(PHONE, "light", "zh-CN"), (DESK, "dark", "en-US")])
def test_axe_finds_no_violation(windows: Windows, size: ViewportSize, scheme: str, language: str) -> None:
    window = windows(size=size, scheme=scheme, language=language)
    page = window.open(f"/login/?next={PACKAGE}/comments")
    sign_in(page, "keeper")
    page.locator("#comment").fill("`code` and a very" + "long" * 60 + "word\n\n| a | b |\n| --- | --- |\n| 1 | 2 |")
    page.locator("form.fill button").click()
    _check(page)
    page.locator("ul.comments > li > p > a").first.click()
    page.locator("input[name=reason]").fill("tests")
    _check(page)
    page.locator("button[name=act]").click()
    for path in (PACKAGE, "/moderation?show=hidden"):
        _check(window.open(path))


def _check(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, page.url
