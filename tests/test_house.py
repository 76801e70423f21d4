"""The rules of the house, checked against the code: packages, layers, docstrings, lengths, words that do not belong."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import ebpfhub
import pytest

ROOT = Path(ebpfhub.__path__[0]).resolve()
FOLDERS = ("schemas", "signing", "federation", "node", "client")
OF_THE_NODE = ("node/", "signing/authority/")  # what needs the extra `node`
OF_THE_KEYRING = ("client/system_keyring.py",)  # what needs the extra `keyring`
OF_THE_BUILD = ("client/builder/attest/",)  # what needs the extra `build`
MAX_LINES = 350
# what each folder may import besides itself
BELOW = {
    "schemas": set(),
    "signing": {"schemas"},
    "federation": {"schemas", "signing"},
    "node": {"schemas", "signing", "federation"},
    "client": {"schemas", "signing", "federation"},
}
# libraries that have one place
PLACES = {
    "click": r"node/(cli|command|\w+_commands)\.py|client/commands/\w+\.py",
    "ctypes": r"client/loader/\w+\.py|client/builder/compiler/types\.py",
    "jinja2": r"node/web/\w+\.py",
    "msgpack": r"schemas/codec\.py",
    "sqlite3": r"node/storage/\w+\.py",
    "sqlite_utils": r"node/storage/\w+\.py",
    "aiohttp": r"federation/transport\.py|node/.*",
}
RUN_NOT_IMPORTED = {"ziglang"}
PARTS_OF_SIGSTORE = {"sigstore-models", "rfc8785"}  # split off it, and named in its interface
SKIPS = re.compile(r"pytest\.(?:skip|importorskip|xfail)\b|\bmark\.(?:skip|skipif|xfail)\b")
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|NotImplemented" + r"Error)\b")
FOREIGN_PATHS = re.compile(r"(?<![\w.~$}-])/(?:root|home|work|Users)/\w")
REGISTRY_HOSTS = re.compile(r"\b(?:files\.pythonhosted|pypi|registry\.npmjs|crates|proxy\.golang)\.(?:org|io)\b")


def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def _modules() -> list[Path]:
    return sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))


def _own_files() -> Iterator[Path]:
    """Every text file of the project that people write."""
    kept = (*FOLDERS, "tests", "examples", "docs", "bench", ".ci")
    places = [*ROOT.glob("*"), *(path for folder in kept for path in (ROOT / folder).rglob("*"))]
    for path in places:
        generated = {"__pycache__", "ebpfhub.egg-info", "build"} & set(path.relative_to(ROOT).parts)
        if path.is_file() and not generated and b"\0" not in path.read_bytes():
            yield path


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _imports(path: Path) -> Iterator[str]:
    """Modules that a file imports, anywhere in it: those of the project as `folder.module`."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name.removeprefix("ebpfhub.") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            above = package[: len(package) - node.level + 1]
            inside = ".".join((*above, *(node.module or "").split("."))).strip(".")
            yield from ([inside] if inside else (alias.name for alias in node.names))
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.removeprefix("ebpfhub.")


def test_package_list_equals_the_folders() -> None:
    listed = _project()["tool"]["setuptools"]["packages"]
    there = {"ebpfhub", *(f"ebpfhub.{_name(path.parent).replace('/', '.')}" for path in _modules())}
    assert sorted(listed) == sorted(there)


def test_every_folder_with_modules_is_a_package() -> None:
    assert [_name(path.parent) for path in _modules() if not (path.parent / "__init__.py").is_file()] == []


