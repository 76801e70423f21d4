"""A real OpenID provider for tests: npm's certified oidc-provider, a process on loopback, and people who sign in at it.

Nothing of it is ours but its settings (openid_provider.mjs); the library is installed once, into the tests' cache.
"""

from __future__ import annotations

import json
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from pathlib import Path

from .caches import alone, kept
from .hubs import free_port

VERSION = "8.8.1"  # the newest one that runs on Debian's Node 18
SCRIPT = Path(__file__).with_suffix(".mjs")


@contextmanager
def provider(port: int = 0) -> Iterator[str]:
    """A provider that runs for the length of a block; its issuer. Every start makes a new key."""
    number = port or free_port()
    with subprocess.Popen(
        ["node", SCRIPT, str(number), _library()], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout is not None and process.stderr is not None
            assert process.stdout.readline() == b"ready\n", process.stderr.read().decode()
            yield f"http://localhost:{number}"
        finally:
            process.terminate()


def sign_in(address: str, name: str) -> str:
    """Open an address of the provider in a browser of one's own, sign in as `name`, agree to all; the last page."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    page, place = _open(browser, address)
    for _ in range(8):
        form = _Form.first(page)
        if form is None:
            return page
        given = {"login": name, "password": "any"}
        fields = {field: given.get(field, value) for field, value in form.fields.items()}
        page, place = _open(browser, urllib.parse.urljoin(place, form.action), urllib.parse.urlencode(fields).encode())
    raise AssertionError(page)


def device_token(issuer: str, name: str, *, client: str = "sigstore") -> str:
    """The identity token that a program gets for `name` by the device flow (RFC 8628)."""
    asked = _post(f"{issuer}/device/auth", {"client_id": client, "scope": "openid email"})
    sign_in(asked["verification_uri_complete"], name)
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    form = {"client_id": client, "grant_type": grant, "device_code": asked["device_code"]}
    return str(_post(f"{issuer}/token", form)["id_token"])


class _Form(HTMLParser):
    """The first form of a page: where it goes, and its fields."""

    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self._ended = False

    @classmethod
    def first(cls, page: str) -> _Form | None:
        made = cls()
        made.feed(page)
        return made if made.action is not None else None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "form" and self.action is None:
            self.action = found.get("action") or ""
        elif tag == "input" and found.get("name") and not self._ended:
            self.fields[str(found["name"])] = found.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        self._ended = self._ended or tag == "form"


def _post(url: str, form: dict[str, str]) -> dict[str, str]:
    with urllib.request.urlopen(url, data=urllib.parse.urlencode(form).encode()) as answer:
        return dict(json.loads(answer.read()))


def _open(browser: urllib.request.OpenerDirector, url: str, body: bytes | None = None) -> tuple[str, str]:
    with browser.open(url, data=body) as answer:
        return answer.read().decode(), answer.geturl()


def _library() -> Path:
    folder = kept(f"oidc-provider-{VERSION}")
    with alone(folder):
        if not (folder / "node_modules" / "oidc-provider").is_dir():
            words: list[str | Path] = [
                "npm",
                "install",
                "--no-audit",
                "--no-fund",
                "--prefix",
                folder,
                f"oidc-provider@{VERSION}",
            ]
            subprocess.run(words, check=True, capture_output=True, timeout=300)
    return folder / "node_modules" / "oidc-provider"
