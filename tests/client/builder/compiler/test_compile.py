"""Compiling: errors say where, and nothing of this machine is in what comes out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ebpfhub.client.builder.build import build_project
from ebpfhub.client.builder.compiler import toolchain
from ebpfhub.client.builder.compiler.compile import compile_source
from ebpfhub.client.builder.compiler.toolchain import Toolchain, find_toolchain
from ebpfhub.client.builder.compiler.types import kernel_types
from ebpfhub.schemas.btf import Btf, Kind
from ebpfhub.schemas.btf_lines import read_lines
from ebpfhub.schemas.elf import ElfObject
from ebpfhub.schemas.errors import BadInput, Unsupported

Write = Callable[..., Path]


def test_error_has_file_line_column_and_the_line_itself(project: Write, cache: Path) -> None:
    folder = project("\nint broken(void)\n{\n\treturn missing_name;\n}\n")
    with pytest.raises(BadInput) as caught:
        build_project(folder, cache=cache)
    text = str(caught.value)
    assert "demo.bpf.c:7:9: error:" in text
    assert "missing_name" in text
    assert "\n      return missing_name;\n             ^" in text


def test_error_in_a_header_is_found_there(project: Write, cache: Path) -> None:
    folder = project("\n", "#define X 1\nstruct event { nonsense pid; };\n")
    with pytest.raises(BadInput, match=r"(?m)^demo\.h:2:16: error: "):
        build_project(folder, cache=cache)


def test_missing_header_is_said(project: Write, cache: Path) -> None:
    folder = project('#include "gone.h"\n')
    with pytest.raises(BadInput, match=r"demo\.bpf\.c:4:10: error: 'gone\.h' file not found"):
        build_project(folder, cache=cache)


def test_many_errors_are_cut(project: Write, cache: Path) -> None:
    folder = project("".join(f"int f{number}(void) {{ return a{number}; }}\n" for number in range(12)))
    with pytest.raises(BadInput, match=r"… and \d+ more"):
        build_project(folder, cache=cache)


def test_map_attribute_of_64_bits_is_in_the_object(project: Write, cache: Path) -> None:
    body = """
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, u32);
	__type(value, u64);
	__ulong(max_entries, 16);
	__ulong(map_extra, 1ull << 44);
} wide SEC(".maps");
"""
    section = ElfObject.parse(build_project(project(body), cache=cache).object).section(".BTF")
    assert section is not None
    enums = [item for item in Btf.parse(bytes(section.data)).types if item.kind == Kind.ENUM64]
    assert [number for item in enums for _, number in item.values] == [1 << 44]


def test_warnings_become_notices(project: Write, cache: Path) -> None:
    built = build_project(project("static int unused(void) { return 1; }\n"), cache=cache)
    assert any("demo.bpf.c:4:12: warning: unused function 'unused'" in notice for notice in built.notices)


def test_object_holds_no_path_of_this_machine(project: Write, cache: Path) -> None:
    folder = project("")
    found = find_toolchain()
    compiled = compile_source(
        (folder / "demo.bpf.c").read_text(), file_name="demo.bpf.c", folder=folder, types=kernel_types(cache),
        cache=cache, toolchain=found,
    )  # fmt: skip
    for path in (folder, cache, Path.home(), found.headers / "bpf"):
        assert str(path).encode() not in compiled.data


def test_nothing_of_a_build_is_left_in_the_cache(project: Write, cache: Path) -> None:
    build_project(project(""), cache=cache)
    assert not list(cache.glob("build-*"))


def test_compiler_that_never_ends_is_stopped(
    project: Write, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "clang"
    slow.write_text("#!/bin/sh\nsleep 600 & wait\n")
    slow.chmod(0o755)
    monkeypatch.setattr("ebpfhub.client.builder.compiler.compile.TIMEOUT_SECONDS", 0.2)
    found = Toolchain((str(slow),), Path("/usr/include"), "x86", is_zig=False)
    with pytest.raises(BadInput, match="not done"):
        compile_source("", file_name="x.bpf.c", folder=project(""), types=cache, cache=cache, toolchain=found)


def test_compiler_that_cannot_start_is_said(project: Write, cache: Path) -> None:
    found = Toolchain(("/nonexistent/clang",), Path("/usr/include"), "x86", is_zig=False)
    with pytest.raises(Unsupported):
        compile_source("", file_name="x.bpf.c", folder=project(""), types=cache, cache=cache, toolchain=found)


def test_missing_tools_are_one_error_with_one_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchain, "_zig", lambda: None)
    monkeypatch.setattr(toolchain, "_CLANGS", ("no-such-clang",))
    monkeypatch.setattr(toolchain, "NEEDED_HEADER", Path("bpf/no_such_header.h"))
    monkeypatch.setattr(toolchain, "_distribution", lambda: "fedora")
    with pytest.raises(Unsupported) as caught:
        find_toolchain()
    assert caught.value.todo == "Bring it with: dnf install libbpf-devel && pip install 'ebpfhub[build]'"


def test_old_clang_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, version in (("clang", "11.0.1"), ("clang-16", "16.0.6")):
        path = tmp_path / name
        path.write_text(f'#!/bin/sh\necho "Debian clang version {version}"\n')
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(toolchain, "_zig", lambda: None)
    assert find_toolchain().compiler == (str(tmp_path / "clang-16"),)


def test_lines_that_the_object_quotes_are_those_of_the_source(project: Write, cache: Path) -> None:
    """The verifier shows them beside the instructions, and people look there."""
    built = build_project(project(""), cache=cache)
    source = (project("") / "demo.bpf.c").read_text().splitlines()
    elf = ElfObject.parse(built.object)
    btf, ext = elf.section(".BTF"), elf.section(".BTF.ext")
    assert btf
    assert ext
    lines = read_lines(bytes(ext.data), Btf.parse(bytes(btf.data)).strings)
    quoted = [item for rows in lines.sections.values() for _, item in rows]
    assert quoted
    assert [item.text for item in quoted] == [source[item.line - 1] for item in quoted]
    assert {item.file for item in quoted} == {"./demo.bpf.c"}
