"""The hub's settings: `hub.toml` in its folder, read into frozen values. Every field has its unit and default here."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..schemas.errors import BadInput
from ..schemas.fields import Fields
from ..schemas.reference import check_name, check_namespace, check_origin
from ..signing.authority.provider import Provider
from .accounts.provider import LoginProvider
from .accounts.roles import Role

MAX_PROVIDERS = 16
MAX_FEATURED = 6
INSTALL = "pip install ebpfhub"


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of a hub.

    origin: the hub's name in references and in its log. listen: host:port. public_url: where clients find it.
    plain: whether `plain/…` repositories (ordinary, unlogged OCI) are served.
    closed: whether only readers see anything of the hub: without a login nothing but health and the way in.
    authority: whether the embedded Sigstore is on. issuer: its OpenID Connect issuer, written into certificates.
    login_providers: outside OpenID providers at which people sign in to the pages.
    newcomers: the role of people seen for the first time; empty: reader on an open hub, none on a closed one.
    providers: outside OpenID providers whose identity tokens the authority takes too; people sign in at the first.
    claim_free: whether a publisher's first publish claims a namespace that nobody owns.
    namespace_bytes, namespace_packages, person_bytes: quotas of whoever has none of their own; 0 is no limit.
    featured: packages (`namespace/name`) that the front page shows first. install: how it says to install ecli.
    certificate, certificate_key: PEM files for https; empty for plain http, which is for loopback or behind a proxy.
    """

    origin: str
    listen: str
    public_url: str
    plain: bool = False
    authority: bool = False
    issuer: str = ""
    claim_free: bool = True
    certificate: str = ""
    certificate_key: str = ""
    providers: tuple[Provider, ...] = ()
    featured: tuple[str, ...] = ()
    install: str = INSTALL
    closed: bool = False
    login_providers: tuple[LoginProvider, ...] = ()
    newcomers: str = ""
    namespace_bytes: int = 0
    namespace_packages: int = 0
    person_bytes: int = 0

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to listen on. Raises: BadInput."""
        host, _, port = self.listen.rpartition(":")
        if not host or not port.isdigit() or int(port) > 65535:
            raise BadInput(f"{self.listen!r} is not HOST:PORT", where="listen", todo="For example 127.0.0.1:8801")
        return host.strip("[]"), int(port)


def load_settings(path: Path) -> Settings:
    """Read a hub's settings. Raises: BadInput."""
    try:
        document = tomllib.loads(path.read_text())
    except OSError as error:
        raise BadInput(
            f"cannot read the hub's settings: {error.strerror}",
            where=str(path),
            todo="Is this a hub's folder? `ebpfhub init DIR --origin … --listen …` makes one.",
        ) from error
    except ValueError as error:
        raise BadInput(f"this is not TOML: {error}", where=str(path)) from error
    return _read(document, str(path))


def _read(document: dict[str, Any], where: str) -> Settings:
    fields = Fields(document, where)
    fields.only(
        "origin", "listen", "public_url", "plain", "closed", "authority", "login", "publishing", "quotas", "tls", "web"
    )
    names = ("authority", "login", "publishing", "quotas", "tls", "web")
    authority, login, publishing, quotas, tls, pages = (_table(document, name, where) for name in names)
    login.only("providers", "newcomers")
    authority.only("enabled", "issuer", "providers")
    publishing.only("claim_free")
    quotas.only("namespace_bytes", "namespace_packages", "person_bytes")
    tls.only("certificate", "key")
    pages.only("featured", "install")
    made = Settings(
        origin=check_origin(fields.text("origin", limit=253)),
        listen=fields.text("listen", limit=300),
        public_url=fields.text("public_url", limit=1024).rstrip("/"),
        plain=fields.boolean("plain", default=False),
        closed=fields.boolean("closed", default=False),
        authority=authority.boolean("enabled", default=False),
        issuer=authority.text("issuer", limit=512, default=""),
        claim_free=publishing.boolean("claim_free", default=True),
        namespace_bytes=quotas.integer("namespace_bytes", default=0),
        namespace_packages=quotas.integer("namespace_packages", default=0),
        person_bytes=quotas.integer("person_bytes", default=0),
        certificate=tls.text("certificate", limit=4096, default=""),
        certificate_key=tls.text("key", limit=4096, default=""),
        login_providers=tuple(
            LoginProvider.read(item) for item in login.maps("providers", limit=MAX_PROVIDERS, default=[])
        ),
        newcomers=login.text("newcomers", limit=16, default=""),
        providers=tuple(Provider.read(item) for item in authority.maps("providers", limit=MAX_PROVIDERS, default=[])),
        featured=tuple(_package(text) for text in pages.texts("featured", count=MAX_FEATURED, limit=257, default=[])),
        install=pages.text("install", limit=300, default=INSTALL),
    )
    _ = made.address
    if not made.install.isprintable():
        raise BadInput("must be one line", where=f"{where}.web.install")
    if made.newcomers:
        Role.read(made.newcomers)
    _check_providers(made, f"{where}.authority.providers")
    if made.authority and not made.issuer:
        raise BadInput("is missing", where=f"{where}.authority.issuer")
    return made


