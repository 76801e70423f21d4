"""What people and CI systems are told of a run: it fits a terminal, and nothing in it is obeyed."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from ebpfhub.client.package_tests.junit import junit
from ebpfhub.client.package_tests.outcome import Outcome, State, Unmet
from ebpfhub.client.package_tests.report import Run, lines, summary
from hypothesis import given
from hypothesis import strategies as st

NEAREST = '{"pid":1,' + ",".join(f'"field_{number}":"{"x" * 20}"' for number in range(12)) + "}"
FAILED = Outcome(
    "sees-cat", State.FAILED, 12.34, "not everything came within 20 seconds",
    (Unmet("ret == ENOENT", 0, NEAREST, ("ret == ENOENT, but ret is 3",)),),
    "".join(f"line {number}\n" for number in range(30)), "ecli: said\n",
)  # fmt: skip


@pytest.mark.parametrize("width", [80, 200])
def test_a_failure_fits_the_terminal(width: int) -> None:
    told = list(lines(FAILED, names=12, width=width))
    assert told[:3] == [
        "FAILED  sees-cat        12.3 s",
        "    not everything came within 20 seconds",
        "    expected ret == ENOENT",
    ]
    assert all(len(line) <= width for line in told)
    assert "      differs  ret == ENOENT, but ret is 3" in told
    assert [line for line in told if "line 29" in line] and not [line for line in told if line.strip() == "line 2"]


def test_what_is_lacking_takes_one_line() -> None:
    outcome = Outcome("guards", State.LACKING, 0.1, "kernel 6.1 lacks program type lsm\nmore")
    assert list(lines(outcome, names=6, width=80)) == ["lacks   guards     0.1 s  kernel 6.1 lacks program type lsm"]


def test_the_summary_counts() -> None:
    run = Run("tools/tried:1.0.0", "6.1.0", True, (FAILED, FAILED._replace(state=State.OK)))
    assert summary(run) == "tools/tried:1.0.0 on Linux 6.1.0, emulated: 2 tests, 1 ok, 1 failed"
    assert not run.ok


@given(st.text())
def test_no_text_of_a_package_is_obeyed_or_breaks_the_document(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    outcome = Outcome("x", State.FAILED, 0.0, text, (Unmet(text, 2, text, (text,)),), text, text)
    for line in (*lines(outcome, names=1, width=80), summary(Run(text, text, False, (outcome,)))):
        assert line.isprintable()
    (suite,) = ElementTree.fromstring(junit([Run(text, text, False, (outcome,))]))
    assert suite.get("failures") == "1"
