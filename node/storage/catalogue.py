"""The catalogue in SQLite: what comes in, and how often packages were sent. How it is searched is another module's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ..hub.catalogue import Answer, Found, Listing, PackageKey, Question
from ..hub.words import asked_words
from .catalogue_rows import put_listing, raise_downloads, remove_listing
from .catalogue_search import answer, listed
from .database import Database
from .spellings import corrected, learn

_KNOWN = """
    INSERT INTO settings (name, value) VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET value = max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER))
"""


class SqliteCatalogue:
    """A Catalogue in the hub's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known_size(self, origin: str) -> int:
        """Entries of an origin's log that the catalogue has taken in."""
        row = self._database.row("SELECT value FROM settings WHERE name = ?", f"catalogue {origin}")
        return int(row[0]) if row else 0

    def put(self, listings: Iterable[Listing]) -> None:
        """Take in releases; of a package's versions the highest is shown, a final one before a pre-release."""
        with self._database.transaction(durable=False) as connection:
            terms: set[str] = set()
            sizes: dict[str, int] = {}
            for listing in listings:
                terms |= put_listing(connection, listing)
                sizes[listing.key.origin] = max(listing.entry + 1, sizes.get(listing.key.origin, 0))
            learn(connection, terms)
            for origin, size in sizes.items():
                connection.execute(_KNOWN, (f"catalogue {origin}", size))

    def replace(self, key: PackageKey, listing: Listing | None, *, known: int) -> None:
        """Show exactly this listing of a package, or nothing; `known` entries of its log are taken in then."""
        with self._database.transaction(durable=False) as connection:
            remove_listing(connection, key)
            if listing is not None:
                put_listing(connection, listing)
            connection.execute(_KNOWN, (f"catalogue {key.origin}", known))

    def get(self, key: PackageKey) -> Found | None:
        """One package, as it is listed."""
        return listed(self._database, key)

    def count(self) -> int:
        """Number of packages, of all origins."""
        row = self._database.row("SELECT count(*) FROM listings")
        return int(row[0]) if row else 0

    def add_downloads(self, counts: Mapping[PackageKey, int]) -> None:
        """Add to how often packages were sent; what is in no log has no effect."""
        with self._database.transaction(durable=False) as connection:
            for key, more in counts.items():
                raise_downloads(connection, key, more)

    def search(self, question: Question) -> Answer:
        """Answer a question. Takes milliseconds.

        Where nothing has the words as they are written, the nearest words that are known are looked for; and then, of
        words in a script without spaces, a third of their pieces: every other pair of characters is of two words.
        """
        words = asked_words(question.text)
        if question.text.strip() and not words:
            return Answer((), 0, True)  # nothing but punctuation
        found = answer(self._database, question, words)
        if found.total or not words:
            return found
        better = corrected(self._database, words)
        if better is None:
            divisible = any(len(word.pieces) > 1 for word in words if word.spaceless)
            return answer(self._database, question, words, loose=True) if divisible else found
        again = answer(self._database, question, better)
        return replace(again, corrected=" ".join(word.text for word in better)) if again.total else found
