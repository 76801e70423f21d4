"""The words of a text and of a question, as the catalogue's index knows them. No language's grammar, and no storage.

Scripts without spaces between words (Chinese, Japanese, Korean) are taken by single characters and by pairs of them,
so that a word of one or two characters is found like any other. All other words are found by their beginnings, and in
names by any three characters that follow each other.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

MAX_TEXT_CHARS = 8192  # of one package that are looked at
MAX_WORD_CHARS = 64
MAX_WORDS = 8  # of a question
MAX_ASKED_CHARS = 32  # of one word of a question
GRAM = 3  # characters
NAME_GRAM, NAME_WORD, FACT = "~", "!", "="  # marks before terms that are no words of a text
_SPACELESS = (
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUN = re.compile(rf"[{_SPACELESS}]+|[^\W_{_SPACELESS}]+")
_SPACELESS_RUN = re.compile(rf"[{_SPACELESS}]")


@dataclass(frozen=True, slots=True)
class Word:
    """One word, in lower case; `spaceless` for a run of a script without spaces."""

    text: str
    spaceless: bool

    @property
    def pieces(self) -> tuple[str, ...]:
        """What a spaceless run is looked up by: its pairs of characters, or the only character."""
        pairs = tuple(self.text[at : at + 2] for at in range(len(self.text) - 1))
        return pairs or (self.text,)

    @property
    def grams(self) -> tuple[str, ...]:
        """Every three characters that follow each other, each once."""
        return tuple(dict.fromkeys(self.text[at : at + GRAM] for at in range(len(self.text) - GRAM + 1)))


def words_of(text: str) -> Iterator[Word]:
    """The words of a text in their order (Unicode NFKC, case folded); punctuation separates."""
    plain = unicodedata.normalize("NFKC", text[:MAX_TEXT_CHARS]).casefold()
    for match in _RUN.finditer(plain):
        yield Word(match[0], bool(_SPACELESS_RUN.match(match[0])))


def asked_words(text: str) -> tuple[Word, ...]:
    """The words of a question, each once, at most MAX_WORDS and each cut after MAX_ASKED_CHARS."""
    found = dict.fromkeys(Word(word.text[:MAX_ASKED_CHARS], word.spaceless) for word in words_of(text))
    return tuple(found)[:MAX_WORDS]


def terms_of(name: str, texts: tuple[str, ...]) -> set[str]:
    """All terms by which a package is found, but for its facts."""
    found: set[str] = set()
    whole = "".join(word.text for word in words_of(name))
    for word in (*words_of(name), Word(whole, False)):
        found |= {NAME_WORD + word.text[:MAX_WORD_CHARS], *(NAME_GRAM + gram for gram in word.grams)}
    for text in (name, *texts):
        for word in words_of(text):
            found |= {*word.text, *word.pieces} if word.spaceless else {word.text[:MAX_WORD_CHARS]}
    return found


def gaps_of(word: str) -> tuple[str, ...]:
    """The word, and the word without each one of its characters: words that share a gap differ by little."""
    return tuple(dict.fromkeys([word, *(word[:at] + word[at + 1 :] for at in range(len(word)))]))


def may_be_mistyped(word: Word) -> bool:
    """Tell whether a word is of a length at which mistakes are looked for; those of short words are other words."""
    return not word.spaceless and word.text.isascii() and 4 <= len(word.text) <= 24
