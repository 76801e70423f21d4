"""Runs as JUnit's XML, which CI systems show: a suite for each kernel, a case for each test."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from ..output.text import visible
from .outcome import Outcome, State
from .report import Run, lines

_WIDTH = 200


def junit(runs: Sequence[Run]) -> bytes:
    """The document, in UTF-8."""
    root = ElementTree.Element("testsuites")
    for run in runs:
        suite = ElementTree.SubElement(root, "testsuite", _suite(run))
        for outcome in run.outcomes:
            _case(suite, run, outcome)
    ElementTree.indent(root)
    text: str = ElementTree.tostring(root, encoding="unicode")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + text.encode() + b"\n"


def _suite(run: Run) -> dict[str, str]:
    states = [outcome.state for outcome in run.outcomes]
    return {
        "name": visible(f"{run.title} on Linux {run.kernel}"),
        "tests": str(len(states)),
        "failures": str(states.count(State.FAILED)),
        "skipped": str(states.count(State.LACKING)),
        "errors": "0",
        "time": f"{sum(outcome.seconds for outcome in run.outcomes):.3f}",
    }


def _case(suite: ElementTree.Element, run: Run, outcome: Outcome) -> None:
    named = {"classname": visible(run.title), "name": outcome.name, "time": f"{outcome.seconds:.3f}"}
    case = ElementTree.SubElement(suite, "testcase", named)
    why = visible(outcome.why)
    if outcome.state is State.FAILED:
        failure = ElementTree.SubElement(case, "failure", {"message": why})
        failure.text = "\n".join(lines(outcome, names=0, width=_WIDTH))
    elif outcome.state is State.LACKING:
        ElementTree.SubElement(case, "skipped", {"message": why})
