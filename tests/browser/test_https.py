"""A hub behind HTTPS, with a company's own CA: the session's cookie as browsers bind it, and ecli over the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from ..hubs import Ecli, RunningHub, build_opensnoop, free_port
from ..tls import HOST, Company
from .test_account import add_user, sign_in

NOT_SET = {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": ""}  # of a machine on which tests run


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    return Company.found(tmp_path_factory.mktemp("company"))


@pytest.fixture(scope="module")
def behind(company: Company, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    port = free_port()
    hub = RunningHub.make(tmp_path_factory.mktemp("https") / "hub", "--public-url", f"https://{HOST}:{port}")
    with hub.serving(), company.serving(port, hub.port):
        add_user(hub, "desk@example.org")
        yield hub


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(ignore_https_errors=True)  # this browser does not know the company's CA
    yield context.new_page()
    context.close()


def test_the_session_s_cookie_is_of_this_host_and_of_https_alone(page: Page, behind: RunningHub) -> None:
    assert behind.url.startswith("https://")
    page.goto(f"{behind.url}/login/?next=/account")
    sign_in(page, "desk@example.org")
    expect(page).to_have_url(re.compile("/account$"))
    cookies = {item["name"]: item for item in page.context.cookies()}
    held = cookies["__Host-ebpfhub"]
    assert (held["secure"], held["httpOnly"], held["path"], held["sameSite"]) == (True, True, "/", "Lax")
    page.get_by_label("What it is for").fill("build machine")
    page.get_by_role("button", name="Create token").click()
    expect(page.locator(".made code")).to_have_text(re.compile("ebh_"))
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    assert not [item for item in page.context.cookies() if item["name"] == "__Host-ebpfhub"]


def test_ecli_publishes_and_pulls_with_the_company_s_ca_and_not_without(
    behind: RunningHub, company: Company, tmp_path: Path
) -> None:
    stranger = Ecli(tmp_path / "stranger", NOT_SET)
    told = stranger.run("trust", "add", behind.url, "--fingerprint", behind.fingerprint, expect=None)
    assert told.returncode and "certificate" in told.stderr and not list(stranger.home.rglob("*.note"))
    ecli = Ecli(tmp_path / "home", {"SSL_CERT_FILE": str(company.authority)} | NOT_SET)
    ecli.login(behind, behind.token(role="admin"))
    ecli.publish(behind, build_opensnoop(tmp_path))
    ecli.trust(behind)
    assert "installed" in ecli.run("pull", "opensnoop").stdout
