"""A Wasm module's data as its memory will hold it: each active segment at its address, zeros where there is none.

Linkers leave out runs of zeros (Go's always does), so that one constant lies in several segments. Nothing is executed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

MAX_SEGMENTS = 500_000
_HEAD_BYTES = 8  # magic and version
_DATA_SECTION = 11
_I32_CONST, _END = 0x41, 0x0B
_ACTIVE, _PASSIVE, _ACTIVE_IN = 0, 1, 2
_LEB_BYTES = 5  # of 32 bits
_address_of, _place_of = attrgetter("address"), attrgetter("place")


class _Unreadable(Exception):
    """Not as the specification has it, or an address that is known at run time only."""


class Segment(NamedTuple):
    """`size` bytes at `place` in the module, which lie at `address` in its memory."""

    place: int
    address: int
    size: int


@dataclass(frozen=True, slots=True)
class MemoryData:
    """The active segments, by their places in the module and by their addresses."""

    by_place: tuple[Segment, ...]
    by_address: tuple[Segment, ...]

    @classmethod
    def of(cls, module: bytes) -> MemoryData:
        """Find the active segments; none where they overlap, are too many, or cannot be read."""
        try:
            found = _segments(module)
        except (_Unreadable, IndexError):
            found = []
        ordered = sorted(found, key=_address_of)
        if any(one.address + one.size > following.address for one, following in pairwise(ordered)):
            found = ordered = []
        return cls(tuple(found), tuple(ordered))

    def read(self, module: bytes, at: int, size: int) -> bytes:
        """Up to `size` bytes from `at` in the module on: as they lie in its memory, or in the file outside of that."""
        begin = self._address(at)
        if begin is None:
            return module[at : at + size]
        made = bytearray(size)
        first = bisect_right(self.by_address, begin, key=_address_of) - 1
        for index in range(first, bisect_left(self.by_address, begin + size, key=_address_of)):
            segment = self.by_address[index]
            skipped, into = max(begin - segment.address, 0), max(segment.address - begin, 0)
            count = min(segment.size - skipped, size - into)
            made[into : into + count] = module[segment.place + skipped : segment.place + skipped + count]
        return bytes(made)

    def after(self, at: int, size: int) -> int:
        """Return the place in the module where that ends."""
        begin = self._address(at)
        if begin is None:
            return at + size
        last = self.by_address[bisect_right(self.by_address, begin + size, key=_address_of) - 1]
        return last.place + min(begin + size - last.address, last.size)

    def _address(self, at: int) -> int | None:
        index = bisect_right(self.by_place, at, key=_place_of) - 1
        segment = self.by_place[index] if index >= 0 else None
        return segment.address + at - segment.place if segment and at < segment.place + segment.size else None


def _segments(module: bytes) -> list[Segment]:
    """Each active segment that is not empty. Raises: _Unreadable, IndexError."""
    at = _HEAD_BYTES
    while at < len(module):
        kind = module[at]
        size, at = _number(module, at + 1)
        if kind == _DATA_SECTION:
            return _active(module, at)
        at += size
    return []


def _active(module: bytes, at: int) -> list[Segment]:
    count, at = _number(module, at)
    if count > MAX_SEGMENTS:
        raise _Unreadable
    found: list[Segment] = []
    for _ in range(count):
        kind, at = _number(module, at)
        if kind == _ACTIVE_IN:
            memory, at = _number(module, at)
            kind = _ACTIVE if memory == 0 else kind
        if kind not in (_ACTIVE, _PASSIVE):
            raise _Unreadable
        address, at = _address(module, at) if kind == _ACTIVE else (0, at)
        size, at = _number(module, at)
        if at + size > len(module):
            raise _Unreadable
        if kind == _ACTIVE and size:
            found.append(Segment(at, address, size))
        at += size
    return found


def _address(module: bytes, at: int) -> tuple[int, int]:
    """Read `i32.const ADDRESS end`; an address is without a sign, its constant has one."""
    if module[at] != _I32_CONST:
        raise _Unreadable
    word, end = _number(module, at + 1, signed=True)
    if module[end] != _END:
        raise _Unreadable
    return word, end + 1


def _number(module: bytes, at: int, *, signed: bool = False) -> tuple[int, int]:
    """Read a LEB128 number of 32 bits, and where it ends; a signed one is returned modulo 2^32."""
    word = 0
    for index in range(_LEB_BYTES):
        byte = module[at + index]
        word |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            if signed and byte & 0x40:
                word -= 1 << (7 * (index + 1))
            return word & 0xFFFFFFFF, at + index + 1
    raise _Unreadable
