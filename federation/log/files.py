"""A tiled log's files in one folder, in the layout that tlog-tiles serves: tile/…, checkpoint.

Tiles past the committed size may lie there after a crash; they were never published: `trim` removes them.
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from pathlib import Path

from ...schemas.errors import StorageFailed
from ...signing.merkle import HASH_SIZE, leaf_hash
from ..files import write_durably
from .tiles import MAX_LEVEL, TILE_WIDTH, HashTile, TileName, pack_entries, unpack_entries, unpack_entry, width_at

_CACHED_TILES = 512  # of 16 KiB at most, with what is worked out of them: a log of 130,000 entries has as many
_TILES_OF_PROOFS = 16
_LOAD_TRIES = 4


class LogFiles:
    """Reads and grows the tiles below `folder`. `size` is what the caller knows to be committed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._cache: OrderedDict[tuple[int, int], HashTile] = OrderedDict()
        self._lock = threading.Lock()  # of the cache: readers and the writer are threads of one hub

    def read(self, name: TileName, size: int) -> bytes | None:
        """The bytes of a tile of a log of `size` entries, or None when that log has no such tile."""
        have = width_at(name.level, name.index, size)
        if have < name.width:
            return None
        data = self._load(name.level, name.index, have)
        if name.level is not None:
            return data[: name.width * HASH_SIZE]
        return pack_entries(unpack_entries(data, count=name.width))

    def entries(self, index: int, size: int) -> list[bytes]:
        """The entries of bundle `index` of a log of `size` entries."""
        width = width_at(None, index, size)
        return unpack_entries(self._load(None, index, width), count=width) if width else []

    def entry(self, index: int, size: int) -> bytes:
        """One entry."""
        bundle, place = divmod(index, TILE_WIDTH)
        return unpack_entry(self._load(None, bundle, width_at(None, bundle, size)), place)

    def grow(self, size: int, entries: list[bytes]) -> int:
        """Write the tiles of `size` entries followed by `entries`; returns the new size. Raises: StorageFailed."""
        new = size + len(entries)
        self._grow_bundles(size, entries)
        added = b"".join(leaf_hash(entry) for entry in entries)
        for level in range(MAX_LEVEL + 1):
            added = self._grow_level(level, size >> (8 * level), added)
            if not added:
                break
        return new

    def hashes(self, size: int) -> StoredHashes:
        """Hashes of complete subtrees of a log of `size` entries."""
        return StoredHashes(self, size)

    def prune(self, since: int, size: int) -> None:
        """Drop partial tiles of a log of `since` entries that one of `size` outgrew; wider ones answer for them."""
        for level in (None, *range(MAX_LEVEL + 1)):
            index = _count(level, since) // TILE_WIDTH
            for width in self._widths(level, index):
                if width < width_at(level, index, size):
                    with contextlib.suppress(OSError):  # a narrow one more does no harm
                        self._path(level, index, width).unlink()

    def trim(self, size: int) -> None:
        """Drop what a batch that was never committed left beyond `size`. Raises: StorageFailed."""
        try:
            for level in (None, *range(MAX_LEVEL + 1)):
                first = _count(level, size) // TILE_WIDTH
                last = first
                while self._widths(level, last + 1):
                    last += 1
                for index in range(last, first - 1, -1):
                    for width in self._widths(level, index):
                        if width > width_at(level, index, size):
                            self._path(level, index, width).unlink(missing_ok=True)
        except OSError as error:
            raise StorageFailed(f"cannot remove: {error.strerror}", where=str(self.folder)) from error
        with self._lock:
            self._cache.clear()

    def _grow_bundles(self, size: int, entries: list[bytes]) -> None:
        index, pending = size // TILE_WIDTH, list(entries)
        held = self.entries(index, size)
        while pending:
            held, pending = held + pending[: TILE_WIDTH - len(held)], pending[TILE_WIDTH - len(held) :]
            self._store(TileName(None, index, len(held)), pack_entries(held))
            index, held = index + 1, []

    def _grow_level(self, level: int, count: int, added: bytes) -> bytes:
        """Append hashes to a level of `count` hashes; returns the roots of the tiles that became full."""
        index, full = count // TILE_WIDTH, b""
        width = count % TILE_WIDTH
        held = self._load(level, index, width)[: width * HASH_SIZE] if width else b""
        while added:
            room = TILE_WIDTH * HASH_SIZE - len(held)
            held, added = held + added[:room], added[room:]
            self._store(TileName(level, index, len(held) // HASH_SIZE), held)
            if len(held) == TILE_WIDTH * HASH_SIZE:
                full += HashTile(held).root(8, 0)
                index, held = index + 1, b""
        return full

    def _store(self, name: TileName, data: bytes) -> None:
        write_durably(self.folder / name.path, data)
        if name.level is not None:
            with self._lock:
                self._cache.pop((name.level, name.index), None)

    def _load(self, level: int | None, index: int, width: int) -> bytes:
        """A tile of a log that has `width` of it, or a wider one, which starts with the same bytes."""
        name, widths = TileName(level, index, width).path, [width]
        try:
            for _ in range(_LOAD_TRIES):
                for have in widths:
                    with contextlib.suppress(FileNotFoundError):
                        return self._path(level, index, have).read_bytes()
                # the log may have grown meanwhile and dropped the partial tile: then a wider one is there
                widths = [item for item in self._widths(level, index) if item >= width]
        except OSError as error:
            raise StorageFailed(f"cannot read: {error.strerror}", where=name) from error
        raise StorageFailed("a tile of the log is missing", where=name, todo="Run `ebpfhub fsck`.")

    def _widths(self, level: int | None, index: int) -> list[int]:
        """Widths of the files that stand for a tile, rising."""
        partial = self.folder / (TileName(level, index).full_path + ".p")
        try:
            names = [path.name for path in partial.iterdir()]
        except FileNotFoundError:
            names = []
        full = [TILE_WIDTH] if self._path(level, index, TILE_WIDTH).exists() else []
        return [*sorted(int(name) for name in names if name.isdigit()), *full]

    def _path(self, level: int | None, index: int, width: int) -> Path:
        return self.folder / TileName(level, index, width).path

    def cached_tile(self, level: int, index: int, size: int) -> HashTile:
        """A hash tile of a log of `size` entries; full ones never change and are kept for a while."""
        width = width_at(level, index, size)
        with self._lock:
            held = self._cache.get((level, index))
            if held is not None and held.width >= width:
                self._cache.move_to_end((level, index))
                return held
        tile = HashTile(self._load(level, index, width))
        with self._lock:
            self._cache[(level, index)] = tile
            if len(self._cache) > _CACHED_TILES:
                self._cache.popitem(last=False)
        return tile


def _count(level: int | None, size: int) -> int:
    return size if level is None else size >> (8 * level)


class StoredHashes:
    """merkle.Hashes over the files of a log."""

    def __init__(self, files: LogFiles, size: int) -> None:
        self._files = files
        self._size = size
        self._tiles: dict[tuple[int, int], HashTile] = {}  # what one proof needs again and again

    def at(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree."""
        tile_level, inner = divmod(level, 8)
        tile, place = divmod(index << inner, TILE_WIDTH)
        held = self._tiles.get((tile_level, tile))
        if held is None:
            if len(self._tiles) >= _TILES_OF_PROOFS:
                self._tiles.clear()
            held = self._tiles[tile_level, tile] = self._files.cached_tile(tile_level, tile, self._size)
        return held.root(inner, place >> inner)
