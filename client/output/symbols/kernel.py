"""The kernel's symbols from /proc/kallsyms: opened at once, while privileges are there, and read when first needed."""

from __future__ import annotations

import os
from array import array
from bisect import bisect_right
from contextlib import suppress
from functools import cache
from typing import BinaryIO

from ..text import visible

MAX_BYTES = 64 * 1024 * 1024
_PATH = "/proc/kallsyms"
_KERNEL_HALF = 1 << 63  # addresses from here on are the kernel's
_LONGEST = 1024 * 1024  # bytes that a symbol may reach: beyond, the address is of something that has no symbol
_CODE_AND_DATA = frozenset(b"tTwWdDbBrRvV")


class KernelSymbols:
    """The symbols of the running kernel; none where it hides them or none can be read."""

    def __init__(self, path: str = _PATH) -> None:
        self._descriptor = -1
        with suppress(OSError):
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._starts: array[int] = array("Q")
        self._names: list[bytes] = []

    def find(self, address: int) -> str:
        """Return `symbol+0x1a`, or "" where no symbol is known."""
        if address < _KERNEL_HALF:
            return ""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123 - no path
                self._read(file)
        place = bisect_right(self._starts, address) - 1
        if place < 0 or address - self._starts[place] > _LONGEST:
            return ""
        offset = address - self._starts[place]
        name = visible(self._names[place].decode("utf-8", "backslashreplace"))
        return f"{name}+{offset:#x}" if offset else name

    def text(self, address: int) -> str:
        """Return the symbol, or the address in hex."""
        address %= 1 << 64
        return self.find(address) or f"{address:#x}"

    def _read(self, file: BinaryIO) -> None:
        """Read lines `ffffffff81000000 T name\\t[module]`; addresses are 0 for whoever may not see them."""
        found = []
        try:
            for line in _lines(file):
                parts = line.split(None, 3)
                if len(parts) < 3 or parts[1][0] not in _CODE_AND_DATA:
                    continue
                address = int(parts[0], 16)
                if _KERNEL_HALF <= address < 1 << 64:
                    found.append((address, parts[2]))
        except (OSError, ValueError):
            return
        found.sort(key=lambda item: item[0])
        self._starts = array("Q", [address for address, _ in found])
        self._names = [name for _, name in found]


def _lines(file: BinaryIO) -> list[bytes]:
    data = bytearray()
    while len(data) < MAX_BYTES and (part := file.read(1 << 20)):
        data += part
    return bytes(data).split(b"\n")


@cache
def kernel_symbols() -> KernelSymbols:
    """Return the symbols that all fields of this process share."""
    return KernelSymbols()
