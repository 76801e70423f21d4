"""`ecli build --json` of sources that are at fault: each place with file, line, column, source line and advice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ebpfhub.client.builder.compiler.diagnostics import CompileFailed, Diagnostic
from ebpfhub.client.builder.failed import failure_facts
from ebpfhub.schemas.errors import NotFound

Write = Callable[..., Path]
ECLI = Path(sys.executable).with_name("ecli")

BROKEN = """
#include "part.h"
int first(struct task_struct *task) {
	return strlen(task->comm) + task->no_such_field;
}
"""


def failed(folder: Path, home: Path) -> tuple[int, dict[str, Any], str]:
    """The exit code of a build, what it says as JSON, and to people."""
    done = subprocess.run(
        [ECLI, "build", "--json", folder], capture_output=True, text=True, timeout=120, check=False,
        env=os.environ | {"ECLI_HOME": str(home)},
    )  # fmt: skip
    return done.returncode, json.loads(done.stdout)["error"], done.stderr


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home for these builds."""
    return tmp_path_factory.mktemp("home")


def test_every_compile_error_is_told_with_its_place(project: Write, home: Path) -> None:
    folder = project(BROKEN)
    (folder / "part.h").write_text("\nstruct part { unknown_t one; };\n")
    code, error, told = failed(folder, home)
    assert code == 2
    assert (error["kind"], error["message"]) == ("bad-input", "the program does not compile")
    assert error["where"].endswith("demo.bpf.c")
    in_header, call, *_, field = error["errors"]
    assert (in_header["file"], in_header["line"], in_header["column"]) == ("part.h", 2, 15)
    assert in_header["message"] == "unknown type name 'unknown_t'"
    assert in_header["source"] == "struct part { unknown_t one; };"
    assert in_header["included_from"] == "demo.bpf.c:5"
    assert (call["file"], call["line"], call["column"]) == ("demo.bpf.c", 7, 9)
    assert call["help"].startswith("there is no C library in the kernel: ")
    assert "\n" not in call["help"]
    assert (field["line"], field["source"].strip()) == (7, "return strlen(task->comm) + task->no_such_field;")
    assert "no member named 'no_such_field'" in field["message"]
    assert "demo.bpf.c:7:9: error: " in told


def test_broken_annotation_is_told_with_its_line(project: Write, home: Path) -> None:
    folder = project('/// A number\n/// @cmdarg {"short": "no"}\nconst volatile int number = 0;\n')
    code, error, _ = failed(folder, home)
    assert code == 2
    assert [(item["file"], item["line"]) for item in error["errors"]] == [("demo.bpf.c", 5)]
    assert error["errors"][0]["message"].startswith("@cmdarg")


def test_what_is_not_in_the_sources_has_no_place(tmp_path: Path, home: Path) -> None:
    code, error, _ = failed(tmp_path, home)
    assert (code, error["kind"]) == (3, "not-found")
    assert error["todo"].startswith("Start one with")
    assert "errors" not in error


def test_more_errors_are_data_than_are_shown() -> None:
    errors = tuple(Diagnostic("x.bpf.c", line, 0, True, f"wrong {line}") for line in range(1, 21))
    facts = failure_facts(CompileFailed(errors, where="x.bpf.c"))
    assert [item["line"] for item in facts["errors"]] == list(range(1, 21))
    assert "column" not in facts["errors"][0]


def test_a_file_s_name_that_looks_like_a_place_is_none() -> None:
    assert failure_facts(NotFound("there is no such file", where="/tmp/a:b")) == {
        "kind": "not-found",
        "message": "there is no such file",
        "where": "/tmp/a:b",
    }
