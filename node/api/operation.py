"""An operation of the API: what it takes and gives, in types, and the function that carries it out.

Routes and the OpenAPI document are made of the same operations, so a route without a description cannot be.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPMethod, HTTPStatus
from typing import Any

from aiohttp import web
from msgspec import Struct

from ..accounts.rights import Needs

PREFIX = "/api/v1/"
MAX_BODY_BYTES = 4096  # unless an operation says otherwise
# the request, and the value of the operation's `query` or `body`: a pair of both, None without either
Handler = Callable[[web.Request, Any], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path, and what it needs. `query`, `body` and `result` are msgspec's Structs.

    What a handler returns is a `result`.

    Fields of `query` that stand in braces in the path are read from there.

    `body_limit` bounds the body, in bytes. `refusals` are the statuses of its problem documents; `private` answers
    depend on who asks, and are never kept.
    """

    method: HTTPMethod
    path: str
    needs: Needs
    handler: Handler
    result: type[Struct]
    query: type[Struct] | None = None
    body: type[Struct] | None = None
    body_limit: int = MAX_BODY_BYTES
    status: HTTPStatus = HTTPStatus.OK
    refusals: tuple[HTTPStatus, ...] = ()
    private: bool = False

    def __post_init__(self) -> None:
        if not self.path.startswith(PREFIX):
            raise ValueError(f"{self.path} is not below {PREFIX}")
        if not (self.summary and self.description):
            raise ValueError(f"{self.name} has no docstring of a line and a paragraph")

    @property
    def name(self) -> str:
        """The operation's name: its handler's."""
        return self.handler.__name__

    @property
    def summary(self) -> str:
        """What it does, in one line."""
        return _paragraphs(self.handler)[0]

    @property
    def description(self) -> str:
        """The rest that is to be said."""
        return "\n\n".join(_paragraphs(self.handler)[1:])


def _paragraphs(function: Handler) -> list[str]:
    text = inspect.getdoc(function) or ""
    return [" ".join(part.split()) for part in text.split("\n\n")]
