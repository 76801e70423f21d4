"""A header that the compiler did not find: the error names the -I that brings it, where it lies nearby."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ebpfhub.client.builder.absent_header import explained_header
from ebpfhub.client.builder.build import build_project
from ebpfhub.client.builder.compiler.diagnostics import CompileFailed, Diagnostic
from ebpfhub.client.builder.inputs import Inputs
from ebpfhub.schemas.errors import BadInput

Write = Callable[..., Path]


def missing(name: str, folder: Path) -> str:
    error = CompileFailed((Diagnostic("x.bpf.c", 1, 1, True, f"'{name}' file not found"),), where="x.bpf.c")
    return explained_header(error, folder).todo


@pytest.mark.parametrize("place", ["include", "deps/lib/include", "../headers"])
def test_folder_that_has_it_is_named_and_brings_it(place: str, project: Write, cache: Path) -> None:
    folder = project('#include "tools/limits.h"\nint limit = LIMIT;\n')
    (folder / place / "tools").mkdir(parents=True)
    (folder / place / "tools" / "limits.h").write_text("#define LIMIT 3\n")
    with pytest.raises(BadInput, match=r"'tools/limits\.h' file not found") as caught:
        build_project(folder, cache=cache)
    named = caught.value.todo.removeprefix("tools/limits.h is there: ecli build -I ")
    assert Path(named) == (folder / place).resolve()
    build_project(folder, cache=cache, inputs=Inputs(includes=(Path(named),)))


def test_header_of_nowhere_is_not_looked_for_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (tmp_path / "far.h").write_text("")
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "hidden.h").write_text("")
    (folder / "all").symlink_to("/usr/include")
    assert [missing(name, folder) for name in ("far.h", "hidden.h", "../far.h", "/far.h", "stdio.h")] == [""] * 5


def test_search_ends_among_many_files(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    for number in range(5000):
        (folder / f"{number:04}").mkdir(parents=True)
    (folder / "4999" / "late.h").write_text("")
    assert missing("late.h", folder) == ""
