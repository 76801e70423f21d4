"""Values of an object's variables: what the compiler set them to, and what a description sets them to instead."""

from __future__ import annotations

import math
import struct

from .c_type import BOOLEAN, ENUM, FLOAT, INTEGER, STRING, CType
from .errors import BadInput
from .eunomia_meta import Default

_MAX_DIGITS = 64


def compiled_value(raw: bytes, kind: CType) -> Default | None:
    """The value that the compiler put into the object; None for types without a short spelling."""
    if kind.kind == BOOLEAN:
        return raw != b"\0"
    if kind.kind == STRING:
        return raw.partition(b"\0")[0].decode("utf-8", "replace")
    if kind.kind == FLOAT:
        number = float(struct.unpack("<f" if kind.size == 4 else "<d", raw)[0])
        return number if math.isfinite(number) else None
    return int.from_bytes(raw, "little", signed=kind.signed) if kind.kind in (INTEGER, ENUM) else None


def fitting_value(value: Default, kind: CType, *, where: str) -> Default:
    """The value that a description gives a variable, as one of its type. Raises: BadInput."""
    if kind.kind == BOOLEAN and not isinstance(value, str) and value in (0, 1):
        return bool(value)
    if kind.kind == STRING and isinstance(value, str) and len(value.encode()) < kind.size and "\0" not in value:
        return value
    if kind.kind in (INTEGER, ENUM):
        number = _integer(dict(kind.values).get(value, value) if isinstance(value, str) else value)
        low, high = (-(1 << kind.size * 8 - 1), 1 << kind.size * 8 - 1) if kind.signed else (0, 1 << kind.size * 8)
        if number is not None and low <= number < high:
            return number
    if kind.kind == FLOAT and (real := _real(value, kind.size)) is not None:
        return real
    raise BadInput(f"{str(value)[:40]!r} does not fit a {kind.name or kind.kind} of {kind.size} bytes", where=where)


def packed(value: Default, kind: CType) -> bytes:
    """The bytes of a value that fits its type."""
    if kind.kind == STRING:
        return str(value).encode().ljust(kind.size, b"\0")
    if kind.kind == FLOAT:
        return struct.pack("<f" if kind.size == 4 else "<d", float(value))
    return int(value).to_bytes(kind.size, "little", signed=kind.signed)


def _integer(value: Default) -> int | None:
    if isinstance(value, str):
        digits = value.removeprefix("-")
        return int(value) if digits.isascii() and digits.isdigit() and len(digits) <= _MAX_DIGITS else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _real(value: Default, size: int) -> float | None:
    if isinstance(value, bool) or (isinstance(value, str) and len(value) > _MAX_DIGITS):
        return None
    try:
        number = float(value)
        struct.pack("<f" if size == 4 else "<d", number)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
