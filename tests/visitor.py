"""A browser without a screen: cookies, redirects, forms, and the headers by which browsers say who sent a request."""

from __future__ import annotations

import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar

WAITS, WAIT_SECONDS = 20, 2.5  # when a hub says that somebody came too often


@dataclass
class Form:
    """A form of a page: where it goes, how, and its fields."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass
class Page:
    """What is shown after all redirects."""

    status: int
    url: str
    text: str
    headers: dict[str, str]

    @property
    def path(self) -> str:
        """The address without its server."""
        parts = urllib.parse.urlsplit(self.url)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    @property
    def forms(self) -> list[Form]:
        """The forms, in their order."""
        reader = _Forms()
        reader.feed(self.text)
        return reader.found

    def form(self, action: str) -> Form:
        """The first form that goes to a path."""
        return next(item for item in self.forms if urllib.parse.urlsplit(item.action).path == action)


class Visitor:
    """One person's browser. A `patient` one waits when the hub says that it came too often, and tries again."""

    def __init__(self, url: str, *, patient: bool = True) -> None:
        self.url, self.cookies, self.patient = url, CookieJar(), patient
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def open(self, path: str, form: dict[str, str] | None = None, **headers: str) -> Page:
        """Go to an address, or send a form there as one of its own pages would."""
        url = urllib.parse.urljoin(self.url, path)
        body = None if form is None else urllib.parse.urlencode(form).encode()
        parts = urllib.parse.urlsplit(url)
        sent = {"Accept": "text/html", "User-Agent": "a test's browser", "Sec-Fetch-Site": "same-origin"}
        sent |= {"Origin": f"{parts.scheme}://{parts.netloc}"} if body is not None else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(url, data=body, headers={key: it for key, it in sent.items() if it})
        page = self._ask(request)
        for _ in range(WAITS):
            if page.status != 429 or not self.patient:
                break
            time.sleep(WAIT_SECONDS)
            moved = page.url != url  # a redirect led there, by GET
            page = self._ask(urllib.request.Request(page.url, headers=dict(request.headers)) if moved else request)
        return page

    def _ask(self, request: urllib.request.Request) -> Page:
        try:
            answer = self._opener.open(request, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            told = {name.lower(): value for name, value in answer.headers.items()}
            return Page(answer.status, answer.geturl(), answer.read().decode(), told)

    def send(self, page: Page, form: Form, **fields: str) -> Page:
        """Fill in a form of a page and send it."""
        return self.open(urllib.parse.urljoin(page.url, form.action), form.fields | fields)

    def sign_in(self, identity: str, password: str, path: str = "/login/") -> Page:
        """Sign in with the hub's own password; the page that one comes to."""
        page = self.open(path)
        return self.send(page, page.form("/sigstore/oidc/auth"), identity=identity, password=password)

    def cookie(self, name: str) -> str:
        """The value of a cookie; empty when there is none."""
        return next((item.value or "" for item in self.cookies if item.name == name), "")


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "form":
            self.found.append(Form(told.get("action") or "", (told.get("method") or "get").lower()))
            self._open = True
        elif tag == "input" and self._open and told.get("name") and told.get("type") != "checkbox":
            self.found[-1].fields[str(told["name"])] = told.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag != "form"
