"""Headless Chromium (the system's, never a downloaded one) in front of a real hub, and a watch over what it does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from ..hubs import RunningHub
from ..node.web.seeded import hub_with_packages

CHROMIUM = "/usr/bin/chromium"
PLAIN_HOST = "hub.plain.test"  # loopback under a name that browsers do not call secure
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--host-resolver-rules=MAP {PLAIN_HOST} 127.0.0.1",
]
PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 900}


@dataclass
class Watched:
    """A browser window on a hub; at the end nothing may have gone wrong in it."""

    page: Page
    url: str
    wrong: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Note errors of scripts, of the console and of the policy, dialogs, and requests to other hosts."""
        own = urlsplit(self.url).netloc
        self.page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        self.page.on("dialog", lambda dialog: self.wrong.append(f"dialog: {dialog.message}"))
        self.page.on(
            "console",
            lambda told: self.wrong.append(f"console: {told.text}") if told.type in ("error", "warning") else None,
        )
        self.page.on(
            "request",
            lambda asked: self.wrong.append(f"request to {asked.url}") if urlsplit(asked.url).netloc != own else None,
        )

    def open(self, path: str) -> Page:
        """Go to a path of the hub."""
        self.page.goto(self.url + path)
        return self.page


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    with hub_with_packages(tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture(scope="module")  # while it lives an event loop runs in this thread, and no other module can have one
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def windows(chromium: Browser, hub: RunningHub) -> Iterator[Windows]:
    made = Windows(chromium, hub)
    yield made
    made.close()


@dataclass
class Windows:
    """Opens windows; each is checked when the test ends."""

    browser: Browser
    hub: RunningHub
    opened: list[tuple[BrowserContext, Watched]] = field(default_factory=list)

    def __call__(
        self,
        *,
        size: ViewportSize = DESK,
        scheme: str = "light",
        language: str = "en-US",
        host: str = "127.0.0.1",
        script: bool = True,
    ) -> Watched:
        """Open a window with a profile of its own."""
        context = self.browser.new_context(
            viewport=size,
            color_scheme="dark" if scheme == "dark" else "light",
            locale=language,
            java_script_enabled=script,
        )
        watched = Watched(context.new_page(), f"http://{host}:{self.hub.port}")
        watched.watch()
        self.opened.append((context, watched))
        return watched

    def close(self) -> None:
        """Close all, and fail if anything went wrong in one."""
        wrong = [line for _, watched in self.opened for line in watched.wrong]
        for context, _ in self.opened:
            context.close()
        assert not wrong, wrong
