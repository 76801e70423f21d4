"""Facts of the audit log's events in the language of a page. The log itself is in English, for programs too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..account.words import ACCOUNT_WORDS
from ..told import translated
from .words import ADMIN_WORDS, AdminWords

if TYPE_CHECKING:
    from ..words import Words

_QUOTA = re.compile(r"(\d+) bytes, (\d+) packages")
_MIB = 1024 * 1024


def event_text(value: object, name: str, words: Words) -> str:
    """The value of a fact of that name, in words where it has some."""
    text, admin = str(value), ADMIN_WORDS[words.code]
    match name:
        case "scopes":
            return ACCOUNT_WORDS[words.code].said(text.split())
        case "role" | "before":
            return admin.roles.get(text, text)
        case "way":
            return admin.ways.get(text, text)
        case "reason":
            return translated(text, words) or text
        case "quota":
            return _quota(text, admin)
        case _:
            return text


def _quota(text: str, admin: AdminWords) -> str:
    if match := _QUOTA.fullmatch(text):
        return admin.quota_of.format(mebibytes=f"{int(match[1]) / _MIB:,.0f}", packages=f"{int(match[2]):,}")
    return admin.quota_default if text == "default" else text
