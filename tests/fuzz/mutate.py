"""Damage to valid inputs, the same for the same seed: what a broken disk, a careless writer or an attacker changes.

It knows numbers, sizes, JSON and the order of parts, and no format. No coverage guides it; guided.py has that.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

MAX_BYTES = 1 << 20  # of a mutated input; what is larger would only be slower
_MAX_CHANGES = 5
_EDGES = (
    0,
    1,
    2,
    3,
    7,
    8,
    16,
    255,
    256,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
    2**63 - 1,
    2**64 - 1,
)
_WORDS = (
    b"\0", b"\0" * 8, b"\0" * 512, b"\xff" * 8, b"/", b"../", b"..", b"./", b"-1", b"9" * 30, b"1e999", b"%s%n", b"\xc3\x28", b"\xed\xa0\x80",
    b"'", b'"', b"\\ud800", b"(" * 40, b"[" * 2000, b"not ", b" and ", b"___", b"@sha256:", b":", b"\x1b[2J", "ſ²٣é".encode(), b"A" * 5000,
)  # fmt: skip
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**31, 2**32, 2**63, 2**64, 10**400, 0.5, -0.0, 1e308, "", "x", "x" * 5000, "\0", "\ud800", "../..", [], {}, [[]],
    [None] * 2000, {"": {}}, {"kind": "array"},
)  # fmt: skip


def mutated(seeds: Sequence[bytes], seed: str, number: int) -> bytes:
    """Make input `number` of a run out of valid ones: some changes to one of them. At most MAX_BYTES bytes."""
    chance = Random(f"{seed} {number}")
    return changed(chance.choice(seeds), seeds, chance)


def changed(data: bytes, seeds: Sequence[bytes], chance: Random) -> bytes:
    """Change an input a few times; `seeds` are what parts of others come from."""
    for _ in range(chance.randint(1, _MAX_CHANGES)):
        if data[:1] in (b"{", b"[") and chance.random() < 0.6:
            data = _tree(data, chance)
        else:
            data = chance.choice(_CHANGES)(bytearray(data), seeds, chance)[:MAX_BYTES]
    return data


def _flip(data: bytearray, _seeds: Sequence[bytes], chance: Random) -> bytes:
    for _ in range(chance.choice((1, 1, 2, 8)) if data else 0):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


def _noise(data: bytearray, _seeds: Sequence[bytes], chance: Random) -> bytes:
    at, size = _span(data, chance, most=64)
    data[at : at + size] = chance.randbytes(size)
    return bytes(data)


def _number(data: bytearray, _seeds: Sequence[bytes], chance: Random) -> bytes:
    """Replace a number of one to eight bytes: by an edge, by a size of this input, or by a neighbour."""
    form = chance.choice(("<B", "<H", "<I", "<I", "<Q"))
    size = struct.calcsize(form)
    if len(data) < size:
        return bytes(data)
    at = chance.randrange(len(data) - size + 1)
    at -= at % size * chance.randrange(2)
    (old,) = struct.unpack_from(form, data, at)
    new = chance.choice(
        (chance.choice(_EDGES), len(data), len(data) - at, old + 1, old - 1, old * 2, old ^ 0xFF, chance.randrange(256))
    )
    struct.pack_into(form, data, at, new % (1 << 8 * size))
    return bytes(data)


def _digits(data: bytearray, _seeds: Sequence[bytes], chance: Random) -> bytes:
    """Change a number that is written in figures."""
    places = [at for at, byte in enumerate(data[:65536]) if 48 <= byte <= 57]
    if places:
        at = chance.choice(places)
        data[at : at + 1] = chance.choice((b"", b"0", b"7", b"9", b"-1", b"99", b"9" * 25, b"."))
    return bytes(data)


def _truncate(data: bytearray, _seeds: Sequence[bytes], chance: Random) -> bytes:
    return bytes(data[: chance.randint(0, len(data))])


def _cut(data: bytearray, _seeds: Sequence[bytes], chance: Random) -> bytes:
    at, size = _span(data, chance)
    del data[at : at + size]
    return bytes(data)


def _insert(data: bytearray, _seeds: Sequence[bytes], chance: Random) -> bytes:
    at = chance.randint(0, len(data))
    data[at:at] = chance.choice(_WORDS)
    return bytes(data)


def _repeat(data: bytearray, _seeds: Sequence[bytes], chance: Random) -> bytes:
    at, size = _span(data, chance)
    times = chance.choice((1, 1, 2, 10, 300))
    data[at:at] = (data[at : at + size] * times)[:MAX_BYTES]
    return bytes(data)


def _copy(data: bytearray, _seeds: Sequence[bytes], chance: Random) -> bytes:
    """Lay one part over another, as a table whose rows were mixed up."""
    at, size = _span(data, chance)
    part = data[at : at + size]
    place = chance.randint(0, max(len(data) - size, 0))
    data[place : place + size] = part
    return bytes(data)


def _splice(data: bytearray, seeds: Sequence[bytes], chance: Random) -> bytes:
    other = chance.choice(seeds)
    begin, end = sorted((chance.randint(0, len(other)), chance.randint(0, len(other))))
    at, size = _span(data, chance)
    data[at : at + size] = other[begin:end]
    return bytes(data)


def _cross(data: bytearray, seeds: Sequence[bytes], chance: Random) -> bytes:
    """Begin as one and end as another."""
    other = chance.choice(seeds)
    return bytes(data[: chance.randint(0, len(data))]) + other[chance.randint(0, len(other)) :]


_CHANGES: tuple[Callable[[bytearray, Sequence[bytes], Random], bytes], ...] = (
    _flip, _flip, _noise, _number, _number, _number, _digits, _truncate, _cut, _insert, _repeat, _copy, _splice, _cross,
)  # fmt: skip


def _span(data: bytearray, chance: Random, *, most: int = 4096) -> tuple[int, int]:
    """A place, and a number of bytes from there: small ones as often as large ones."""
    if not data:
        return 0, 0
    at = chance.randrange(len(data))
    return at, chance.randint(1, max(1, min(chance.choice((1, 4, 24, most)), len(data) - at)))


def _tree(data: bytes, chance: Random) -> bytes:
    """Replace, take out or move a value anywhere in a JSON document."""
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        return data
    places = list(_places(tree))
    if not places:
        return data
    holder, key = chance.choice(places)
    what = chance.randrange(6)
    if what == 0:
        del holder[key]
    elif what == 1 and isinstance(holder, list):
        holder.extend(holder[key : key + 1] * chance.choice((1, 3, 400)))
    elif what == 2:
        other, place = chance.choice(places)
        value = json.loads(json.dumps(other[place]))  # a copy, so that no circle comes to be
        holder[key] = value
    elif isinstance(holder[key], int) and what == 3:
        holder[key] = chance.choice((*_EDGES, holder[key] + 1, holder[key] - 1, -holder[key]))
    elif isinstance(holder[key], str) and what == 4:
        holder[key] += chance.choice(_WORDS).decode("utf-8", "replace")
    else:
        holder[key] = chance.choice(_VALUES)
    return _written(tree, data)


def _written(tree: Any, before: bytes) -> bytes:
    try:
        return json.dumps(tree).encode()[:MAX_BYTES]
    except (ValueError, RecursionError):
        return before


def _places(tree: Any) -> list[tuple[Any, Any]]:
    made: list[tuple[Any, Any]] = []
    waiting = [tree]
    while waiting:
        item = waiting.pop()
        keys = list(item) if isinstance(item, dict) else range(len(item)) if isinstance(item, list) else ()
        made += [(item, key) for key in keys]
        waiting += [item[key] for key in keys]
    return made
