"""Listings for tests of the catalogue: what search would keep of releases, without the releases."""

from __future__ import annotations

from ebpfhub.node.hub.catalogue import Facet, Fact, Listing, PackageKey

ORIGIN = "hub.test"


def listing(name: str, description: str = "", *facts: Fact, **changes: object) -> Listing:
    """A listing of library/NAME 1.0.0; `changes` replace fields, or parts of the key."""
    key = PackageKey(
        str(changes.pop("origin", ORIGIN)), str(changes.pop("namespace", "library")), str(changes.pop("name", name))
    )
    fields: dict[str, object] = {
        "version": "1.0.0",
        "description": description,
        "keywords": (),
        "publisher": "someone@example.org",
        "manifest": "sha256:" + "0" * 64,
        "entry": 0,
        "time": 1_700_000_000,
        "facts": (*facts, Fact(Facet.ORIGIN, key.origin)),
        "minimum_kernel": "",
        "trust": 4,
    }
    return Listing(key, **(fields | changes))  # type: ignore[arg-type]


def category(value: str) -> Fact:
    """A package's category."""
    return Fact(Facet.CATEGORY, value)


def permission(value: str) -> Fact:
    """What a package may do."""
    return Fact(Facet.PERMISSION, value)
