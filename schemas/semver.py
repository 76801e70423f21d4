"""Versions: SemVer 2.0.0 without the build part."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering

from .errors import BadInput

MAX_VERSION_CHARS = 64
_NUMBER = r"(?:0|[1-9][0-9]{0,8})"
_PART = r"(?:0|[1-9][0-9]{0,8}|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)"
_VERSION = re.compile(rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_PART}(?:\.{_PART})*))?")


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """One version; ordered as SemVer section 11 says."""

    major: int
    minor: int
    patch: int
    pre: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str, *, where: str = "version") -> Version:
        """Read `1.2.3` or `1.2.3-rc.1`. Raises: BadInput."""
        match = _VERSION.fullmatch(text) if len(text) <= MAX_VERSION_CHARS else None
        if match is None:
            raise BadInput(
                f"{text[:80]!r} is not a version",
                where=where,
                todo="Versions are SemVer without a build part: 1.0.0, 2.1.3, 1.0.0-rc.1",
            )
        pre = tuple(match[4].split(".")) if match[4] else ()
        return cls(int(match[1]), int(match[2]), int(match[3]), pre)

    @staticmethod
    def spells(text: str) -> bool:
        """Tell whether `text` has the spelling of a version."""
        return len(text) <= MAX_VERSION_CHARS and _VERSION.fullmatch(text) is not None

    def __str__(self) -> str:
        core = f"{self.major}.{self.minor}.{self.patch}"
        return f"{core}-{'.'.join(self.pre)}" if self.pre else core

    def __lt__(self, other: Version) -> bool:
        return self._key() < other._key()

    def _key(self) -> tuple[object, ...]:
        # a version without a pre-release part is higher; numeric parts are lower than words
        parts = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in self.pre)
        return (self.major, self.minor, self.patch, not self.pre, parts)
