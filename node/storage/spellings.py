"""Spellings: the words that the catalogue knows, and the nearest one of them to a word that it does not know.

Every word is kept with its gaps, itself without any one character. Two words that differ by one mistake (a character
too many, missing, another, or two exchanged) share a gap, so a few look-ups find them, however many words there are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from ..hub.words import Word, gaps_of, may_be_mistyped
from .catalogue_match import match
from .database import Database

MAX_CANDIDATES = 64  # words near one word
_COUNTED = 200  # packages of a candidate, up to which more is better


def learn(connection: sqlite3.Connection, terms: Iterable[str]) -> None:
    """Keep the words among packages' terms. In the table's own order, which is quicker where they are many."""
    known = "SELECT 1 FROM spellings WHERE gap = ? AND word = ?"
    words = [term for term in terms if term.isalnum() and may_be_mistyped(Word(term, False))]
    fresh = [word for word in words if connection.execute(known, (word, word)).fetchone() is None]
    rows = sorted((gap, word) for word in fresh for gap in gaps_of(word))
    connection.executemany("INSERT OR IGNORE INTO spellings VALUES (?, ?)", rows)


def corrected(database: Database, words: tuple[Word, ...]) -> tuple[Word, ...] | None:
    """The words with every unknown one replaced by the nearest known; None where none is unknown, or one has none."""
    made = tuple(word if _packages(database, word, 1) else _nearest(database, word) for word in words)
    whole = tuple(word for word in made if word is not None)
    return whole if len(whole) == len(words) and whole != words else None


def _nearest(database: Database, word: Word) -> Word | None:
    if not may_be_mistyped(word):
        return None
    gaps = gaps_of(word.text)
    marks = ", ".join("?" * len(gaps))
    sql = f"SELECT DISTINCT word FROM spellings WHERE gap IN ({marks}) LIMIT ?"  # noqa: S608 — only marks
    found = [Word(row[0], False) for row in database.rows(sql, *gaps, MAX_CANDIDATES)]
    near = [(_mistakes(word.text, other.text), -_packages(database, other, _COUNTED), other.text) for other in found]
    best = min((item for item in near if item[1]), default=None)
    return Word(best[2], False) if best else None


def _packages(database: Database, word: Word, limit: int) -> int:
    sql = "SELECT count(*) FROM (SELECT 1 FROM listing_terms WHERE listing_terms MATCH ? LIMIT ?)"
    row = database.row(sql, match([word], ()), limit)
    return int(row[0]) if row else 0


def _mistakes(one: str, other: str) -> int:
    """How many mistakes lie between two words (Damerau and Levenshtein's distance, adjacent exchanges)."""
    rows = [list(range(len(other) + 1))]
    for i, left in enumerate(one, 1):
        row = [i]
        for j, right in enumerate(other, 1):
            cost = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                cost = min(cost, rows[-2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]
