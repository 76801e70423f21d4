"""The account's pages as values: what each template gets besides the words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar

from ....schemas.identity import Owner
from ...accounts.people import Person
from ...accounts.program_login import ProgramLogin
from ...accounts.sessions import Session
from ...accounts.tokens import TokenFacts


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at a page. `form` is what forms must hold; `here` the page's own path, to come back to."""

    here: str
    can_sign_in: bool = False
    identity: str = ""
    form: str = ""


@dataclass(frozen=True, slots=True)
class LoginPage:
    """`/login/`: the providers, by number and name (empty: the hub's own users)."""

    template: ClassVar[str] = "login.html"
    ways: Sequence[tuple[int, str]]
    next: str
    refused: str = ""
    todo: str = ""
    status: HTTPStatus = HTTPStatus.OK


@dataclass(frozen=True, slots=True)
class AccountPage:
    """`/account`. `namespaces` come with their owners; `made` is the secret of a token that was just made."""

    template: ClassVar[str] = "account.html"
    person: Person
    tokens: Sequence[TokenFacts]
    sessions: Sequence[Session]
    this_session: str
    namespaces: Sequence[tuple[str, Sequence[Owner]]]
    scopes: Sequence[str]
    made: str = ""
    refused: str = ""
    todo: str = ""
    status: HTTPStatus = HTTPStatus.OK


@dataclass(frozen=True, slots=True)
class UploadPage:
    """`/upload`."""

    template: ClassVar[str] = "upload.html"
    status: HTTPStatus = HTTPStatus.OK


@dataclass(frozen=True, slots=True)
class ProgramPage:
    """`/login/device`: a program asks for a token; `wanted` is None until a code is typed that waits."""

    template: ClassVar[str] = "program.html"
    code: str = ""
    wanted: ProgramLogin | None = None
    scopes: Sequence[str] = ()
    unknown: bool = False
    done: bool = False
    status: HTTPStatus = HTTPStatus.OK
