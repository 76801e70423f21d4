"""Values as JSON text (RFC 8259) that a terminal shows and does not obey."""

from __future__ import annotations

from math import isfinite

from ...schemas.named import TYPE_CHECKING

if TYPE_CHECKING:
    from json.encoder import encode_basestring, encode_basestring_ascii
    from typing import Any
else:
    try:  # the same functions, without the start-up time of json, which brings the regular expressions with it
        from _json import encode_basestring, encode_basestring_ascii
    except ImportError:  # an interpreter that has no such module
        from json.encoder import encode_basestring, encode_basestring_ascii


def json_text(text: str) -> str:
    """Write a JSON string; everything unprintable is escaped, so that a terminal shows it and does not obey."""
    if text.isprintable():
        return encode_basestring(text)
    return encode_basestring_ascii(text).replace("\x7f", "\\u007f")


def json_value(value: Any) -> str:
    """Write a decoded value as JSON."""
    if isinstance(value, str):
        return json_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value) if isfinite(value) else "null"
    if isinstance(value, list):
        return f"[{','.join(map(json_value, value))}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{json_text(name)}:{json_value(part)}" for name, part in value.items()) + "}"
    return str(value)
