"""What changed from one release of a package to another: traits that came, went, or read otherwise."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ...federation.blobs import BlobStore
from ...schemas.digest import Digest
from ...schemas.entry import Release
from ...schemas.example import Example
from .release_files import read_release
from .traits import Aspect, Traits, traits_of

MAX_KEPT = 512  # releases whose traits are kept in memory; some kilobytes each
MAX_READING = 2  # releases read at once: an object may have 16 MiB


@dataclass(frozen=True, slots=True)
class Change:
    """One trait that differs: `before` is None for one that came, `after` for one that went."""

    aspect: Aspect
    name: str
    before: str | None
    after: str | None


def compare(old: Traits, new: Traits) -> tuple[Change, ...]:
    """All changes: by aspect, in each what came first, then what went, then what reads otherwise."""
    return tuple(change for aspect in Aspect for change in sorted(_changes(aspect, old, new), key=_order))


def _changes(aspect: Aspect, old: Traits, new: Traits) -> Iterator[Change]:
    before, after = old[aspect], new[aspect]
    for name in before.keys() | after.keys():
        if before.get(name) != after.get(name):
            yield Change(aspect, name, before.get(name), after.get(name))


def _order(change: Change) -> tuple[int, str]:
    return 0 if change.before is None else 1 if change.after is None else 2, change.name


class Told(NamedTuple):
    """What is kept of a release: its traits, and recorded output, which may be of this very code."""

    traits: Traits
    example: Example | None
    is_example_own: bool


class ChangesReader:
    """Compares releases in a blob store. What was read is kept: what a manifest holds never changes."""

    def __init__(self, store: BlobStore) -> None:
        self._store = store
        self._kept: OrderedDict[tuple[Digest, str], Told] = OrderedDict()
        self._reading = asyncio.Semaphore(MAX_READING)

    async def between(self, old: Release, new: Release) -> tuple[Change, ...]:
        """What changed from `old` to `new`. Raises: NotFound, NotTrusted, BadInput, StorageFailed."""
        return compare((await self.told(old)).traits, (await self.told(new)).traits)

    async def told(self, release: Release) -> Told:
        """What one release tells. Raises: as above."""
        key = (release.manifest, str(release.identity))
        found = self._kept.get(key)
        if found is None:
            async with self._reading:
                found = await asyncio.to_thread(self._read, release)
        self._kept[key] = found
        self._kept.move_to_end(key)
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return found

    def _read(self, release: Release) -> Told:
        files = read_release(self._store, release)
        return Told(traits_of(files, release), files.config.example, files.is_example_own)
