"""Rows of the catalogue: writing a listing, its package's number and popularity, and reading it back."""

from __future__ import annotations

import sqlite3

from ...schemas.semver import Version
from ..hub.catalogue import Facet, Fact, Found, Listing, PackageKey
from ..hub.words import terms_of
from .catalogue_match import fact_term
from .catalogue_tables import LEVELS, POPULARITY_SHIFT
from .database import Row

FIELDS = (
    "l.package, p.origin, p.namespace, p.name, l.version, l.description, l.keywords, l.publisher, l.manifest, l.entry,"
    " l.time, l.facts, l.minimum_kernel, l.trust, l.downloads"
)
_NUMBER = "SELECT id, downloads FROM packages WHERE origin = ? AND namespace = ? AND name = ?"
_PUT = """
    INSERT INTO listings (id, package, name, downloads, time, trust, entry, facts, keywords, version, publisher,
        manifest, minimum_kernel, description, terms)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def put_listing(connection: sqlite3.Connection, listing: Listing) -> set[str]:
    """Show a listing, unless its package's row has a higher version; returns the terms of its texts."""
    number, downloads = _package(connection, listing.key)
    held = connection.execute("SELECT version FROM listings WHERE package = ?", (number,)).fetchone()
    if held is not None and _rank(held[0]) > _rank(listing.version):
        return set()
    if held is not None:
        connection.execute("DELETE FROM listings WHERE package = ?", (number,))
    terms = terms_of(listing.key.name, (listing.key.namespace, listing.description, *listing.keywords))
    found = terms | {fact_term(fact) for fact in listing.facts}
    row = (
        *(_place(number, downloads), number, listing.key.name, downloads, listing.time, listing.trust, listing.entry),
        *("\n".join(map(_line, listing.facts)), "\n".join(listing.keywords)),
        *(listing.version, listing.publisher, listing.manifest, listing.minimum_kernel, listing.description),
        f" {' '.join(sorted(found))} ",
    )
    connection.execute(_PUT, row)
    return terms


def remove_listing(connection: sqlite3.Connection, key: PackageKey) -> None:
    """Show nothing of a package. Its number and downloads stay."""
    found = connection.execute(_NUMBER, key).fetchone()
    if found is not None:
        connection.execute("DELETE FROM listings WHERE package = ?", (found[0],))


def raise_downloads(connection: sqlite3.Connection, key: PackageKey, more: int) -> None:
    """Add to a package's downloads; its listing moves when it becomes more popular by a level."""
    found = connection.execute(_NUMBER, key).fetchone()
    if found is None:
        return
    number, before = found
    now = before + more
    connection.execute("UPDATE packages SET downloads = ? WHERE id = ?", (now, number))
    if now.bit_length() == before.bit_length():
        connection.execute("UPDATE listings SET downloads = ? WHERE package = ?", (now, number))
    else:
        place = _place(number, now)
        connection.execute("UPDATE listings SET downloads = ?, id = ? WHERE package = ?", (now, place, number))


def read_row(row: Row) -> Found:
    """A package of an answer, of the columns FIELDS."""
    _, origin, namespace, name, version, description, keywords, publisher, manifest, entry, time, facts, *rest = row
    kernel, trust, downloads = rest
    listing = Listing(
        PackageKey(origin, namespace, name),
        version,
        description,
        tuple(keywords.split("\n")) if keywords else (),
        publisher,
        manifest,
        entry,
        time,
        tuple(_fact(line) for line in facts.split("\n")),
        kernel,
        trust,
    )
    return Found(listing, downloads)


def _line(fact: Fact) -> str:
    return f"{fact.facet}={fact.value}".replace("\n", " ")


def _fact(line: str) -> Fact:
    facet, _, value = line.partition("=")
    return Fact(Facet(facet), value)


def _package(connection: sqlite3.Connection, key: PackageKey) -> tuple[int, int]:
    """A package's number, which it keeps for ever, and its downloads."""
    found = connection.execute(_NUMBER, key).fetchone()
    if found is not None:
        return int(found[0]), int(found[1])
    made = connection.execute("INSERT INTO packages (origin, namespace, name, downloads) VALUES (?, ?, ?, 0)", key)
    return int(made.lastrowid or 0), 0


def _place(number: int, downloads: int) -> int:
    """The row number of a listing: the more popular, the smaller."""
    return (LEVELS - min(downloads.bit_length(), LEVELS)) << POPULARITY_SHIFT | number


def _rank(text: str) -> tuple[bool, Version]:
    version = Version.parse(text)
    return not version.pre, version
