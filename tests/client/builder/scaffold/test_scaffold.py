"""`ecli init`: every template for every name, and never over somebody's files."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from ebpfhub.client.builder.scaffold import template as templates_module
from ebpfhub.client.builder.scaffold.scaffold import scaffold
from ebpfhub.client.builder.scaffold.template import NAMES, crate_name, template, templates
from ebpfhub.schemas.errors import BadInput, Conflict
from ebpfhub.schemas.reference import check_name
from hypothesis import given
from hypothesis import strategies as st

EVERYWHERE = {
    ".devcontainer/devcontainer.json",
    ".dockerignore",
    ".github/workflows/package.yml",
    ".gitignore",
    "Dockerfile",
    "Makefile",
    "README.md",
    "config.json",
    "my-tool.bpf.c",
    "my-tool.h",
}
NAMES_OF_PACKAGES = st.from_regex(r"[a-z0-9]+(?:(?:\.|_|__|-{1,3})[a-z0-9]+){0,3}", fullmatch=True)


@pytest.mark.parametrize("name", NAMES)
def test_new_project_has_all_files(name: str, tmp_path: Path) -> None:
    made = scaffold("my-tool", tmp_path / "new", template_name=name)
    assert {path.relative_to(tmp_path / "new").as_posix() for path in made} >= EVERYWHERE
    assert '#include "my-tool.h"' in (tmp_path / "new" / "my-tool.bpf.c").read_text()
    for path in made:
        text = path.read_text()
        assert not re.search(r"@[A-Z]+@|\bNAME\b", text), path
        assert not re.search(r"[ \t]$|\n\n\n", text, re.MULTILINE), path
        assert text.endswith("\n"), path


@pytest.mark.parametrize("name", NAMES)
def test_targets_of_the_makefile_are_the_same_everywhere(name: str, tmp_path: Path) -> None:
    scaffold("my-tool", tmp_path, template_name=name)
    targets = set(re.findall(r"^([a-z]+):.*##", (tmp_path / "Makefile").read_text(), re.MULTILINE))
    assert targets == {"build", "run", "test", "publish", "clean", "help"}


def test_list_of_templates_is_that_of_the_folders() -> None:
    folder = Path(templates_module.__file__).parent / "templates"
    assert {path.name for path in folder.iterdir()} == {*NAMES, "common", "native", "wasm"}
    assert [item.name for item in templates()] == list(NAMES)
    assert all(0 < len(item.summary) <= 66 for item in templates())  # a line of 80 columns holds it, and the name


@given(name=NAMES_OF_PACKAGES)
def test_every_name_makes_a_crate_a_module_and_json(name: str) -> None:
    check_name(name)
    crate = crate_name(name)
    assert re.fullmatch(r"ebpf-[a-z0-9_-]+", crate)
    rust = template("libbpf-rs").render(name)
    assert tomllib.loads(rust["Cargo.toml"])["package"]["name"] == crate
    assert rust["src/main.rs"].count(f'"../dist/{name}.bpf.o"') == 1
    go = template("cilium-go").render(name)
    assert go["go.mod"].startswith(f"module example.org/{crate}\n")
    for made in (rust, go):
        assert json.loads(made[".devcontainer/devcontainer.json"])["name"] == name
        assert set(made) >= {f"{name}.bpf.c", f"{name}.h"}


def test_existing_program_only_gets_what_it_lacks(tmp_path: Path) -> None:
    (tmp_path / "mine.bpf.c").write_text("// mine")
    (tmp_path / "config.json").write_text("{}")
    made = {path.relative_to(tmp_path).as_posix() for path in scaffold("mine", tmp_path)}
    assert made == EVERYWHERE - {"my-tool.bpf.c", "my-tool.h", "config.json"}
    assert (tmp_path / "mine.bpf.c").read_text() == "// mine"
    assert (tmp_path / "config.json").read_text() == "{}"
    assert "prints a line" not in (tmp_path / "README.md").read_text().lower()  # that is what ours does
    assert scaffold("mine", tmp_path) == []


def test_existing_program_gets_no_tests_of_ours(tmp_path: Path) -> None:
    (tmp_path / "mine.bpf.c").write_text("// mine")
    scaffold("mine", tmp_path)
    assert "tests" not in json.loads((tmp_path / "config.json").read_text())


def test_file_in_the_way_is_not_overwritten_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("somebody's")
    with pytest.raises(Conflict, match="already"):
        scaffold("tool", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


def test_dangling_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "config.json").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Conflict):
        scaffold("tool", tmp_path)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("kind", ["file", "link"])
def test_what_is_in_the_way_of_a_folder_is_not_touched(kind: str, tmp_path: Path) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    for folder in (project, elsewhere):
        folder.mkdir()
    if kind == "file":
        (project / ".github").write_text("somebody's")
    else:
        (project / ".github").symlink_to(elsewhere)
    with pytest.raises(Conflict, match=r"already"):
        scaffold("tool", project)
    assert [path.name for path in project.iterdir()] == [".github"]
    assert list(elsewhere.iterdir()) == []


def test_folder_with_other_files_is_fine(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    assert len(scaffold("tool", tmp_path)) == len(EVERYWHERE)


@pytest.mark.parametrize("name", ["", "../x", "Tool", "a/b", "a@NAME@", "-a"])
def test_unfit_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        scaffold(name, tmp_path)


@pytest.mark.parametrize("name", ["nothing", "../builder", "common", "native", ""])
def test_unknown_template_is_refused_and_known_ones_are_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no template") as caught:
        scaffold("tool", tmp_path, template_name=name)
    assert all(known in caught.value.todo for known in NAMES)
    assert list(tmp_path.iterdir()) == []
