"""How the catalogue's rows answer a question: matches by the index, popular ones first; then order, page and counts.

A broad question stops at MAX_HITS matches, so every answer takes milliseconds. In an order other than by relevance its
listings are read in that order then, and tested one by one: where matches are many, the next one is near.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from heapq import nsmallest
from itertools import chain
from typing import NamedTuple

from ..hub.catalogue import MAX_HITS, MAX_SHOWN_VALUES, Answer, Count, Facet, Found, PackageKey, Question, Sort
from ..hub.words import Word
from .catalogue_match import Sql, condition, match, match_names, match_whole, pieces_held, score
from .catalogue_rows import FIELDS, read_row
from .database import Database, Row

NAME_HITS = 200  # matches of names, of each kind, that are ranked besides those of any text
_KEYS = {Sort.NEW: "l.time", Sort.POPULAR: "l.downloads", Sort.NAME: "l.name"}
_MATCHED = (
    "(SELECT rowid FROM listing_terms WHERE listing_terms MATCH ? ORDER BY rowid LIMIT ?) h"
    " CROSS JOIN listings l ON l.id = h.rowid"
)


class _Hit(NamedTuple):
    """A match: what it is ordered by, its package's number, its facts as they are stored."""

    key: str | int
    package: int
    facts: str


def answer(database: Database, question: Question, words: tuple[Word, ...], *, loose: bool = False) -> Answer:
    """The answer to a question with these words. `loose`: a third of the pieces of spaceless words is enough."""
    hits = _hits(database, question, words, loose=loose)
    cut = len(hits) > MAX_HITS
    if cut and question.order is Sort.RELEVANCE:
        hits = _with_named(database, question, words, hits[:MAX_HITS])
    page = _walk(database, question, words) if cut and question.order in _KEYS else _page(database, hits, question)
    shown, more = page[: question.limit], len(page) > question.limit
    everything = cut and not words and not question.facts
    total = database.rows("SELECT count(*) FROM listings")[0][0] if everything else min(len(hits), MAX_HITS)
    return Answer(
        _read(database, shown),
        total,
        everything or not cut,
        _counted(hits[:MAX_HITS]),
        next=_next(question, shown) if more else None,
    )


def listed(database: Database, key: PackageKey) -> Found | None:
    """One package by its name."""
    row = database.row(
        f"SELECT {FIELDS} FROM listings l JOIN packages p ON p.id = l.package"  # noqa: S608 — fixed fields
        " WHERE p.origin = ? AND p.namespace = ? AND p.name = ?",
        *key,
    )
    return read_row(row) if row else None


def _hits(database: Database, question: Question, words: tuple[Word, ...], *, loose: bool) -> list[_Hit]:
    """Up to MAX_HITS matches, and one more if there are more."""
    key, values = _key(question.order, words)
    if not words and not question.facts:
        sql = f"SELECT {key}, l.package, l.facts FROM listings l ORDER BY l.id LIMIT ?"  # noqa: S608 — fixed keys
        return [_Hit(*row) for row in database.rows(sql, *values, MAX_HITS + 1)]
    if loose:
        return _loose_hits(database, question, words)
    sql = f"SELECT {key}, l.package, l.facts FROM {_MATCHED}"  # noqa: S608 — fixed expressions
    rows: list[Row] = []
    for asked in dict.fromkeys((match_whole(words, question.facts), match(words, question.facts))):
        rows = database.rows(sql, *values, asked, MAX_HITS + 1)
        if len(rows) > MAX_HITS:
            break  # whole words alone match that often: beginnings and parts, which cost more, are not looked up
    return [_Hit(*row) for row in rows]


