"""The words of `ecli build`: a folder or a program, its header, a name; folders of headers and definitions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ebpfhub.client.builder.build import build_project
from ebpfhub.client.builder.inputs import Inputs, read_words
from ebpfhub.client.builder.project import read_project
from ebpfhub.schemas.errors import BadInput, NotFound

Write = Callable[..., Path]
TWO = {"one.bpf.c": "int x;\n", "two.bpf.c": "int y;\n", "two.h": "struct two { int a; };\n"}
EVENTS = '\nstruct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } out SEC(".maps");\n'


def _files(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("words", "folder", "reference", "inputs"),
    [
        ((), ".", "", Inputs()),
        (("DIR",), "DIR", "", Inputs()),
        (("tool:1.0.0",), ".", "tool:1.0.0", Inputs()),
        (("DIR", "tool"), "DIR", "tool", Inputs()),
        (("a/b.bpf.c",), "a", "", Inputs("b.bpf.c")),
        (("b.bpf.c", "tool:1.0.0"), ".", "tool:1.0.0", Inputs("b.bpf.c")),
        (("a/b.bpf.c", "inc/b.h"), "a", "", Inputs("b.bpf.c", Path("inc/b.h"))),
        (("b.bpf.c", "b.h", "me/tool:1.0.0"), ".", "me/tool:1.0.0", Inputs("b.bpf.c", Path("b.h"))),
    ],
)
def test_words_are_told_apart(words: tuple[str, ...], folder: str, reference: str, inputs: Inputs) -> None:
    assert read_words(words) == (Path(folder), reference, inputs)


@pytest.mark.parametrize("words", [("a", "b", "c"), ("b.bpf.c", "b.h", "c", "d"), ("DIR", "b.h", "x")])
def test_words_that_are_left_over_are_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(BadInput, match="at most"):
        read_words(words)


def test_one_program_of_a_folder_has_the_name_of_its_file(tmp_path: Path) -> None:
    folder = _files(tmp_path, {**TWO, "config.json": '{"name": "tools", "version": "1.0.0"}'})
    with pytest.raises(BadInput) as caught:
        read_project(folder)
    assert caught.value.todo == f"Say which: ecli build {folder / 'one.bpf.c'}"
    project = read_project(folder, Inputs("two.bpf.c"))
    assert (project.config.name, project.config.version, project.source.name) == ("two", "1.0.0", "two.bpf.c")
    assert [header.name for header in project.headers] == ["two.h"]


def test_a_program_or_header_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    folder = _files(tmp_path, TWO)
    for inputs in (Inputs("three.bpf.c"), Inputs("two.bpf.c", folder / "three.h")):
        with pytest.raises(NotFound):
            read_project(folder, inputs)


def test_config_of_ebpm_is_read(tmp_path: Path) -> None:
    text = '{"name": "tool", "version": "0.1.0", "load_ebpf_script": "", "author": "A", "license": "GPL", "url": ""}'
    folder = _files(tmp_path, {"one.bpf.c": "", "config.json": text})
    assert read_project(folder).config.authors == ("A",)


@pytest.mark.parametrize(
    "text",
    ['{"include": ["absent"]}', '{"include": "a"}', '{"define": ["A B"]}', '{"define": ["1"]}', '{"define": ["A\\n"]}'],
)
def test_unfit_folders_and_definitions_are_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        read_project(_files(tmp_path, {"one.bpf.c": "", "config.json": text}))


def test_too_many_of_them_are_refused(tmp_path: Path) -> None:
    folder = _files(tmp_path, {"one.bpf.c": ""})
    for inputs in (Inputs(includes=(folder,) * 33), Inputs(defines=("A",) * 65), Inputs(defines=("A=" + "1" * 1024,))):
        with pytest.raises(BadInput):
            read_project(folder, inputs)


def test_the_header_named_has_the_event_s_struct(project: Write, cache: Path, tmp_path: Path) -> None:
    folder = project(EVENTS, "struct demo { int a; };\n")
    _files(folder, {"other.h": "struct chosen { int b; };\n"})
    text = (folder / "demo.bpf.c").read_text()
    (folder / "demo.bpf.c").write_text(f'#include "other.h"\n{text}')
    built = build_project(folder, cache=cache, inputs=Inputs("demo.bpf.c", folder / "other.h"))
    assert [item.type.name for item in built.config.usage.events] == ["chosen"]


def test_headers_and_definitions_from_elsewhere_give_the_same_package_from_everywhere(
    project: Write, cache: Path, tmp_path: Path
) -> None:
    body = '#include "shared.h"\n#include <deep/more.h>\nconst volatile int x = WORD + MORE;\n' + EVENTS
    headers = {"shared.h": "struct shared_event { int a; };\n", "deep/more.h": "#define MORE 2\n"}
    made = []
    for place in ("here", "there/deeper"):
        include = _files(tmp_path / place, headers)
        built = build_project(project(body), cache=cache, inputs=Inputs(includes=(include,), defines=("WORD=40",)))
        made.append(built.manifest.digest)
        assert [item.default for item in built.config.usage.options] == [42]
        assert [item.type.name for item in built.config.usage.events] == ["shared_event"]
    assert made[0] == made[1]


def test_config_may_say_the_same(project: Write, cache: Path, tmp_path: Path) -> None:
    folder = project(
        '#include "shared.h"\nconst volatile int x = WORD;\n',
        config='{"include": ["../inc"], "define": ["WORD=SHARED"]}',
    )
    _files(folder.parent / "inc", {"shared.h": "#define SHARED 7\n"})
    assert [item.default for item in build_project(folder, cache=cache).config.usage.options] == [7]


def test_types_of_another_kernel_are_taken_from_a_folder_of_headers(
    project: Write, cache: Path, tmp_path: Path
) -> None:
    include = _files(tmp_path / "types", {"vmlinux.h": '#error "another kernel"\n'})
    with pytest.raises(BadInput, match=r"vmlinux\.h:1:2: error: \"another kernel\""):
        build_project(project(""), cache=cache, inputs=Inputs(includes=(include,)))
