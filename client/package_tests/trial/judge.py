"""Was everything seen that a test expects? It hears what the program and the trigger hand out, and keeps the nearest.

However much comes, it holds little: of each expectation a count, and one thing that came close.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fnmatch import translate

from ....schemas.errors import BadInput
from ....schemas.package_tests import Expected
from ....schemas.program import Usage
from ...output.decode import Row
from ...output.json_text import json_value
from ...output.text import decoded
from ...output.things import Entry, Things
from ..outcome import MAX_DIFFERENCES, MAX_TEXT_CHARS, Unmet
from .conditions import Kind, Thing, check_expected, kinds_of

MAX_LINE_BYTES = 4096  # of what a pattern is compared with; longer lines are broken
_SHOWN_CHARS = 1024  # of the nearest thing


class Judge:
    """The verdict on one test's expectations. Raises (constructor): BadInput for one that the program cannot meet."""

    def __init__(self, usage: Usage, expected: Sequence[Expected]) -> None:
        self._things = Things(usage)
        self._streams = len(usage.events)
        self._kinds = kinds_of(self._things)
        self._claims = [Claim(item, self._things, self._kinds) for item in expected]
        self._lines = {"line": Lines(), "said": Lines()}

    def batch(self, stream: int, records: list[bytes]) -> None:
        """Hear records of an event stream."""
        kind = self._kinds[stream]
        rows, _ = kind.selection.rows(records)
        for claim in self._claims:
            claim.came += claim.fitting(kind, rows)

    def looked(self, view: int, entries: Sequence[Entry]) -> None:
        """Hear what a viewed map holds now; what it held before is counted no more."""
        number, rows = self._things.looked(view, entries)
        for claim in self._claims:
            claim.came = max(claim.came, claim.fitting(self._kinds[number], rows))

    def text(self, data: bytes, *, of: str = "line") -> None:
        """Hear text of the program ("line") or of the trigger ("said")."""
        for line in self._lines[of].feed(data):
            for claim in self._claims:
                claim.came += claim.matches(of, line)

    def end(self) -> None:
        """Hear that no more text comes: a last line may have no end."""
        for of in self._lines:
            self.text(b"\n", of=of)

    def met(self) -> bool:
        """Tell whether all came that must, and nothing that must not."""
        return all(claim.met for claim in self._claims)

    def spoiled(self) -> bool:
        """Tell whether something came that must not."""
        return any(claim.came for claim in self._claims if not claim.expected.times)

    def unmet(self) -> tuple[Unmet, ...]:
        """What is not as it must be."""
        return tuple(claim.told() for claim in self._claims if not claim.met)


class Claim:
    """One expectation, and what came near it."""

    def __init__(self, expected: Expected, things: Things, kinds: Sequence[Kind]) -> None:
        self.expected = expected
        self.came = 0
        check_expected(expected, things.selections)
        self._conditions = {id(kind): kind.conditions(expected) for kind in kinds}
        self._pattern = _pattern(expected.line or expected.said)
        self._nearest: Thing | None = None
        self._score: tuple[int, list[bool]] = (-1, [])

    @property
    def met(self) -> bool:
        """Tell whether it is as it must be until now."""
        return self.came >= self.expected.times if self.expected.times else not self.came

    def fitting(self, kind: Kind, rows: Sequence[Row]) -> int:
        """Count the rows that meet all conditions; the nearest is kept, for what must not come one that does."""
        conditions = self._conditions[id(kind)]
        if not conditions:
            return 0
        found = 0
        for row in rows:
            thing = Thing(kind, row)
            held = [condition.holds(thing) for condition in conditions]
            found += all(held)
            # of several that are as near, the one that meets what stands first, and the last of those: what a trigger
            # is about often comes at its end
            score = (sum(held), held)
            if score >= self._score:
                self._score, self._nearest = score, thing
        return found

    def matches(self, of: str, line: str) -> bool:
        """Tell whether a line of a kind of text is the expected one."""
        return bool(getattr(self.expected, of)) and self._pattern(line)

    def told(self) -> Unmet:
        """What is missing, or too much."""
        near = self._nearest
        differs = [
            f"{condition.text}, but {condition.told(near)}"[:MAX_TEXT_CHARS]
            for condition in (self._conditions[id(near.kind)] if near else ())
            if near and not condition.holds(near)
        ]
        shown = near.text[:_SHOWN_CHARS] if near else ""
        return Unmet(_words(self.expected), self.came, shown, tuple(differs[:MAX_DIFFERENCES]))


class Lines:
    """Whole lines out of text that comes in pieces; one that is too long is broken."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """Return the lines that are complete now, without their ends."""
        *lines, rest = (self._rest + data).split(b"\n")
        while len(rest) > MAX_LINE_BYTES:
            lines.append(rest[:MAX_LINE_BYTES])
            rest = rest[MAX_LINE_BYTES:]
        self._rest = rest
        return [decoded(line[:MAX_LINE_BYTES]) for line in lines]


def _pattern(text: str) -> Callable[[str], bool]:
    try:
        match = re.compile(translate(text)).match
    except (re.error, RecursionError, OverflowError) as error:
        raise BadInput(f"the pattern {text[:80]!r} cannot be read", where="line") from error
    return lambda line: match(line) is not None


def _words(expected: Expected) -> str:
    """An expectation as a sentence has it."""
    if expected.line or expected.said:
        what = f"a line like {expected.line!r}" if expected.line else f"that the trigger says {expected.said!r}"
    else:
        parts = [f"{name} == {json_value(value)}" for name, value in expected.fields]
        what = " and ".join([*parts, *([expected.filter] if expected.filter else [])])
    return {0: f"none: {what}", 1: what}.get(expected.times, f"{expected.times} times: {what}")[:MAX_TEXT_CHARS]
