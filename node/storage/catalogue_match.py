"""A question's words and facts in the languages of SQLite: matches of the full-text index, conditions, and a score.

Words reach SQLite as values or as quoted terms of letters and digits only; nothing of a question is SQL or FTS5 syntax.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from ..hub.catalogue import Fact
from ..hub.words import FACT, GRAM, NAME_GRAM, NAME_WORD, Word

SCORED_WORDS = 4  # of a question; the others are looked for and give no points
Sql = tuple[str, list[str]]  # an expression, and its values


def fact_term(fact: Fact) -> str:
    """The term of a fact: of a fixed form, whatever the value holds."""
    return FACT + hashlib.sha256(f"{fact.facet}={fact.value}".encode()).hexdigest()[:16]


def match(words: Iterable[Word], facts: Iterable[Fact], *, loose: bool = False) -> str:
    """The FTS5 query for packages that have all words and facts; empty where nothing is asked for.

    `loose`: of the pieces of a spaceless word any one is enough.
    """
    return _with_facts([_clause(word, " OR " if loose else " AND ") for word in words], facts)


def match_whole(words: Iterable[Word], facts: Iterable[Fact]) -> str:
    """The same for words as they stand, not for beginnings or parts of longer ones: a quicker look-up."""
    clauses = [_clause(word, " AND ") if word.spaceless else _quoted(word.text) for word in words]
    return _with_facts(clauses, facts)


def match_names(words: Sequence[Word], facts: Sequence[Fact]) -> tuple[str, ...]:
    """The FTS5 queries for packages whose names have words that are, begin with, or contain all these."""
    whole = [_quoted(NAME_WORD + word.text) for word in words]
    made = [whole, [f"{word}*" for word in whole]]
    if all(word.grams for word in words):
        made.append([_quoted(NAME_GRAM + gram) for word in words for gram in word.grams])
    return tuple(_with_facts(clauses, facts) for clauses in made)


def condition(words: Iterable[Word], facts: Iterable[Fact]) -> Sql:
    """The same as `match` as a condition on a listing's terms, for reading listings in another order."""
    clauses, values = [], list[str]()
    for word in words:
        exact = [f" {piece} " for piece in word.pieces] if word.spaceless else []
        begun = [] if word.spaceless else [f" {word.text}"]
        grams = [f" {NAME_GRAM}{gram} " for gram in word.grams] if not word.spaceless else []
        either = [_all(exact or begun), *([_all(grams)] if grams else [])]
        clauses.append(f"({' OR '.join(either)})")
        values += [*exact, *begun, *grams]
    for fact in facts:
        clauses.append(_all([""]))
        values.append(f" {fact_term(fact)} ")
    return " AND ".join(clauses), values


def score(words: Sequence[Word]) -> Sql:
    """How well a listing fits: its name before its keywords before its description; then popularity and trust.

    A name that is the question gives 60 points, a word of it up to 24; each doubling of the downloads gives one point,
    each level of trust two.
    """
    parts, values = ["63 - (l.id >> 40) + 2 * l.trust + 60 * (l.name = ?)"], ["".join(word.text for word in words)]
    for word in words[:SCORED_WORDS]:
        if word.spaceless:
            parts.append("8 * (instr(l.keywords, ?) > 0) + 4 * (instr(l.description, ?) > 0)")
            values += [word.text, word.text]
        else:
            parts.append(
                "CASE instr(l.name, ?) WHEN 0 THEN 8 * (instr(l.keywords, ?) > 0) + 2 * (instr(l.terms, ?) > 0)"
                " WHEN 1 THEN 24 ELSE 14 END"
            )
            values += [word.text, word.text, f" {word.text} "]
    return " + ".join(parts), values


def pieces_held(words: Iterable[Word]) -> Sql:
    """How many pieces of the spaceless words a listing has."""
    pieces = [piece for word in words if word.spaceless for piece in word.pieces]
    return " + ".join(["(instr(l.terms, ?) > 0)"] * len(pieces)) or "0", [f" {piece} " for piece in pieces]


def _with_facts(clauses: Iterable[str], facts: Iterable[Fact]) -> str:
    return " AND ".join([*clauses, *(_quoted(fact_term(fact)) for fact in facts)])


def _clause(word: Word, joint: str) -> str:
    if word.spaceless:
        return f"({joint.join(map(_quoted, word.pieces))})"
    begun = f"{_quoted(word.text)}*"
    if len(word.text) < GRAM:
        return begun
    grams = " AND ".join(_quoted(NAME_GRAM + gram) for gram in word.grams)
    return f"({begun} OR ({grams}))"


def _all(terms: Sequence[str]) -> str:
    return f"({' AND '.join(['instr(l.terms, ?) > 0'] * len(terms))})"


def _quoted(term: str) -> str:
    return '"' + term.replace('"', '""') + '"'
