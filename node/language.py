"""Which language a page is in: `?lang=`, else the cookie that it set, else what the browser prefers, else English."""

from __future__ import annotations

import re

COOKIE = "ebpfhub_lang"
COOKIE_SECONDS = 365 * 24 * 3600
CODES = ("en", "zh")  # of languages; the first where a browser prefers none
_MAX_HEADER_CHARS = 400
_MAX_RANGES = 20
_RANGE = re.compile(r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9]{1,8})*\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*)?")


def chosen(asked: str, cookie: str, accepted: str) -> str:
    """The code of the language for a request's `lang`, cookie and Accept-Language header."""
    return next((code for code in (asked, cookie) if code in CODES), None) or preferred(accepted)


def preferred(header: str) -> str:
    """The code of the language that an Accept-Language header weighs highest (RFC 9110 section 12.5.4)."""
    best, weight = CODES[0], 0.0
    for part in header[:_MAX_HEADER_CHARS].split(",")[:_MAX_RANGES]:
        match = _RANGE.fullmatch(part)
        if match is None:
            continue
        code, quality = match[1].lower(), float(match[2] or 1)
        if code in CODES and quality > weight:
            best, weight = code, quality
    return best
