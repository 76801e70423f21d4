"""Requests to a hub's API: the token, JSON both ways, answers by their types, and ETags. Not what can be asked."""

from __future__ import annotations

import json
from collections import OrderedDict
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlencode

from ...federation.transport import Transport, check_url
from ...schemas.codec import decode_json
from .problem import accept
from .reading import read_answer

MAX_ANSWER_BYTES = 4 * 1024 * 1024
MAX_KEPT = 64  # answers that are kept with their ETags

T = TypeVar("T")


class ApiRequests:
    """Requests to the API of the hub at `url`, with a `token` where there is one. Use with `async with`."""

    def __init__(self, url: str, *, token: str = "") -> None:
        self._base = f"{check_url(url).rstrip('/')}/api/v1/"
        self._token = token
        self._transport = Transport()
        self._kept: OrderedDict[str, tuple[str, Any]] = OrderedDict()

    async def __aenter__(self) -> Self:
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.__aexit__(kind, error, trace)

    async def _post(self, kind: type[T], path: str, given: dict[str, Any]) -> T:
        return await self._send(kind, "POST", path, given, status=201)

    async def _send(
        self, kind: type[T], method: str, path: str, given: dict[str, Any] | None = None, *, status: int = 200
    ) -> T:
        place, headers = self._base + path, {"Accept": "application/json"}
        body = None if given is None else json.dumps(given).encode()
        headers |= {} if body is None else {"Content-Type": "application/json"}
        answer = await self._transport.send(method, place, body=body, headers=headers, token=self._token)
        return read_answer(kind, _decoded(accept(answer, status, where=place).body, place), place)

    async def _get(self, kind: type[T], path: str, **asked: Any) -> T:
        place = with_query(path, **asked)
        return read_answer(kind, await self._answer(place), self._base + place)

    async def _answer(self, path: str) -> Any:
        """The decoded answer; where the hub says that it has not changed, the one that is kept."""
        place = self._base + path
        etag, kept = self._kept.get(path, ("", None))
        headers = {"Accept": "application/json"} | ({"If-None-Match": etag} if etag else {})
        answer = await self._transport.send("GET", place, limit=MAX_ANSWER_BYTES, headers=headers, token=self._token)
        if accept(answer, 200, *([304] if etag else []), where=place).status == 304:
            return kept
        found = _decoded(answer.body, place)
        if answer.headers.get("ETag"):
            self._kept[path] = (answer.headers["ETag"], found)
            if len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return found


def with_query(path: str, **asked: Any) -> str:
    """A path with a query of what has a value."""
    given = {name: value for name, value in asked.items() if value not in ("", (), None)}
    return f"{path}?{urlencode(given, doseq=True)}" if given else path


def _decoded(body: bytes, where: str) -> Any:
    return decode_json(body, limit=MAX_ANSWER_BYTES, where=where)
