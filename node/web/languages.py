"""The words of all pages in each language. They are loaded with the first page: most hubs are asked by programs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .words import Words


@cache
def languages() -> Mapping[str, Words]:
    """The words by the language's code (`language.CODES`)."""
    from .chinese import CHINESE
    from .english import ENGLISH

    return {words.code: words for words in (ENGLISH, CHINESE)}