def _loose_hits(database: Database, question: Question, words: tuple[Word, ...]) -> list[_Hit]:
    """Matches that have a third of the pieces of spaceless words; by relevance, those with more of them first."""
    key, values = _key(question.order, words)
    held, pieces = pieces_held(words)
    if question.order is Sort.RELEVANCE:
        key, values = f"{key} + 10 * ({held})", [*values, *pieces]
    sql = f"SELECT {key}, l.package, l.facts FROM {_MATCHED} WHERE {held} >= ?"  # noqa: S608 — fixed expressions
    asked = match(words, question.facts, loose=True)
    rows = database.rows(sql, *values, asked, MAX_HITS + 1, *pieces, -(len(pieces) // -3))
    return [_Hit(*row) for row in rows]


def _with_named(database: Database, question: Question, words: tuple[Word, ...], hits: list[_Hit]) -> list[_Hit]:
    """Add matches of names: what is popular must not hide the package that has a broad word's very name."""
    if not words or any(word.spaceless for word in words):
        return hits
    key, values = _key(question.order, words)
    found = {hit.package: hit for hit in hits}
    for asked in match_names(words, question.facts):
        sql = f"SELECT {key}, l.package, l.facts FROM {_MATCHED}"  # noqa: S608 — fixed expressions
        for row in database.rows(sql, *values, asked, NAME_HITS):
            found[row[1]] = _Hit(*row)
    return list(found.values())


def _page(database: Database, hits: list[_Hit], question: Question) -> list[_Hit]:
    """The hits of the page that is asked for, in their order, and one more if there is one."""
    order, after = question.order, question.after
    if order is Sort.RELEVANCE:
        hits.sort(key=lambda hit: (-int(hit.key), hit.package))
        start = question.offset if after is None else after
        return hits[start : start + question.limit + 1]
    rising = order is Sort.NAME
    hits.sort(key=lambda hit: (hit.key, hit.package), reverse=not rising)
    if after is None:
        return hits[question.offset : question.offset + question.limit + 1]
    place = _place(database, order, after)
    behind = [hit for hit in hits if place and hit[:2] != place and (hit[:2] > place) == rising]
    return behind[: question.limit + 1]


def _walk(database: Database, question: Question, words: tuple[Word, ...]) -> list[_Hit]:
    """The same for a question with very many matches: listings are read in the order that is asked for."""
    key, after = _KEYS[question.order], question.after
    place = () if after is None else _place(database, question.order, after)
    if place is None:
        return []
    test, values = condition(words, question.facts)
    way, than = ("ASC", ">") if question.order is Sort.NAME else ("DESC", "<")
    behind = f"({key}, l.package) {than} (?, ?)" if place else "1"
    sql = (
        f"SELECT {key}, l.package, '' FROM listings l WHERE {behind} AND {test or '1'}"  # noqa: S608 — as above
        f" ORDER BY {key} {way}, l.package {way} LIMIT ? OFFSET ?"
    )
    rows = database.rows(sql, *place, *values, question.limit + 1, 0 if place else question.offset)
    return [_Hit(*row) for row in rows]


def _place(database: Database, order: Sort, package: int) -> tuple[str | int, int] | None:
    """Where a package stands now in an order; None for one that is not listed."""
    row = database.row(f"SELECT {_KEYS[order]}, l.package FROM listings l WHERE l.package = ?", package)  # noqa: S608
    return (row[0], row[1]) if row else None


def _next(question: Question, shown: Sequence[_Hit]) -> int:
    """Where the answer goes on. By relevance, a place is how many packages stand before it."""
    if question.order is Sort.RELEVANCE:
        return (question.offset if question.after is None else question.after) + len(shown)
    return shown[-1].package


def _read(database: Database, hits: Sequence[_Hit]) -> tuple[Found, ...]:
    numbers = [hit.package for hit in hits]
    marks = ", ".join("?" * len(numbers))
    sql = f"SELECT {FIELDS} FROM listings l JOIN packages p ON p.id = l.package WHERE l.package IN ({marks})"  # noqa: S608
    rows: dict[int, Row] = {row[0]: row for row in database.rows(sql, *numbers)}
    return tuple(read_row(rows[number]) for number in numbers if number in rows)


def _key(order: Sort, words: tuple[Word, ...]) -> Sql:
    return score(words) if order is Sort.RELEVANCE else (_KEYS[order], [])


def _counted(hits: Sequence[_Hit]) -> dict[Facet, tuple[Count, ...]]:
    """How many hits have each value of each facet, the commonest first."""
    lines = Counter(chain.from_iterable(hit.facts.split("\n") for hit in hits))
    counts: dict[str, list[Count]] = {facet: [] for facet in Facet}
    for line, packages in lines.items():
        facet, _, value = line.partition("=")
        counts[facet].append(Count(value, packages))
    return {facet: _commonest(counts[facet]) for facet in Facet}


def _commonest(counts: list[Count]) -> tuple[Count, ...]:
    return tuple(nsmallest(MAX_SHOWN_VALUES, counts, key=lambda count: (-count.packages, count.value)))
