"""One usual cause of a rejection: by which words of the verifier or libbpf it is known, why it is so, what helps.

Shape only; the causes themselves are in the tables beside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cause:
    """`said` are patterns, one of which is found in a line; `why` and `fix` are sentences for people, `example` is C.

    Where they are given, `code` must be found in the rejected instruction and `section` in the program's section.
    `lacks`: it is the kernel that lacks something, not the program that is wrong.
    """

    name: str
    said: tuple[str, ...]
    why: str
    fix: str
    example: str = ""
    code: str = ""
    section: str = ""
    lacks: bool = False

    def line_of(self, lines: Iterable[str], *, code: str = "", section: str = "") -> str:
        """The line by which the cause is known; nothing where it is not this one."""
        if not re.search(self.code, code) or not re.search(self.section, section):
            return ""
        return next((line for line in lines if any(re.search(pattern, line) for pattern in self.said)), "")


def find_cause(
    causes: Iterable[Cause], lines: Iterable[str], *, code: str = "", section: str = ""
) -> tuple[Cause | None, str]:
    """The first cause that fits, and the line by which it is known; None where none is known."""
    kept = list(lines)
    for cause in causes:
        if line := cause.line_of(kept, code=code, section=section):
            return cause, line
    return None, ""
