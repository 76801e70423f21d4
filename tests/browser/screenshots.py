"""`make screenshots`: the pages of the documentation's pictures, taken from a real hub with packages of examples/."""

from __future__ import annotations

import base64
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from ..end_to_end.test_sign_in import PASSWORD
from ..hubs import ADMIN
from .conftest import CHROMIUM, FLAGS
from .showcase import COMMENTED, showcase

PATHS = {"home": "/", "list": "/packages", "package": "/packages/library/opensnoop", "federation": "/federation"}
SIGNED_IN = {"comments": f"{COMMENTED}#comments", "account": "/account"}  # seen by an admin
PHONE: ViewportSize = {"width": 390, "height": 1240}
DESK: ViewportSize = {"width": 1280, "height": 1240}
SIZES = {"phone": (PHONE, 2), "desk": (DESK, 1)}  # with pixels for each of CSS
QUALITIES = (80, 60, 40)  # of WebP: the first with which a picture is small enough
MAX_BYTES = 150_000


def main(folder: Path) -> None:
    """Write a WebP picture of each page at each size into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ebpfhub-showcase-") as place, showcase(Path(place)) as shown:
        shown.settle()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for size in SIZES:
                _take(browser, shown.hub.url, size, folder)
            browser.close()


def _take(browser: Browser, url: str, size: str, folder: Path) -> None:
    viewport, scale = SIZES[size]
    context = browser.new_context(viewport=viewport, device_scale_factor=scale, locale="en-US", color_scheme="light")
    page = context.new_page()
    for name, path in PATHS.items():
        _write(page, url + path, folder / f"{name}-{size}.webp")
    page.goto(f"{url}/login/?next=/account")
    page.get_by_label("Identity").fill(ADMIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    for name, path in SIGNED_IN.items():
        _write(page, url + path, folder / f"{name}-{size}.webp")
    context.close()


def _write(page: Page, address: str, path: Path) -> None:
    page.goto(address)
    data = _picture(page)
    path.write_bytes(data)
    print(f"{path.name}  {len(data)} bytes")


def _picture(page: Page) -> bytes:
    """What the window shows. Playwright itself writes no WebP; the browser does."""
    session = page.context.new_cdp_session(page)
    for quality in QUALITIES:
        asked = {"format": "webp", "quality": quality, "optimizeForSpeed": False}
        data = base64.b64decode(session.send("Page.captureScreenshot", asked)["data"])
        if len(data) <= MAX_BYTES:
            return data
    raise AssertionError(f"a picture has {len(data)} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
