"""What `ecli run` was asked, and how its options are spelled. On the run path of `ecli`: imports stay few."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from ..schemas.errors import BadInput
from .output.duration import parse_duration

FLAGS = ("--verify", "--refresh", "--unsigned", "--json")
VALUES = ("--max-events", "--timeout")
_ANYWHERE = ("--json", *VALUES)  # what changes only how events are shown may stand after the package's name too


@dataclass(frozen=True, slots=True)
class RunOptions:
    """`target` is a reference or a file, `arguments` are the program's; `timeout` in seconds."""

    target: str
    arguments: tuple[str, ...] = ()
    verify: bool = False
    refresh: bool = False
    unsigned: bool = False
    json: bool = False
    max_events: int | None = None
    timeout: float | None = None


def set_flag(options: RunOptions, word: str) -> RunOptions:
    """The options with one of FLAGS set."""
    return replace(
        options,
        verify=options.verify or word == "--verify",
        refresh=options.refresh or word == "--refresh",
        unsigned=options.unsigned or word == "--unsigned",
        json=options.json or word == "--json",
    )


def set_value(options: RunOptions, word: str, text: str) -> RunOptions:
    """The options with one more value. Raises: BadInput."""
    if word == "--timeout":
        return replace(options, timeout=parse_duration(text, where=word))
    if not text.isascii() or not text.isdigit() or not 0 < len(text) < 19 or int(text) == 0:
        raise BadInput(f"{text[:40]!r} is not a number above 0", where=word)
    return replace(options, max_events=int(text))


def take_own(options: RunOptions, names: Collection[str]) -> RunOptions:
    """Take ecli's output options out of the program's arguments, but for those named like one of the program's.

    `names` are the program's long options, without dashes. Raises: BadInput.
    """
    own = [word for word in _ANYWHERE if word[2:] not in names and word[2:].replace("-", "_") not in names]
    kept: list[str] = []
    rest = list(options.arguments)
    while rest:
        argument = rest.pop(0)
        word, given, value = argument.partition("=")
        if word in FLAGS and word not in _ANYWHERE and word[2:] not in names:
            raise BadInput("stands before the package's name", where=word, todo=f"ecli run {word} {options.target} …")
        if word not in own or (word == "--json" and given):
            kept.append(argument)
        elif word == "--json":
            options = set_flag(options, word)
        elif given or rest:
            options = set_value(options, word, value if given else rest.pop(0))
        else:
            raise BadInput("needs a value", where=word)
    return replace(options, arguments=tuple(kept))
