"""Project folders: config.json is read strictly, and what is missing has a default."""

from __future__ import annotations

from pathlib import Path

import pytest
from ebpfhub.client.builder.project import read_project
from ebpfhub.schemas.errors import BadInput, NotFound


def _program(folder: Path, name: str = "demo", text: str = "int x;\n") -> Path:
    (folder / f"{name}.bpf.c").write_text(text)
    return folder


def test_project_without_config_is_named_after_its_program(tmp_path: Path) -> None:
    config = read_project(_program(tmp_path, "Demo")).config
    assert (config.namespace, config.name, config.version) == ("library", "demo", "")


def test_config_is_read(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"namespace": "acme", "name": "tool", "version": "1.2.3", "authors": ["A"]}')
    config = read_project(_program(tmp_path)).config
    assert (config.namespace, config.name, config.version, config.authors) == ("acme", "tool", "1.2.3", ("A",))


def test_unknown_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"nmae": "tool"}')
    with pytest.raises(BadInput, match="'nmae'"):
        read_project(_program(tmp_path))


@pytest.mark.parametrize("text", ["", "[]", "{", '{"version": "one"}', '{"name": "A/B"}', '{"name": "a", "name": "b"}'])
def test_broken_config_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(BadInput):
        read_project(_program(tmp_path))


def test_folder_without_a_program_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as caught:
        read_project(tmp_path)
    assert "ecli init" in caught.value.todo


def test_two_programs_are_refused_by_name(tmp_path: Path) -> None:
    _program(tmp_path, "one")
    with pytest.raises(BadInput, match=r"one\.bpf\.c, two\.bpf\.c"):
        read_project(_program(tmp_path, "two"))


def test_headers_are_those_of_the_folder_the_program_s_own_first(tmp_path: Path) -> None:
    for name in ("demo.h", "more.h", "vmlinux.h"):
        (tmp_path / name).write_text("// header\n")
    text = '#include "vmlinux.h"\n#include "more.h"\n#include "demo.h"\n#include "absent.h"\n#include "../up.h"\n'
    assert [header.name for header in read_project(_program(tmp_path, text=text)).headers] == ["demo.h", "more.h"]


def test_readme_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match="UTF-8"):
        read_project(_program(tmp_path))
