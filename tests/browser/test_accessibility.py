"""axe finds nothing to complain of: every page, in both languages, light and dark, at phone and desk width."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

from .conftest import DESK, PHONE

if TYPE_CHECKING:
    from playwright.sync_api import ViewportSize

    from .conftest import Windows

PATHS = (
    "/",
    "/packages",
    "/packages?q=nothing+at+all",
    "/packages?q=opensnop&category=files&permission=changes:nothing&sort=name",
    "/packages/library/opensnoop",
    "/packages/library/opensnoop/0.1.0",
    "/packages/library/hostile",
    "/packages/acme/bulky",
    "/packages/acme/xdpdrop/0.3.0-rc.1",
    "/packages/acme/xdpdrop/changes/0.1.0...0.3.0-rc.1",
    "/docs",
    "/docs/first-package",
    "/docs/manual",
    "/docs/manual/run-programs",
    "/docs/protocol",
    "/docs/api",
    "/docs/api/package",
    "/federation",
    "/publishers/admin@example.org",
)


@pytest.mark.parametrize(
    ("size", "scheme", "language"),
    [(PHONE, "light", "zh-CN"), (DESK, "dark", "en-US"), (PHONE, "dark", "en-US"), (DESK, "light", "zh-CN")],
)
def test_axe_finds_no_violation(windows: Windows, size: ViewportSize, scheme: str, language: str) -> None:
    window = windows(size=size, scheme=scheme, language=language)
    for path in PATHS:
        page = window.open(path)
        page.evaluate("for (const hidden of document.querySelectorAll('details')) hidden.open = true")
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}\n{found.generate_report()}"
