"""Types that the compiler has read before: used where they mean the same, and never with another result."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ebpfhub.client.builder.architecture import Architecture
from ebpfhub.client.builder.build import build_project
from ebpfhub.client.builder.compiler import compile
from ebpfhub.client.builder.compiler.prepared import begins_with_types
from ebpfhub.client.builder.scaffold.scaffold import scaffold
from ebpfhub.client.builder.vmlinux.shipped import shipped_types
from ebpfhub.schemas.errors import BadInput

Write = Callable[..., Path]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('#include "vmlinux.h"\n', True),
        ('// one\n/* two\n * #define X\n */\n\n  # include "vmlinux.h"\n', True),
        ('#line 1 "x"\n#include "vmlinux.h"\n', False),
        ('#define BPF_NO_PRESERVE_ACCESS_INDEX\n#include "vmlinux.h"\n', False),
        ('#include <stdbool.h>\n#include "vmlinux.h"\n', False),
        ("int a; /* x */\n", False),
        ("", False),
        ("/* not ended", False),
    ],
)
def test_only_a_first_include_is_replaced(source: str, expected: bool) -> None:
    assert begins_with_types(source) is expected


def prepared(cache: Path) -> list[Path]:
    return sorted((cache / "types").glob("*/*.pch"))


def test_object_is_the_same_without_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scaffold("demo", tmp_path / "demo")
    with_them = build_project(tmp_path / "demo", cache=tmp_path / "cache")
    assert len(prepared(tmp_path / "cache")) == 1
    again = build_project(tmp_path / "demo", cache=tmp_path / "cache")
    monkeypatch.setattr(compile, "begins_with_types", lambda source: False)
    without = build_project(tmp_path / "demo", cache=tmp_path / "cache")
    assert with_them.object == again.object == without.object
    assert with_them.record == without.record


def test_damaged_ones_are_passed_over(project: Write, tmp_path: Path) -> None:
    folder = project("")
    expected = build_project(folder, cache=tmp_path / "cache").object
    (made,) = prepared(tmp_path / "cache")
    made.write_bytes(made.read_bytes()[:100_000])
    assert build_project(folder, cache=tmp_path / "cache").object == expected


def test_changed_header_is_read_anew(project: Write, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    folder = project("int size = sizeof(struct only_here);")
    with pytest.raises(BadInput):
        build_project(folder, cache=cache)
    header = shipped_types(Architecture.here() or Architecture.X86_64, cache) / "vmlinux.h"
    header.write_text(
        header.read_text().replace("struct task_struct {", "struct only_here { int a; };\nstruct task_struct {", 1)
    )
    assert build_project(folder, cache=cache).facts.variable("size") is not None
    assert len(prepared(cache)) == 2


def test_errors_are_those_of_the_source(project: Write, cache: Path) -> None:
    with pytest.raises(BadInput) as caught:
        build_project(project("int a = nothing;"), cache=cache)
    assert "demo.bpf.c:4:9: error: use of undeclared identifier 'nothing'" in caught.value.what


def test_own_types_are_not_prepared(project: Write, tmp_path: Path) -> None:
    folder = project("")
    header = shipped_types(Architecture.X86_64, tmp_path / "other") / "vmlinux.h"
    (folder / "vmlinux.h").write_text(header.read_text())
    build_project(folder, cache=tmp_path / "cache")
    assert prepared(tmp_path / "cache") == []
    assert {path.suffix for path in folder.iterdir()} == {".c", ".h"}
