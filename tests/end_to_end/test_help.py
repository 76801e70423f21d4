"""Every help text shows examples, fits a terminal, and names commands that exist."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator

import click
import pytest
from ebpfhub.client.commands.root import cli as ecli_group
from ebpfhub.client.commands.run import USAGE
from ebpfhub.node.cli import cli as hub_group

from ..hubs import BIN

GROUPS: dict[str, click.Group] = {"ecli": ecli_group, "ebpfhub": hub_group}


def _commands(words: tuple[str, ...], command: click.Command) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield words, command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _commands((*words, name), inner)


ALL = [found for name, group in GROUPS.items() for found in _commands((name,), group)]


def _help(words: tuple[str, ...], option: str = "--help") -> str:
    """What a real process prints."""
    done = subprocess.run([BIN / words[0], *words[1:], option], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _told(words: tuple[str, ...], command: click.Command) -> str:
    """The same text, made here: a process for each of the commands would take too long."""
    if words == ("ecli", "run"):  # which click does not see
        return USAGE
    return command.get_help(click.Context(command, info_name=" ".join(words), max_content_width=100))


def _examples(told: str) -> list[str]:
    """The lines of the paragraph of examples."""
    return told.partition("Examples:\n")[2].partition("\n\n")[0].splitlines()


@pytest.mark.parametrize(("words", "command"), ALL, ids=[" ".join(words) for words, _ in ALL])
def test_help_shows_examples_that_are_commands(words: tuple[str, ...], command: click.Command) -> None:
    told = _told(words, command)
    if not (isinstance(command, click.Group) and len(words) > 1):
        shown = re.findall(r"\b(ecli|ebpfhub) ([a-z-]+)", "\n".join(_examples(told)))
        assert shown, f"{' '.join(words)} --help shows no example"
        for program, name in shown:
            assert name in GROUPS[program].commands, f"{program} {name} is not a command"
    assert max(map(len, told.splitlines())) <= 120
    assert " ".join(words) in told


def test_help_is_printed_by_the_programs() -> None:
    for words in (("ecli",), ("ecli", "run"), ("ecli", "trust", "add"), ("ebpfhub",), ("ebpfhub", "token", "create")):
        assert "Examples:" in _help(words)


def test_the_short_option_for_help_does_the_same() -> None:
    for words in (("ecli",), ("ecli", "run"), ("ebpfhub", "serve")):
        assert _help(words, "-h") == _help(words)


def test_options_in_examples_exist() -> None:
    for words, command in ALL:
        context = click.Context(command)
        known = {option for item in command.get_params(context) for option in item.opts} | {"--help", "-h"}
        for line in _examples(_told(words, command)):
            for call in line.split("|"):
                parts = shlex.split(call)
                if tuple(parts[: len(words)]) == words and "run" not in words and not isinstance(command, click.Group):
                    used = {part.partition("=")[0] for part in parts if part.startswith("-")}
                    assert used <= known, f"{call}: {used - known}"


def test_versions_are_told() -> None:
    for name in GROUPS:
        done = subprocess.run([BIN / name, "--version"], check=False, capture_output=True, text=True, timeout=60)
        assert re.search(r"\d+\.\d+\.\d+", done.stdout)
