"""The admin pages as values: what each template gets besides the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar

from ...accounts.people import Person
from ...accounts.sessions import Session
from ...accounts.tokens import TokenFacts
from ...admin.overview import Overview
from ...admin.service import OwnedNamespace
from ...hub.federation import Federation
from ...storage.quotas import Quota


@dataclass(frozen=True, slots=True)
class OverviewPage:
    """`/admin`. `admin` tells whether the visitor sees more than a maintainer."""

    template: ClassVar[str] = "admin.html"
    admin: bool
    overview: Overview
    events: Sequence[Mapping[str, Any]]
    status: HTTPStatus = HTTPStatus.OK


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """`/admin/people`. `next` is the last identity of a list that goes on, else empty."""

    template: ClassVar[str] = "admin_people.html"
    people: Sequence[Person]
    text: str = ""
    next: str = ""
    admin: bool = True
    status: HTTPStatus = HTTPStatus.OK


@dataclass(frozen=True, slots=True)
class PersonPage:
    """`/admin/people/<identity>`. `own`: the visitor's own account; `more` tokens are not shown."""

    template: ClassVar[str] = "admin_person.html"
    person: Person
    tokens: Sequence[TokenFacts]
    more: int
    sessions: Sequence[Session]
    namespaces: Sequence[str]
    own: bool
    roles: Sequence[str]
    used: int
    own_quota: Quota | None
    quota: Quota
    admin: bool = True
    status: HTTPStatus = HTTPStatus.OK


@dataclass(frozen=True, slots=True)
class MirrorsPage:
    """`/admin/mirrors`: origins as `ebpfhub mirror status` tells of them, and what the federation page knows."""

    template: ClassVar[str] = "admin_mirrors.html"
    admin: bool
    origins: Sequence[Mapping[str, Any]]
    federation: Federation
    started: str = ""
    status: HTTPStatus = HTTPStatus.OK


@dataclass(frozen=True, slots=True)
class AuditPage:
    """`/admin/audit`. `older` is the address of the next page, or empty."""

    template: ClassVar[str] = "admin_audit.html"
    admin: bool
    events: Sequence[Mapping[str, Any]]
    kinds: Sequence[str]
    who: str = ""
    what: str = ""
    refused: bool = False
    older: str = ""
    status: HTTPStatus = HTTPStatus.OK


@dataclass(frozen=True, slots=True)
class NamespacesPage:
    """`/admin/namespaces`. `next` is the last name of a list that goes on, else empty."""

    template: ClassVar[str] = "admin_namespaces.html"
    namespaces: Sequence[OwnedNamespace]
    next: str = ""
    admin: bool = True
    status: HTTPStatus = HTTPStatus.OK


@dataclass(frozen=True, slots=True)
class NamespacePage:
    """`/admin/namespaces/<name>`. `own` is the quota that was set for it alone, `quota` the one that holds."""

    template: ClassVar[str] = "admin_namespace.html"
    namespace: OwnedNamespace
    used: int
    own: Quota | None
    quota: Quota
    origin: str
    admin: bool = True
    status: HTTPStatus = HTTPStatus.OK


AdminPage = OverviewPage | PeoplePage | PersonPage | NamespacesPage | NamespacePage | MirrorsPage | AuditPage
