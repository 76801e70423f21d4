"""The hub's pages in a browser: found, read, copied from, switched between languages, with a mouse, keys or no script."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from ..hubs import ADMIN, RunningHub
from .conftest import DESK, PHONE, PLAIN_HOST

if TYPE_CHECKING:
    from .conftest import Windows

PATHS = (
    "/",
    "/packages",
    "/packages/library/opensnoop",
    "/packages/library/hostile",
    "/packages/acme/bulky",
    "/packages/acme/xdpdrop/changes/0.1.0...0.3.0-rc.1",
    "/packages/library/hostile/changes/0.1.0...0.2.0-rc.1",
    "/docs",
    "/docs/manual/reference-ecli",
    "/docs/first-package",
    "/docs/api",
    "/docs/api/search",
    "/federation",
    "/publishers/admin@example.org",
    "/packages?q=nothing",
    "/packages?sort=name&category=files&permission=changes:nothing",
)


def test_package_is_searched_and_opened(windows: Windows) -> None:
    page = windows().open("/")
    page.get_by_role("searchbox", name="Search packages").fill("files open")
    page.get_by_role("button", name="Search").click()
    expect(page).to_have_url(f"{page.url.split('/packages')[0]}/packages?q=files+open")
    page.get_by_role("link", name="library/opensnoop").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("library/opensnoop")
    for name in ("Run it", "What it may do", "README", "Arguments", "Output", "Versions", "Signature and log"):
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    expect(page.get_by_text("ecli run --verify opensnoop", exact=True)).to_be_visible()
    page.get_by_role("link", name="0.1.0").click()
    expect(page.get_by_text("ecli run --verify opensnoop:0.1.0", exact=True)).to_be_visible()


def test_chinese_pages_say_search_in_chinese(windows: Windows) -> None:
    page = windows(language="zh-CN", size=PHONE).open("/")
    page.get_by_role("searchbox", name="搜索软件包").fill("opensnoop")
    page.get_by_role("button", name="搜索").click()
    page.get_by_role("link", name="library/opensnoop").click()
    expect(page.get_by_role("heading", name="它能做什么")).to_be_visible()


@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
def test_results_follow_what_is_typed(windows: Windows, language: str) -> None:
    page = windows(language=language).open("/packages?sort=name")
    expect(page.locator("#found")).to_contain_text("4")
    page.get_by_role("searchbox").press_sequentially("opensno")
    expect(page.locator(".cards h3")).to_have_text(["library/opensnoop 0.2.0"])
    expect(page).to_have_url(re.compile(r"/packages\?q=opensno&sort=name$"))
    expect(page.get_by_role("searchbox")).to_be_focused()
    other = page.get_by_role("link", name="English" if language == "zh-CN" else "中文")
    expect(other).to_have_attribute("href", re.compile("q=opensno"))
    page.get_by_role("searchbox").fill("zzz<img src=x onerror=alert(1)>")
    expect(page.locator("#results h2")).to_contain_text("zzz<img src=x onerror=alert(1)>")
    page.get_by_role("searchbox").fill("")
    expect(page.locator(".cards h3")).to_have_count(4)


def test_list_is_narrowed_down_and_widened_again(windows: Windows) -> None:
    page = windows().open("/packages")
    page.get_by_role("navigation", name="Narrow down").get_by_role("link", name="Observes: files").click()
    expect(page).to_have_url(re.compile(r"/packages\?permission=observes:files$"))
    chosen = page.get_by_role("link", name="Remove the filter What it may do: Observes: files")
    page.get_by_role("searchbox").fill("opensnoop")
    page.get_by_role("button", name="Search").click()
    expect(page).to_have_url(re.compile(r"q=opensnoop&permission=observes%3Afiles$"))
    expect(page.locator(".cards h3")).to_have_count(1)
    chosen.click()
    expect(page).to_have_url(re.compile(r"/packages\?q=opensnoop$"))


def test_list_is_narrowed_down_on_a_phone_in_chinese_without_a_script(windows: Windows) -> None:
    page = windows(language="zh-CN", size=PHONE, script=False).open("/packages?lang=zh")
    page.get_by_text("筛选", exact=True).click()
    page.get_by_role("link", name="观察\uff1a文件").click()
    expect(page.get_by_role("link", name="移除筛选条件\uff1a它能做什么\uff1a观察\uff1a文件")).to_be_visible()
    expect(page).to_have_url(re.compile("lang=zh"))


def test_language_is_switched_and_stays_switched(windows: Windows) -> None:
    page = windows().open("/packages?q=opensnoop")
    page.get_by_role("link", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(page.get_by_role("searchbox")).to_have_value("opensnoop")
    page.get_by_role("link", name="library/opensnoop").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="Run it")).to_be_visible()


@pytest.mark.parametrize("host", ["127.0.0.1", PLAIN_HOST])
def test_run_line_is_copied(windows: Windows, host: str) -> None:
    window = windows(host=host)
    page = window.open("/packages/library/opensnoop")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = page.get_by_role("button", name="Copy: Run it")
    button.click()
    expect(button).to_have_text("Copied")
    expect(page.locator("#told")).to_have_text("Copied")
    page.get_by_role("searchbox").press("Control+V")
    expect(page.get_by_role("searchbox")).to_have_value("ecli run --verify opensnoop")
    expect(button).to_have_text("Copy", timeout=10_000)


def test_everything_but_copying_works_without_a_script(windows: Windows) -> None:
    page = windows(script=False).open("/")
    page.get_by_role("searchbox").fill("opensnoop")
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("link", name="library/opensnoop").click()
    expect(page.get_by_text("ecli run --verify opensnoop", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Copy: Run it")).to_have_count(0)


def test_keys_lead_past_the_navigation(windows: Windows) -> None:
    page = windows().open("/packages/library/opensnoop")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("main").get_by_role("link", name=ADMIN).first).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Copy: Run it")).to_be_focused()


@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
@pytest.mark.parametrize("path", PATHS)
def test_nothing_sticks_out_on_a_phone(windows: Windows, path: str, language: str) -> None:
    page = windows(size=PHONE, language=language).open(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_pages_follow_the_systems_colours(windows: Windows) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light, dark = (windows(scheme=scheme, size=DESK).open("/").evaluate(ground) for scheme in ("light", "dark"))
    assert light != dark


def test_raw_facts_can_be_opened(windows: Windows, hub: RunningHub) -> None:
    page = windows().open("/federation")
    page.get_by_role("link", name="Newest checkpoint").click()
    expect(page.get_by_text(hub.ask("/log/checkpoint").text.splitlines()[2])).to_be_visible()


@pytest.mark.parametrize(
    "asked", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</title><svg onload=alert(1)>"]
)
def test_scripts_in_what_is_asked_or_published_do_not_run(windows: Windows, asked: str) -> None:
    window = windows()
    for path in (f"/packages?q={quote(asked)}", f"/packages?publisher={quote(asked)}", "/packages/library/hostile"):
        page = window.open(path)
        expect(page.locator("main")).to_contain_text("alert(1)")
        assert page.locator("script:not([src])").count() == 0
    page = window.open("/packages")
    page.get_by_role("searchbox").fill(asked)
    expect(page.locator("#results")).to_contain_text("alert(1)")
