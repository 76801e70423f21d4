"""What a guest is given and what it tells: read back as it was written; anything else on its serial port is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from ebpfhub.client.package_tests.kernels.job import MAX_LINE_BYTES, Told, files, read_line, subjects, write_line
from ebpfhub.client.package_tests.outcome import Outcome, State, Unmet
from ebpfhub.client.package_tests.subject import Subject
from ebpfhub.client.unsigned import UnsignedProgram
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.package import PackageConfig
from ebpfhub.schemas.package_tests import PackageTest
from hypothesis import given
from hypothesis import strategies as st

TESTS = tuple(PackageTest(name, exit=0) for name in ("one", "two", "three"))
CONFIG = PackageConfig("tools", "tried", "1.0.0", tests=TESTS)
OUTCOME = Outcome("one", State.FAILED, 1.5, "why", (Unmet("pid", 0, '{"pid":1}', ("a", "b")),), "said\n", "told\n")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
OUTCOMES = st.builds(
    Outcome, TEXTS, st.sampled_from(State), st.integers(0, 10**6).map(lambda number: number / 1000), TEXTS,
    st.lists(st.builds(Unmet, TEXTS, st.integers(0, 9), TEXTS, st.lists(TEXTS, max_size=2).map(tuple)), max_size=2).map(tuple),
    TEXTS, TEXTS,
)  # fmt: skip


def test_a_guest_gets_the_program_and_the_chosen_tests(tmp_path: Path) -> None:
    full = UnsignedProgram(CONFIG, b"object", "x", b"wasm", b"types", settings=((".rodata", 4, b"\1\2"),))
    for number, program in enumerate((full, UnsignedProgram(CONFIG, b"object", "x"))):
        for place, data in files(Subject(program, TESTS[1:]), number):
            path = tmp_path / place.removeprefix("/job/")
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
    first, second = subjects(tmp_path)
    assert first.tests == second.tests == TESTS[1:]
    assert first.program == UnsignedProgram(
        PackageConfig("tools", "tried", "1.0.0", tests=TESTS[1:]), b"object", "a package", b"wasm", b"types",
        settings=((".rodata", 4, b"\1\2"),),
    )  # fmt: skip
    assert (second.program.bpf_object, second.program.wasm, second.program.types) == (b"object", None, None)


@given(OUTCOMES, st.integers(0, 999))
def test_an_outcome_is_one_line_and_reads_back(outcome: Outcome, number: int) -> None:
    line = write_line(Told(subject=number, outcome=outcome))
    assert line.count(b"\n") == 1
    assert read_line(line) == Told(subject=number, outcome=outcome)


def test_the_kernel_is_told_first() -> None:
    assert read_line(write_line(Told(release="6.1.0-56"))) == Told(release="6.1.0-56")
    assert len(read_line(b"linux " + b"x" * 5000).release) == 128


@pytest.mark.parametrize(
    "line",
    [b"", b"\n", b"x {}", b"-1 {}", b"0", b"0 {}", b"0 []", b"1234567 {}", b"0 " + b"[" * 500, b"x" * (MAX_LINE_BYTES + 1)],
    ids=lambda line: str(line[:12]),
)  # fmt: skip
def test_a_line_of_another_form_is_refused(line: bytes) -> None:
    with pytest.raises(BadInput):
        read_line(line)


@given(st.binary(max_size=60))
def test_any_other_bytes_are_refused(data: bytes) -> None:
    for line in (data, b"0 " + data):
        try:
            told = read_line(line)
        except BadInput:
            continue
        assert told.release or line.startswith(b"linux")