def _package(text: str) -> str:
    namespace, _, name = text.partition("/")
    return f"{check_namespace(namespace)}/{check_name(name)}"


def _check_providers(settings: Settings, where: str) -> None:
    issuers = [provider.issuer for provider in settings.providers]
    if len(set(issuers)) != len(issuers) or settings.issuer in issuers:
        raise BadInput("names an issuer twice, or the authority's own", where=where)
    if issuers and not settings.authority:
        raise BadInput("needs the authority: enabled = true", where=where)


def _table(document: dict[str, Any], name: str, where: str) -> Fields:
    return Fields(document.get(name, {}), f"{where}.{name}")


def settings_text(settings: Settings) -> str:
    """A commented `hub.toml`."""
    return f"""# Settings of this eBPF hub. Restart `ebpfhub serve` after a change.

# The hub's name in references (hub.example.org/library/opensnoop) and in its log. It can never change.
origin = "{settings.origin}"

# Where the hub listens: HOST:PORT. Without [tls], listen on loopback only, or put a proxy with https in front.
listen = "{settings.listen}"

# Where clients find the hub.
public_url = "{settings.public_url}"

# Serve plain/… repositories: ordinary OCI repositories that are neither signed nor logged.
plain = {_toml(settings.plain)}

# Show the hub to people and machines with a login only: log, index, packages, pages, everything but health and sign-in.
closed = {_toml(settings.closed)}

[authority]
# The embedded Sigstore: signs for the hub's own users. Turn it off where publishers use a public or company Sigstore.
enabled = {_toml(settings.authority)}
# OpenID Connect issuer, written into every certificate and into the claims of namespaces. It can never change.
issuer = "{settings.issuer}"

# An outside OpenID provider whose identity tokens the authority takes too; may repeat. People sign in at the first.
# `claim` says who signs: "email" (which the provider must call verified), or "sub".
# [[authority.providers]]
# issuer = "https://accounts.example.org"
# client_id = "sigstore"
# claim = "email"

# An outside OpenID provider at which people sign in to the pages; may repeat. It must know the address
# <public_url>/login/callback. `secret_file` (mode 0600) holds the secret that it gave the hub, if it did.
# [[login.providers]]
# name = "Example"
# issuer = "https://accounts.example.org"
# client_id = "the hub's id there"
# secret_file = "/etc/ebpfhub/example.secret"

[login]
# The role of people whom the hub sees for the first time: none, reader, publisher. Empty: reader, on a closed hub none.
newcomers = "{settings.newcomers}"

[publishing]
# A publisher's first publish claims a namespace that nobody owns (`library` excepted: it is the first admin's).
claim_free = {_toml(settings.claim_free)}

[quotas]
# What a namespace may have at most, and what a person may have pushed; 0 is no limit. Admins set other values for one
# namespace or person on the pages below /admin.
namespace_bytes = {settings.namespace_bytes}
namespace_packages = {settings.namespace_packages}
person_bytes = {settings.person_bytes}

[web]
# Packages that the front page shows first, six at most: "namespace/name".
featured = {_list(settings.featured)}
# The command that pages tell people to install ecli with; another one where yours comes from a place of your own.
install = {json.dumps(settings.install, ensure_ascii=False)}

[tls]
# PEM files for https.
certificate = "{settings.certificate}"
key = "{settings.certificate_key}"
"""


def _list(texts: tuple[str, ...]) -> str:
    return "[" + ", ".join(f'"{text}"' for text in texts) + "]"


def _toml(value: bool) -> str:
    return "true" if value else "false"
