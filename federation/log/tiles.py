"""Coordinates and contents of tiles (c2sp.org/tlog-tiles): pure, no files.

A hash tile of level L and index N holds hashes of complete subtrees of height 8*L; 256 of them are one of level L+1.
An entry bundle holds up to 256 entries, each behind its length in 16 bits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...schemas.entry import MAX_ENTRY_BYTES
from ...schemas.errors import BadInput
from ...signing.merkle import HASH_SIZE, node_hash

TILE_WIDTH = 256  # hashes of a full tile, entries of a full bundle
MAX_BUNDLE_BYTES = TILE_WIDTH * (2 + MAX_ENTRY_BYTES)
MAX_LEVEL = 7  # 2^63 entries
_PATH = re.compile(r"tile/(entries|[0-7])/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


@dataclass(frozen=True, slots=True)
class TileName:
    """A hash tile (level 0 to 7) or an entry bundle (level None); `width` counts its hashes or entries, 1 to 256."""

    level: int | None
    index: int
    width: int = TILE_WIDTH

    @classmethod
    def parse(cls, path: str) -> TileName:
        """Read `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`. Raises: BadInput."""
        match = _PATH.fullmatch(path)
        if match is None:
            raise BadInput(f"{path[:80]!r} is not a tile", where="tile")
        width = int(match[3]) if match[3] else TILE_WIDTH
        made = cls(
            None if match[1] == "entries" else int(match[1]), int(match[2].replace("x", "").replace("/", "")), width
        )
        if width > TILE_WIDTH or (match[3] and width == TILE_WIDTH) or made.path != path:
            raise BadInput(f"{path[:80]!r} is not a tile", where="tile")
        return made

    @property
    def path(self) -> str:
        """The path below the log's prefix."""
        return self.full_path if self.width == TILE_WIDTH else f"{self.full_path}.p/{self.width}"

    @property
    def full_path(self) -> str:
        """The path that the tile has when it is full."""
        groups = [f"{self.index % 1000:03}"]
        rest = self.index // 1000
        while rest:
            groups.insert(0, f"x{rest % 1000:03}")
            rest //= 1000
        return f"tile/{'entries' if self.level is None else self.level}/{'/'.join(groups)}"


def width_at(level: int | None, index: int, size: int) -> int:
    """Width, 0 to 256, of a tile in a log of `size` entries."""
    count = size if level is None else size >> (8 * level)
    return max(0, min(TILE_WIDTH, count - index * TILE_WIDTH))


def tile_names(size: int, since: int = 0) -> list[TileName]:
    """Tiles and bundles of a log of `size` entries that one of `since` entries did not have in that width."""
    names = []
    for level in (None, *range(MAX_LEVEL + 1)):
        count, had = (size, since) if level in (None, 0) else (size >> (8 * level), since >> (8 * level))
        if count == had:
            continue
        for index in range(had // TILE_WIDTH, -(-count // TILE_WIDTH)):
            names.append(TileName(level, index, width_at(level, index, size)))
    return names


def pack_entries(entries: list[bytes]) -> bytes:
    """Write an entry bundle. Raises: BadInput when an entry has more than MAX_ENTRY_BYTES."""
    if any(len(entry) > MAX_ENTRY_BYTES for entry in entries):
        raise BadInput(f"an entry has more than {MAX_ENTRY_BYTES} bytes", where="entry bundle")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def unpack_entries(data: bytes, *, count: int, where: str = "entry bundle") -> list[bytes]:
    """Read an entry bundle's first `count` entries; there may be more. Raises: BadInput."""
    entries: list[bytes] = []
    place = 0
    while len(entries) < count:
        end = place + 2 + int.from_bytes(data[place : place + 2], "big")
        if place + 2 > len(data) or end > len(data):
            raise BadInput(f"holds fewer than {count} entries", where=where)
        entries.append(data[place + 2 : end])
        place = end
    return entries


def unpack_entry(data: bytes, place: int, *, where: str = "entry bundle") -> bytes:
    """One entry of a bundle, without reading the others. Raises: BadInput."""
    start = 0
    for _ in range(place):
        start += 2 + int.from_bytes(data[start : start + 2], "big")
    end = start + 2 + int.from_bytes(data[start : start + 2], "big")
    if start + 2 > len(data) or end > len(data):
        raise BadInput(f"holds fewer than {place + 1} entries", where=where)
    return data[start + 2 : end]


class HashTile:
    """A hash tile's data, with the roots of the complete subtrees in it, which are worked out when first asked for.

    Safe for several threads: at worst two do the same work.
    """

    __slots__ = ("_levels",)

    def __init__(self, data: bytes) -> None:
        self._levels: tuple[bytes, ...] = (data,)

    @property
    def width(self) -> int:
        """How many hashes the tile holds."""
        return len(self._levels[0]) // HASH_SIZE

    def root(self, level: int, index: int) -> bytes:
        """Root of the complete subtree `index` of the tile's own 2^level hashes; level is 0 to 8."""
        levels = self._levels
        if len(levels) <= level:
            while len(levels) <= level:
                levels = (*levels, _halved(levels[-1]))
            self._levels = levels
        return levels[level][index * HASH_SIZE : (index + 1) * HASH_SIZE]


def _halved(hashes: bytes) -> bytes:
    """The roots of every two neighbours; of an odd number, the last has none."""
    places = range(0, len(hashes) - HASH_SIZE, 2 * HASH_SIZE)
    pairs = ((hashes[place : place + HASH_SIZE], hashes[place + HASH_SIZE : place + 2 * HASH_SIZE]) for place in places)
    return b"".join(node_hash(*pair) for pair in pairs)
