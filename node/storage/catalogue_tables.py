"""Tables of the catalogue: listed packages, the index of their terms, spellings, and how often packages were sent.

A listing's row number begins with how popular it is, so that whoever reads matches in their order meets the popular
ones first and can stop early. All but the downloads is derived from the logs: hubs fill it again when they start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # it takes memory for as long as the hub runs
    import sqlite_utils

POPULARITY_SHIFT = 40  # bits of a row number below the popularity; they are the package's own number
LEVELS = 63  # of popularity: the number of binary digits of the downloads

_INDEX = """
    CREATE VIRTUAL TABLE listing_terms USING fts5(
        terms, content='listings', content_rowid='id', detail=none, prefix='1 2 3', tokenize="ascii tokenchars '~!='"
    )
"""
_TRIGGERS = (
    """CREATE TRIGGER listings_added AFTER INSERT ON listings BEGIN
        INSERT INTO listing_terms (rowid, terms) VALUES (new.id, new.terms);
    END""",
    """CREATE TRIGGER listings_removed AFTER DELETE ON listings BEGIN
        INSERT INTO listing_terms (listing_terms, rowid, terms) VALUES ('delete', old.id, old.terms);
    END""",
    """CREATE TRIGGER listings_changed AFTER UPDATE OF id, terms ON listings BEGIN
        INSERT INTO listing_terms (listing_terms, rowid, terms) VALUES ('delete', old.id, old.terms);
        INSERT INTO listing_terms (rowid, terms) VALUES (new.id, new.terms);
    END""",
)


def create(database: sqlite_utils.Database) -> None:
    """Replace the first catalogue by this one, empty, and let it be filled from the beginning of every log."""
    database.execute("DROP TABLE catalogue")
    database.execute("DROP TABLE catalogue_fts")
    database.execute("DELETE FROM settings WHERE name LIKE 'catalogue %'")
    database.table("packages").create(
        {"id": int, "origin": str, "namespace": str, "name": str, "downloads": int},
        pk="id",
        not_null={"origin", "namespace", "name", "downloads"},
    )
    database.table("packages").create_index(["origin", "namespace", "name"], unique=True)
    _create_listings(database)
    database.execute(_INDEX)
    for trigger in _TRIGGERS:
        database.execute(trigger)
    database.execute(
        "CREATE TABLE spellings (gap TEXT NOT NULL, word TEXT NOT NULL, PRIMARY KEY (gap, word)) WITHOUT ROWID"
    )


def _create_listings(database: sqlite_utils.Database) -> None:
    """The long texts stand last: a row's beginning is read without them."""
    listings = database.table("listings")
    texts = ["facts", "keywords", "version", "publisher", "manifest", "minimum_kernel", "description", "terms"]
    listings.create(
        {"id": int, "package": int, "name": str, "downloads": int, "time": int, "trust": int, "entry": int}
        | dict.fromkeys(texts, str),
        pk="id",
        not_null={"package", "name", "downloads", "time", "trust", "entry", *texts},
    )
    listings.create_index(["package"], unique=True)
    for order in ("time", "downloads", "name"):
        listings.create_index([order, "package"])
