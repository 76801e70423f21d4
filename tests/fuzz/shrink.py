"""Make an input that fails smaller, as long as it fails in the same way."""

from __future__ import annotations

from collections.abc import Callable

MAX_TRIES = 3000
_PLAIN = b"0"


def shrunk(data: bytes, fails: Callable[[bytes], bool]) -> bytes:
    """Leave away ever smaller parts of `data`, then make what remains plain. Takes at most MAX_TRIES tries."""
    tries = 0
    size = len(data)
    while size and tries < MAX_TRIES:
        size = max(size // 2, 1)
        at, before = 0, len(data)
        while at < len(data) and tries < MAX_TRIES:
            tries += 1
            shorter = data[:at] + data[at + size :]
            if fails(shorter):
                data = shorter
            else:
                at += size
        if size == 1 and len(data) == before:
            break
    for at in range(min(len(data), MAX_TRIES - tries)):
        plainer = data[:at] + _PLAIN + data[at + 1 :]
        if data[at : at + 1] not in (b"\0", _PLAIN) and fails(plainer):
            data = plainer
    return data
