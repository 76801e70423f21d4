"""How a run of a package's tests is told to people: a line for each test, and under it why it is not ok."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..output.text import visible
from .outcome import Outcome, State, Unmet

SHOWN_LINES = 8  # of the end of an output
_MARKS = {State.OK: "ok", State.FAILED: "FAILED", State.LACKING: "lacks"}
_WIDE = max(map(len, _MARKS.values()))


@dataclass(frozen=True, slots=True)
class Run:
    """The outcomes of a package's tests on one kernel, which may be an `emulated` machine's."""

    title: str
    kernel: str
    emulated: bool
    outcomes: tuple[Outcome, ...]

    @property
    def ok(self) -> bool:
        """Tell whether no test failed."""
        return all(outcome.state is not State.FAILED for outcome in self.outcomes)

    def to_json(self) -> dict[str, Any]:
        """The JSON object."""
        return {
            "kernel": self.kernel,
            "emulated": self.emulated,
            "ok": self.ok,
            "tests": [outcome.to_json() for outcome in self.outcomes],
        }


def lines(outcome: Outcome, *, names: int, width: int) -> Iterator[str]:
    """The lines of one test; `names` is the width of all names, `width` that of the terminal."""
    head = f"{_MARKS[outcome.state]:<{_WIDE}}  {outcome.name:<{names}}  {outcome.seconds:6.1f} s"
    if outcome.state is State.LACKING:
        yield f"{head}  {_first(outcome.why)}"
        return
    yield head
    if outcome.state is State.OK:
        return
    yield from (f"    {visible(line)}" for line in outcome.why.split("\n"))
    for unmet in outcome.unmet:
        yield from (f"    {line}" for line in _unmet(unmet, width - 4))
    yield from _output("the trigger printed", outcome.trigger_output)
    yield from _output("the program printed", outcome.program_output, outcome.why)


def summary(run: Run) -> str:
    """How many tests there were, what came of them, and where."""
    counts = {state: sum(outcome.state is state for outcome in run.outcomes) for state in State}
    words = {State.OK: "ok", State.FAILED: "failed", State.LACKING: "lacking"}
    parts = [f"{count} {words[state]}" for state, count in counts.items() if count]
    tests = "1 test" if len(run.outcomes) == 1 else f"{len(run.outcomes)} tests"
    where = f"Linux {run.kernel}{', emulated' if run.emulated else ''}"
    return f"{visible(run.title)} on {visible(where)}: {tests}, {', '.join(parts)}"


def _unmet(unmet: Unmet, width: int) -> Iterator[str]:
    came = "" if unmet.came == 0 else f" (came {unmet.came} times)" if unmet.came > 1 else " (came once)"
    yield from _wrapped("expected ", unmet.expected + came, width)
    if unmet.nearest:
        yield from _wrapped("  nearest  ", unmet.nearest.replace(',"', ', "'), width)
    for line in unmet.differs:
        yield from _wrapped("  differs  ", line, width)


def _wrapped(title: str, text: str, width: int) -> list[str]:
    """A title and its text, on some lines."""
    return textwrap.wrap(
        visible(text), max(width, 40), initial_indent=title, subsequent_indent=" " * len(title),
        break_on_hyphens=False, max_lines=SHOWN_LINES, placeholder=" …",
    )  # fmt: skip


def _output(title: str, text: str, why: str = "") -> Iterator[str]:
    """The end of an output, without what was said above."""
    lines = [line for line in text.split("\n") if line.strip()]
    found = [line for line in lines if line.removeprefix("ecli: ") not in why]
    if found:
        yield f"    {title}:"
        yield from (f"      {visible(line)}" for line in found[-SHOWN_LINES:])


def _first(text: str) -> str:
    return visible(text.split("\n", maxsplit=1)[0])
