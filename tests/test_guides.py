"""What the guides and the threat model tell to type exists, in both languages alike."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest
from ebpfhub.client.commands.root import cli as ecli
from ebpfhub.client.commands.run import parse
from ebpfhub.node.cli import cli as hub

from .documents import DOCS, headings

PROGRAMS = {"ecli": ecli, "ebpfhub": hub}
NAMES = ("publishing", "threats")
_BLOCK = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CALL = re.compile(r"(?:^|[\s|&`])((?:ecli|ebpfhub) [a-z][^`|&\n]*)")


def calls(document: str) -> Iterator[list[str]]:
    """Calls of our programs in a document's blocks and between code marks, as words. A single word is no call."""
    text = document.replace("\\\n", " ")
    inline = re.findall(r"`[^`\n]+`", _BLOCK.sub("", text))
    for part in [*_BLOCK.findall(text), *inline]:
        for line in part.splitlines():
            yield from (found.split() for found in _CALL.findall(line.partition(" #")[0]))


@pytest.mark.parametrize("name", [f"{name}{language}" for name in NAMES for language in ("", ".zh")])
def test_commands_that_are_shown_exist_with_their_options(name: str) -> None:
    found = list(calls((DOCS / f"{name}.md").read_text()))
    assert len(found) > 20
    for words in found:
        _known(words)


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_name_the_same_commands(name: str) -> None:
    english, chinese = ((DOCS / f"{name}{language}.md").read_text() for language in ("", ".zh"))
    assert [" ".join(words) for words in calls(chinese)] == [" ".join(words) for words in calls(english)]
    assert headings(chinese) == headings(english)


def _known(words: list[str]) -> None:
    program, *rest = words
    command: click.Command = PROGRAMS[program]
    while isinstance(command, click.Group) and rest:
        assert rest[0] in command.commands, f"there is no such command: {words}"
        command, rest = command.commands[rest[0]], rest[1:]
    if words[:2] == ["ecli", "run"]:
        assert parse([*rest, "target"]).target
        return
    given = {word.partition("=")[0] for word in rest if word.startswith("--")}
    options = {option for parameter in command.params for option in parameter.opts}
    assert given <= options, f"{words}: {given - options}"
