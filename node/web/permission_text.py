"""Permissions and facets in words: what filters of the templates say of `changes:packets`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...schemas.permission_rules import Category, Group, permission_word, permission_words
from ..hub.catalogue import Facet
from ..hub.listing import ANY_KERNEL, CHANGES_NOTHING
from .search import Choice
from .usage import clipped

if TYPE_CHECKING:
    from .words import Words

MAX_LABEL_CHARS = 60
_MEANINGS = {permission_word(category, group): (category, group) for category in Category for group in Group}


def label(choice: Choice, words: Words) -> str:
    """A value of a facet in words."""
    match choice.facet:
        case Facet.CATEGORY:
            return next((told for topic, told in words.topics.items() if topic == choice.value), choice.value)
        case Facet.PERMISSION:
            return permission(choice.value, words)
        case Facet.KERNEL:
            return words.linux_any if choice.value == ANY_KERNEL else words.linux.format(version=choice.value)
        case _:
            return clipped(choice.value, MAX_LABEL_CHARS)


def permission(word: str, words: Words) -> str:
    """The word of a permission in words: `changes:packets`."""
    category, _, about = word.partition(":")
    done = next((words.categories[item] for item in Category if item.replace(" ", "-") == category), category)
    if word == CHANGES_NOTHING or not about:
        return words.changes_nothing if about else done
    return f"{done}{words.colon}{group(word, words)}"


def group(word: str, words: Words) -> str:
    """What the word of a permission is about, without what is done to it."""
    about = word.partition(":")[2]
    told = {permission_word(Category.OBSERVES, item).partition(":")[2]: told for item, told in words.groups.items()}
    return told.get(about, about)


def sentence(word: str, words: Words) -> str:
    """What the word of a permission means, as a sentence."""
    return words.meaning_of(_MEANINGS[word]) if word in permission_words() and ":" in word else word


def category_class(word: str) -> str:
    """The name by which style sheets know a permission's category."""
    return word.partition(":")[0].replace("-", "_")
