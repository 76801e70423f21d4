"""Canonical MessagePack and bounded JSON: the only two encodings that cross our borders.

Canonical MessagePack (protocol.md section 4): maps with text keys sorted by their UTF-8 bytes, shortest forms, no
floats, no extensions. `decode` accepts nothing else: it encodes what it read again and compares.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from .errors import BadInput

MAX_DEPTH = 32  # nested maps and lists
MAX_JSON_BYTES = 4 * 1024 * 1024  # bytes; the largest manifest of the OCI conformance suite has 3.9 MB
_PLAIN = frozenset({str, bytes, int, bool, type(None)})


def encode(value: Any) -> bytes:
    """Encode maps, lists, text, bytes, bool, None and integers canonically. Raises: BadInput for any other type."""
    import msgpack  # not at the top: the run path of ecli reads JSON only

    try:
        return bytes(msgpack.packb(_sorted(value, 0), use_bin_type=True))
    except (ValueError, OverflowError) as error:
        raise BadInput(f"this cannot be encoded: {error}", where="message") from error


def decode(data: bytes, *, limit: int, where: str = "message") -> Any:
    """Decode canonical MessagePack of at most `limit` bytes. Raises: BadInput."""
    value = decode_any(data, limit=limit, where=where)
    if encode(value) != data:
        raise BadInput("the MessagePack is not in canonical form", where=where)
    return value


def decode_any(data: bytes, *, limit: int, where: str = "message") -> Any:
    """Decode MessagePack of at most `limit` bytes, canonical or not. Raises: BadInput."""
    import msgpack

    if len(data) > limit:
        raise BadInput(f"{len(data)} bytes are more than the {limit} allowed", where=where)
    try:
        return msgpack.unpackb(data, raw=False, strict_map_key=True, ext_hook=_no_extension)
    except (ValueError, TypeError, RecursionError, msgpack.exceptions.UnpackException) as error:
        raise BadInput(f"this is not MessagePack: {error or type(error).__name__}", where=where) from error


def canonical_json(value: Any) -> bytes:
    """JSON with sorted keys and no spaces, in UTF-8: for documents whose digest must not depend on who wrote them.

    Raises: BadInput for NaN, infinity and text that is not Unicode.
    """
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.encode()
    except ValueError as error:
        raise BadInput(f"this cannot be written as JSON: {error}", where="document") from error


def decode_json(data: bytes, *, limit: int = MAX_JSON_BYTES, where: str = "document") -> Any:
    """Decode UTF-8 JSON of at most `limit` bytes, without duplicate keys, NaN or infinity. Raises: BadInput."""
    if len(data) > limit:
        raise BadInput(f"{len(data)} bytes are more than the {limit} allowed", where=where)
    try:
        value = _STRICT.decode(data.decode("utf-8"))
        if b"\\u" in data:  # only an escape can spell half a character, which no file or terminal takes
            json.dumps(value, ensure_ascii=False).encode()
        return value
    except (ValueError, RecursionError) as error:
        raise BadInput(f"this is not JSON: {error or type(error).__name__}", where=where) from error


def _sorted(value: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise BadInput(f"nested more than {MAX_DEPTH} deep", where="message")
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is dict:
        return _sorted_map(value, depth)
    return _sorted_other(value, depth)


def _sorted_map(value: Mapping[str, Any], depth: int) -> dict[str, Any]:
    if not all(isinstance(key, str) for key in value):
        raise BadInput("map keys must be text", where="message")
    # text is ordered by its code points, and so are the bytes of UTF-8
    return {str(key): _sorted(value[key], depth + 1) for key in sorted(value)}


def _sorted_other(value: Any, depth: int) -> Any:
    """What is of no plain type itself: lists, and what only behaves like a plain type."""
    if isinstance(value, list | tuple):
        return [_sorted(item, depth + 1) for item in value]
    if isinstance(value, bool | int | bytes):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return _sorted_map(value, depth)
    raise BadInput(f"{type(value).__name__} cannot be encoded", where="message")


def _no_extension(code: int, _data: bytes) -> Any:
    raise ValueError(f"extension type {code} is not allowed")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("an object has the same key twice")
    return made


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:40]} is too large")
    return number


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


_STRICT = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite)
