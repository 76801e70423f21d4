"""The manuals name every command, option, setting, environment variable and exit code, in both languages alike."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import ebpfhub
import pytest
from ebpfhub.node.settings import Settings, settings_text
from ebpfhub.schemas.exit_codes import EXIT_CODES

from .documents import DOCS, blocks, headings, sections
from .manual_parts import CHINESE, ENGLISH, RUN, chinese, commands, english, options

ROOT = Path(ebpfhub.__path__[0])
MANUALS = pytest.mark.parametrize("path", [ENGLISH, CHINESE], ids=["english", "chinese"])
AGAIN = "python -P -m ebpfhub.tests.manual_parts writes it anew"


@pytest.mark.parametrize(("path", "made"), [(ENGLISH, english()), (CHINESE, chinese())], ids=["english", "chinese"])
def test_generated_parts_are_those_of_the_programs(path: Path, made: dict[str, str]) -> None:
    found = blocks(path.read_text())
    assert found.keys() == made.keys()
    for name, text in made.items():
        assert found[name] == text, AGAIN


@MANUALS
@pytest.mark.parametrize("name", [*commands(), RUN])
def test_command_is_documented_with_every_option(path: Path, name: str) -> None:
    section = sections(path.read_text())[f"`{name}`"]
    if path == CHINESE:  # what is made from the programs there are examples
        section = section.replace(blocks(path.read_text())[name], "")
    missing = [
        word for words in options(name) for word in words if not re.search(rf"(?<![\w-]){word}(?![\w-])", section)
    ]
    assert not missing


@MANUALS
def test_every_setting_is_documented(path: Path) -> None:
    text = path.read_text()
    assert not [name for name in (*_hub_settings(), *_client_settings()) if f"`{name}`" not in text]


@MANUALS
def test_every_environment_variable_is_documented(path: Path) -> None:
    text = path.read_text()
    assert not [name for name in _environment() if f"`{name}`" not in text]


@MANUALS
def test_every_exit_code_is_documented(path: Path) -> None:
    text = path.read_text()
    assert not [kind for kind, code in EXIT_CODES.items() if f"| {code} | `{kind}` |" not in text]


def test_both_manuals_have_the_same_structure() -> None:
    assert headings(ENGLISH.read_text()) == headings(CHINESE.read_text())


def test_every_link_between_documents_leads_somewhere() -> None:
    for document in DOCS.rglob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_every_document_is_in_the_table_of_contents() -> None:
    listed = (DOCS / "README.md").read_text()
    found = [path.relative_to(DOCS) for path in DOCS.rglob("*.md") if path.name != "README.md"]
    assert not [path for path in found if f"]({path})" not in listed]


def _hub_settings() -> list[str]:
    document = tomllib.loads(settings_text(Settings("hub.test", "127.0.0.1:1", "http://127.0.0.1:1")))
    found: list[str] = []
    for name, value in document.items():
        found += [f"{name}.{inner}" for inner in value] if isinstance(value, dict) else [name]
    return found


def _client_settings() -> list[str]:
    source = (ROOT / "client" / "settings.py").read_text()
    return [f"policy.{name}" for name in re.findall(r"policy\.(?:integer|boolean)\(\"(\w+)\"", source)]


def _environment() -> set[str]:
    sources = [path.read_text() for layer in ("client", "node", "federation") for path in (ROOT / layer).rglob("*.py")]
    return {name for text in sources for name in re.findall(r"os\.environ(?:\.get\(|\[)\"(\w+)\"", text)}
