"""A hub's refusals as the house's errors: problem documents (RFC 9457) with its members `kind`, `todo` and `check`."""

from __future__ import annotations

import json
from typing import Any

from ...federation.transport import Response, expect
from ...schemas import errors
from ...schemas.errors import HubError, NotTrusted

MAX_WORD_CHARS = 600
_KINDS = {item.kind: item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, HubError)}


def accept(response: Response, *statuses: int, where: str) -> Response:
    """Return a response with one of these statuses. Raises: HubError, of the kind that the hub tells."""
    if response.status in statuses:
        return response
    told = _document(response.body)
    kind = _KINDS.get(_word(told, "kind"))
    if kind is None or kind is errors.Unsupported:  # the latter needs to know what it lacks
        return expect(response, *statuses, where=where)
    what, todo = _word(told, "detail") or f"the hub answered {response.status}", _word(told, "todo")
    if issubclass(kind, NotTrusted):
        raise kind(what, check=_word(told, "check"), where=where, todo=todo)
    raise kind(what, where=where, todo=todo)


def _document(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _word(document: dict[str, Any], name: str) -> str:
    value = document.get(name)
    text = value if isinstance(value, str) else ""
    return "".join(char if char.isprintable() else " " for char in text)[:MAX_WORD_CHARS].strip()
