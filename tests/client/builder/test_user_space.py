"""Wasm user space in a package: compiled from NAME.wasm.c, or as another compiler made it; its faults are told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from ebpfhub.client.builder.build import BuiltPackage, build_project
from ebpfhub.client.builder.compiler.guest import compile_guest
from ebpfhub.client.builder.compiler.toolchain import find_toolchain
from ebpfhub.client.builder.formats.written import write_form
from ebpfhub.schemas import media
from ebpfhub.schemas.errors import BadInput, Unsupported
from ebpfhub.schemas.package import check_package_manifest
from ebpfhub.schemas.wasm import bpf_objects_in
from wasmtime import wat2wasm

from ...caches import with_zig

Write = Callable[..., Path]
HEADER = "#define ANSWER 42\nstruct event { long when; int what; };\n"
PROGRAM = """
const volatile int wanted = 1;
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } events SEC(".maps");
SEC("raw_tp/sys_exit")
int leave(void *context)
{
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (e) {
		e->what = wanted;
		bpf_ringbuf_submit(e, 0);
	}
	return 0;
}
"""
GUEST = """#include "demo.skel.h"
#include "demo.wasm.h"
int main(void)
{
	struct demo_bpf *program = demo_bpf__open();
	program->rodata->wanted = sizeof(struct event);
	return demo_bpf__load(program) || demo_bpf__attach(program);
}
"""


@pytest.fixture(scope="module")
def zig_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of builds in which zig finds the C library for Wasm that other tests have made."""
    return with_zig(tmp_path_factory.mktemp("wasm") / "cache")


def _with_guest(project: Write, text: str = GUEST) -> Path:
    folder = project(PROGRAM, HEADER)
    (folder / "demo.wasm.c").write_text(text)
    return folder


def _module(built: BuiltPackage) -> bytes:
    layer = built.manifest.layer(media.WASM)
    assert layer is not None and built.module == built.blobs[layer.digest]
    return built.module


def _prebuilt(held: bytes) -> bytes:
    text = "".join(f"\\{byte:02x}" for byte in held)
    return bytes(
        wat2wasm(f'(module (memory (export "memory") 1) (data (i32.const 8) "{text}") (func (export "_start")))')
    )


def test_guest_is_compiled_with_the_object_inside_and_the_same_from_everywhere(
    project: Write, zig_cache: Path, tmp_path: Path
) -> None:
    folder = _with_guest(project)
    built = build_project(folder, cache=zig_cache)
    check_package_manifest(built.manifest)
    assert bpf_objects_in(_module(built)) == (built.object,)
    assert built.notices == ()
    moved = tmp_path / "elsewhere" / "deeper"
    moved.parent.mkdir()
    folder.rename(moved)
    assert build_project(moved, cache=with_zig(tmp_path / "other")).manifest.digest == built.manifest.digest
    file, left_out = write_form(built, tmp_path / "app.wasm", "app.wasm", cache=zig_cache)
    assert (file.path.read_bytes(), left_out) == (built.module, ())
    file, left_out = write_form(built, tmp_path / "demo.bpf.o", "bpf.o", cache=zig_cache)
    assert (file.path.read_bytes(), left_out) == (built.object, ())


def test_headers_of_a_guest_keep_their_names_when_the_package_gets_another(project: Write, zig_cache: Path) -> None:
    assert build_project(_with_guest(project), cache=zig_cache, reference="other:2.0.0").config.name == "other"


def test_faults_and_warnings_of_a_guest_have_file_line_and_column(project: Write, zig_cache: Path) -> None:
    folder = _with_guest(project, GUEST.replace("return demo", "int unused; return demo"))
    (notice,) = build_project(folder, cache=zig_cache).notices
    assert notice.startswith("demo.wasm.c:7:6: warning: unused variable 'unused'")
    (folder / "demo.wasm.c").write_text(GUEST.replace("->wanted", "->unwanted"))
    with pytest.raises(BadInput, match=r"demo\.wasm\.c:6:\d+: error: .*'unwanted'"):
        build_project(folder, cache=zig_cache)


def test_first_guest_of_a_home_is_told_to_take_long(project: Write, tmp_path: Path) -> None:
    told: list[str] = []
    folder, home_cache = _with_guest(project), with_zig(tmp_path / "cache")
    for _ in range(2):
        build_project(folder, cache=home_cache, progress=told.append)
    assert [text for text in told if "wasm" in text] == [
        "Compiling demo.wasm.c; the first time, a C library for Wasm is made: about half a minute",
        "Compiling demo.wasm.c",
    ]


def test_module_of_another_compiler_is_taken_as_it_is(project: Write, cache: Path) -> None:
    folder = project("")
    plain = build_project(folder, cache=cache)
    assert plain.module is None and plain.manifest.layer(media.WASM) is None
    module = _prebuilt(plain.object)
    (folder / "demo.wasm").write_bytes(module)
    built = build_project(folder, cache=cache)
    assert _module(built) == module
    assert built.notices == ()


def test_options_of_a_test_are_the_guests_own_affair(project: Write, cache: Path) -> None:
    """Without user space they are options of the BPF program, which has none."""
    folder = project("")
    config = {"tests": [{"name": "greets", "options": ["--loudly", "2"], "expect": [{"line": "hello"}]}]}
    (folder / "config.json").write_text(json.dumps({"name": "demo"} | config))
    with pytest.raises(BadInput, match="greets"):
        build_project(folder, cache=cache)
    (folder / "demo.wasm").write_bytes(_prebuilt(b""))
    (test,) = build_project(folder, cache=cache).config.tests
    assert test.options == ("--loudly", "2")


def test_module_with_another_object_is_told(project: Write, cache: Path, opensnoop: BuiltPackage) -> None:
    folder = project("")
    (folder / "demo.wasm").write_bytes(_prebuilt(opensnoop.object))
    assert build_project(folder, cache=cache).notices == (
        "demo.wasm holds another BPF object than this program: build it anew",
    )


def test_two_user_spaces_are_refused(project: Write, cache: Path) -> None:
    folder = _with_guest(project)
    (folder / "demo.wasm").write_bytes(_prebuilt(b""))
    with pytest.raises(BadInput, match=r"demo\.wasm\.c or demo\.wasm"):
        build_project(folder, cache=cache)


def test_what_is_no_module_is_refused(project: Write, cache: Path) -> None:
    folder = project("")
    (folder / "demo.wasm").write_bytes(b"\x7fELF")
    with pytest.raises(BadInput, match="not a WebAssembly module"):
        build_project(folder, cache=cache)


def test_guest_without_zig_is_one_error_with_one_command(cache: Path) -> None:
    with pytest.raises(Unsupported) as caught:
        compile_guest(
            GUEST, file_name="demo.wasm.c", folder=Path(), beside={},
            cache=cache, toolchain=replace(find_toolchain(), is_zig=False),
        )  # fmt: skip
    assert "pip install" in caught.value.todo
