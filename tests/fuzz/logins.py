"""Targets that read what people and programs bring to log in: credentials, scopes, requests, places to come back to."""

from __future__ import annotations

from functools import cache
from urllib.parse import urljoin, urlsplit

from ebpfhub.node.accounts.gatekeeper import read_token
from ebpfhub.node.accounts.pending import own_path
from ebpfhub.node.accounts.program_login import MAX_DAYS, ProgramLogin
from ebpfhub.node.accounts.scopes import Scopes
from ebpfhub.node.authority.bodies import parse_form
from ebpfhub.node.registry.actions import Action
from ebpfhub.node.registry.bearer import Bearers, asked_for
from ebpfhub.schemas.errors import BadInput, Denied

from .target import Target

HUB = "https://hub.example.org"


def _credentials(data: bytes) -> None:
    """What is a JWT was not given by these Bearers, which nobody has asked for one."""
    assert _bearers().read(read_token(data.decode("latin-1"))) is None


@cache
def _bearers() -> Bearers:
    return Bearers("hub.test")


def _headers() -> list[bytes]:
    return [b"Bearer ebh_0123456789abcdef_" + b"a" * 43, b"Basic bWU6ZWJoXzAxMjM=", b"bearer eyJhbGciOiJIUzI1NiJ9.e30"]


def _scopes(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    assert all(actions <= set(Action) for actions in asked_for(text.split("&")).values())
    read = Scopes.read(text.split())
    assert Scopes.read(read.words) == read


def _request(data: bytes) -> None:
    wanted = ProgramLogin.read(parse_form(data))
    assert 0 < wanted.days <= MAX_DAYS and "account" not in wanted.scopes.words and wanted.name.isprintable()


def _next(data: bytes) -> None:
    path = own_path(data.decode("utf-8", "surrogateescape"))
    assert urlsplit(urljoin(f"{HUB}/login/callback", path)).netloc == urlsplit(HUB).netloc
    if path == "/":
        raise BadInput("elsewhere")


LOGINS: dict[str, Target] = {
    "credentials": Target(_credentials, _headers, errors=(BadInput, Denied)),
    "scopes": Target(_scopes, lambda: [b"read publish:tools moderate account", b"read publish admin"]),
    "program-login": Target(_request, lambda: [b"scope=read+publish%3Atools&days=7&name=ecli+on+x", b"days=365"]),
    "next": Target(_next, lambda: [b"/packages?q=a%20b&lang=zh", b"/account#tokens", b"/login/device?code=BCDF-GHJK"]),
}