def test_every_other_file_of_a_package_is_shipped() -> None:
    data = _project()["tool"]["setuptools"]["package-data"]
    shipped = {*_modules(), *(ROOT / name for name in _project()["tool"]["setuptools"]["script-files"])}
    for package, patterns in data.items():
        folder = ROOT.joinpath(*package.split(".")[1:])
        shipped |= {path for pattern in patterns for path in folder.glob(pattern)}
    there = {path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()}
    assert sorted(_name(path) for path in there - shipped if "__pycache__" not in path.parts) == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_imports_go_down_only(folder: str) -> None:
    wrong = [
        f"{_name(path)} imports {module}"
        for path in (ROOT / folder).rglob("*.py")
        for module in _imports(path)
        if module.partition(".")[0] in set(FOLDERS) - BELOW[folder] - {folder}
    ]
    assert wrong == []


@pytest.mark.parametrize("library", PLACES)
def test_library_stays_in_its_place(library: str) -> None:
    users = {_name(path) for path in _modules() if library in {module.partition(".")[0] for module in _imports(path)}}
    assert users, f"nothing imports {library} any more: take it out of pyproject.toml and of this test"
    assert sorted(user for user in users if not re.fullmatch(PLACES[library], user)) == []


def test_dependencies_are_those_that_are_imported() -> None:
    client, node = _dependencies("dependencies"), _dependencies("optional-dependencies", "node")
    build = _dependencies("optional-dependencies", "build") - RUN_NOT_IMPORTED
    build |= _dependencies("optional-dependencies", "keyring")
    used = _libraries(_modules())
    assert {"declared, not imported": (client | node | build) - used} == {"declared, not imported": set()}
    assert {"imported, not declared": used - client - node - build} == {"imported, not declared": set()}
    plain = _libraries(
        path for path in _modules() if not _name(path).startswith((*OF_THE_NODE, *OF_THE_BUILD, *OF_THE_KEYRING))
    )
    assert {"missing in a plain install": plain - client} == {"missing in a plain install": set()}


def _dependencies(*keys: str) -> set[str]:
    """Names of the distributions that pyproject.toml lists."""
    found: Any = _project()["project"]
    for key in keys:
        found = found[key]
    return {_normal(re.split(r"[<>=\[]", item)[0]) for item in found}


def _libraries(paths: Iterable[Path]) -> set[str]:
    """Names of the distributions that modules import."""
    modules = {name.partition(".")[0] for path in paths for name in _imports(path)}
    distributions = packages_distributions()
    foreign = modules - set(FOLDERS) - sys.stdlib_module_names - {"ebpfhub"}
    return {_normal(distributions.get(name, [name])[0]) for name in foreign} - PARTS_OF_SIGSTORE


def _normal(name: str) -> str:
    return name.lower().replace("_", "-")


def test_every_module_says_what_it_is() -> None:
    places = [*_modules(), *(ROOT / "examples").rglob("*.py"), *(ROOT / "bench").rglob("*.py")]
    assert [_name(path) for path in places if not ast.get_docstring(ast.parse(path.read_bytes()))] == []


def test_init_files_hold_a_docstring_only() -> None:
    files = [ROOT / "__init__.py", *(path for path in _modules() if path.name == "__init__.py")]
    assert [_name(path) for path in files if len(ast.parse(path.read_bytes()).body) != 1] == []


def test_no_module_is_long() -> None:
    assert [_name(path) for path in _modules() if len(path.read_bytes().splitlines()) > MAX_LINES] == []


def test_nothing_is_skipped() -> None:
    assert [_name(path) for path in (ROOT / "tests").rglob("*.py") if SKIPS.search(path.read_text())] == []


def test_nothing_is_left_unfinished() -> None:
    assert [_name(path) for path in _own_files() if UNFINISHED.search(path.read_text(errors="replace"))] == []


@pytest.mark.parametrize("words", [FOREIGN_PATHS, REGISTRY_HOSTS], ids=["paths of a machine", "registries' hosts"])
def test_no_file_names_what_is_elsewhere(words: re.Pattern[str]) -> None:
    found = {_name(path): words.findall(path.read_text(errors="replace")) for path in _own_files()}
    assert {name: hits for name, hits in found.items() if hits} == {}
