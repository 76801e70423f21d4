"""Common rejections: this kernel refuses each program of programs/, and the explanation names the line and the cause.

A program's first line names the cause; `here` marks the line that is to blame, where a line is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from ebpfhub.client.builder.check import check_object
from ebpfhub.client.failure import report
from ebpfhub.client.loader.program import LoadedProgram
from ebpfhub.client.output.text import columns
from ebpfhub.client.verifier.explanation import CAUSES
from ebpfhub.client.verifier.loader_causes import LOADER_CAUSES
from ebpfhub.schemas.errors import BadInput, HubError, Unsupported

Compile = Callable[[str], bytes]

PROGRAMS = Path(__file__).parent / "programs"
NAMES = sorted(path.name.removesuffix(".bpf.c") for path in PROGRAMS.glob("*.bpf.c"))
HERE = "/* here */"
WHEN_OPENED = {"function_is_not_defined", "variable_has_no_section"}  # libbpf does not even open them
OF_OTHER_KERNELS = {  # causes that this kernel cannot have, or that this user cannot meet
    "stack-not-initialized": "kernels before 6.4",
    "helper-unknown": "old kernels",
    "pointer-leaked": "users without CAP_PERFMON",
    "types-missing": "kernels without BTF",
}


def cause_of(name: str) -> str:
    found = re.match(r"/\* cause: (\S+) \*/", (PROGRAMS / f"{name}.bpf.c").read_text())
    assert found
    return found[1]


def place_of(name: str) -> str:
    lines = (PROGRAMS / f"{name}.bpf.c").read_text().splitlines()
    number = next((number for number, line in enumerate(lines, 1) if HERE in line), 0)
    return f"{name}.bpf.c:{number}" if number else ""


@pytest.mark.parametrize("name", [name for name in NAMES if name not in WHEN_OPENED])
def test_rejected_program_is_explained(name: str, compiled: Compile, capsys: pytest.CaptureFixture[str]) -> None:
    check = check_object(compiled(name), name, package="demo")
    found = check.whole or check.refused["enter"]
    assert found.cause, found
    assert found.cause.name == cause_of(name), found
    place = f"{found.place.file}:{found.place.line}" if found.place else ""
    assert place == place_of(name), found
    with pytest.raises((BadInput, Unsupported)) as caught:
        check.require()
    assert isinstance(caught.value, Unsupported) == found.cause.lacks
    report(caught.value)
    told = capsys.readouterr().err
    assert place in told
    assert max(columns(line) for line in told.splitlines()) <= 80
    assert "\\x" not in told


@pytest.mark.parametrize("name", NAMES)
def test_a_run_says_the_same_line_and_reason(name: str, compiled: Compile) -> None:
    with pytest.raises(HubError) as caught, LoadedProgram(compiled(name), name) as program:
        program.load()
    told = " ".join(str(caught.value).split())
    cause = next(item for item in (*CAUSES, *LOADER_CAUSES) if item.name == cause_of(name))
    assert cause.why in told
    assert place_of(name) in told
    assert len(str(caught.value).splitlines()) <= 16


def test_every_cause_has_a_program_that_is_rejected_for_it() -> None:
    known = {item.name for item in (*CAUSES, *LOADER_CAUSES)}
    tried = {cause_of(name) for name in NAMES}
    assert tried | set(OF_OTHER_KERNELS) == known
    assert len(tried) >= 25


@pytest.mark.parametrize("cause", (*CAUSES, *LOADER_CAUSES), ids=lambda cause: cause.name)
def test_every_cause_is_told_in_whole_sentences(cause: object) -> None:
    for text in (cause.why, cause.fix):  # type: ignore[attr-defined]
        assert text.endswith((".", ")", ").", '")', "…")), text
        assert "  " not in text
