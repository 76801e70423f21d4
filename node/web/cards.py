"""A package in a list: what a card shows of it. The catalogue knows the facts, templates have the words and HTML."""

from __future__ import annotations

from dataclasses import dataclass

from ..hub.catalogue import Facet, Found
from ..hub.categories import Category
from ..hub.listing import CHANGES_NOTHING

_ALTERS = ("changes:", "persists:")
MAX_ATTACH = 4  # attach types on a card


@dataclass(frozen=True, slots=True)
class Card:
    """One package: its listed version; `released` in Unix seconds; `changes` tells what it may alter, by its code."""

    origin: str
    namespace: str
    name: str
    version: str
    description: str
    publisher: str
    released: int
    downloads: int
    categories: tuple[str, ...]
    attach: tuple[str, ...]
    changes: tuple[str, ...]

    @property
    def runs(self) -> bool:
        """Whether it is a program, and no archive of kernel types."""
        return Category.KERNEL_TYPES not in self.categories

    @classmethod
    def of(cls, found: Found) -> Card:
        """The card of a package that was found."""
        listing = found.listing
        return cls(
            *listing.key,
            listing.version,
            listing.description,
            listing.publisher,
            listing.time,
            found.downloads,
            found.values(Facet.CATEGORY),
            found.values(Facet.ATTACH)[:MAX_ATTACH],
            tuple(
                word for word in found.values(Facet.PERMISSION) if word.startswith(_ALTERS) and word != CHANGES_NOTHING
            ),
        )
