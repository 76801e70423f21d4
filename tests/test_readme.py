"""README and the programs agree: commands, options, exit codes, checks, targets, links."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import ebpfhub
import pytest
from ebpfhub.client.commands.root import cli as ecli
from ebpfhub.client.commands.run import USAGE, parse
from ebpfhub.examples.demo.running import CHECKS
from ebpfhub.node.cli import cli as hub
from ebpfhub.schemas.exit_codes import EXIT_CODES

ROOT = Path(ebpfhub.__path__[0]).resolve()
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
PROGRAMS = {"ecli": ecli, "ebpfhub": hub}
README = (ROOT / "README.md").read_text()


def _commands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for word, below in command.commands.items():
            yield from _commands(f"{name} {word}", below)
    else:
        yield name, command


ALL = {name: command for word, program in PROGRAMS.items() for name, command in _commands(word, program)}


def _table(head: str) -> list[list[str]]:
    """The rows of the README's table whose first column is headed by `head`."""
    lines = README.partition(f"| {head} | ")[2].splitlines()[2:]
    rows = itertools.takewhile(lambda line: line.startswith("|"), lines)
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def _typed(document: str) -> list[list[str]]:
    """Calls of our programs in a document's console blocks, as words; each part of a line with `|` or `&&` is one."""
    blocks = re.findall(r"^```console\n(.*?)^```$", (ROOT / document).read_text(), re.MULTILINE | re.DOTALL)
    lines = [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    parts = [part for line in lines for part in re.split(r"\||&&|&$| [<>] ?\S+", line)]
    words = [shlex.split(part, comments=True) for part in parts]
    return [found for found in words if found and found[0] in PROGRAMS]


def test_every_command_is_in_the_table() -> None:
    named = {name for cell, _ in _table("command") for name in re.findall("`([^`]+)`", cell)}
    assert sorted(named) == sorted(ALL)


def test_exit_codes_are_those_of_the_programs() -> None:
    named = {match[1]: int(code) for code, text in _table("exit code") if (match := re.match("`([a-z-]+)`", text))}
    assert named == EXIT_CODES


def test_checks_are_those_that_are_shown() -> None:
    assert {cell.strip("`") for cell, _ in _table("check")} == {"source", *CHECKS}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_commands_that_are_shown_can_be_typed(document: str) -> None:
    for words in _typed(document):
        if words[:2] == ["ecli", "run"]:
            assert parse([word for word in words[2:] if word != "-h"]).target
            continue
        name = next((" ".join(words[:count]) for count in (3, 2) if " ".join(words[:count]) in ALL), "")
        assert name, f"there is no such command: {words}"
        options = {option for parameter in ALL[name].params for option in parameter.opts}
        given = {word.partition("=")[0] for word in words if word.startswith("-")}
        assert given - options - {"-h", "--help"} == set(), words


@pytest.mark.parametrize("name", ALL)
def test_every_help_shows_examples(name: str) -> None:
    text = USAGE if name == "ecli run" else ALL[name].get_help(click.Context(ALL[name], info_name=name))
    assert "Examples:" in text
    assert len(re.findall(rf"^\s+(?:.*\| )?{re.escape(name)}\b", text, re.MULTILINE)) >= 1


@pytest.mark.parametrize("document", DOCUMENTS)
def test_targets_that_are_named_exist(document: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^\$ (?:sudo )?)make ([a-z]+)\b", (ROOT / document).read_text(), re.MULTILINE))
    assert named - targets == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    text = (ROOT / document).read_text()
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith("#"):
            titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
            assert target[1:] in {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles}
        elif "://" not in target:
            assert (ROOT / target).exists(), target


def test_demo_of_the_readme_is_a_whole_one() -> None:
    assert "=== Every step did what it should ===" in README, "run `make transcript`"
