"""What a request brings, as a value of the type that its operation names: from a query, or from a body. Bounded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar, get_origin, get_type_hints

import msgspec
from aiohttp import hdrs, web

from ...schemas.codec import decode_json
from ...schemas.errors import BadInput

T = TypeVar("T")
Q = TypeVar("Q", bound=msgspec.Struct)


def read_query(wanted: type[Q], request: web.Request) -> Q:
    """Read a query: texts become numbers, a list's values stand as `name=value` each; other names are left alone.

    What the path holds in braces is taken from there.

    Raises: BadInput.
    """
    types = get_type_hints(wanted)
    given = {}
    for name in wanted.__struct_fields__:
        held = request.match_info.get(name)
        values = request.query.getall(name, []) if held is None else [held]
        if values:
            kind = types[name]
            given[name] = values if get_origin(kind) is tuple else _only(values, name, kind)
    return _converted(given, wanted, strict=False)


async def read_body(kind: type[T], request: web.Request, *, limit: int) -> T:
    """Read a JSON body of at most `limit` bytes, never a compressed one. Raises: BadInput."""
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity") != "identity":
        raise BadInput("is taken as it is, without a Content-Encoding", where="body")
    data = bytearray()
    while len(data) <= limit and (more := await request.content.read(limit + 1 - len(data))):
        data += more
    value = decode_json(bytes(data), limit=limit, where="body")
    if isinstance(value, dict):
        value = {name: _whole(item) for name, item in value.items()}
    return _converted(value, kind, strict=True)


def _whole(value: Any) -> Any:
    """A number of a body, where 2.0 is 2: JSON Schema, which describes it, says so of integers (2020-12, 4.2.3)."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _only(values: Sequence[str], name: str, kind: Any) -> str:
    if len(values) > 1:
        raise BadInput("stands twice", where=name)
    if values[0].casefold() == "null" and kind is not str:
        raise BadInput("must be left out where it has no value", where=name)
    return values[0]


def _converted(value: Any, kind: type[T], *, strict: bool) -> T:
    try:
        return msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as error:
        told, _, place = str(error).partition(" - at `$")
        where = place.strip(".`").partition("[")[0] or ("body" if strict else "query")
        todo = "Which values there are stands in /api/v1/openapi.json." if "enum" in told else ""
        raise BadInput(_plain(told), where=where, todo=todo) from error


def _plain(told: str) -> str:
    """The library's sentence in our words."""
    return told.replace("`", "").replace("Expected ", "must be ").replace(", got ", ", not ")[:300].rstrip(".")
