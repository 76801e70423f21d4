"""Values as C source: names, strings, bytes. What is written with them is up to guest_tables.py and skeleton.py."""

from __future__ import annotations

import re

_BYTES_A_LINE = 24


def c_string(text: str) -> str:
    """A string literal of UTF-8; what is not plain is written as octal digits, which end by themselves."""
    made = "".join(
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b'"\\?' else f"\\{byte:03o}" for byte in text.encode()
    )
    return f'"{made}"'


def c_name(text: str) -> str:
    """A name of C out of any text."""
    made = re.sub(r"[^A-Za-z0-9_]", "_", text) or "_"
    return f"_{made}" if made[0].isdigit() else made


def c_bytes(data: bytes) -> str:
    """The items of an array of bytes, in lines."""
    lines = [data[at : at + _BYTES_A_LINE] for at in range(0, len(data), _BYTES_A_LINE)]
    return ",\n".join("\t" + ",".join(map(str, line)) for line in lines)
