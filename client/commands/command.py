"""What all click commands of ecli share: one message and the exit code of an error's kind; examples in every help."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from importlib import import_module
from inspect import cleandoc
from typing import Any, ParamSpec

import click

from ...schemas.errors import HubError
from ..failure import report

P = ParamSpec("P")


class EcliCommand(click.Command):
    """A command whose HubErrors end in one clear message and the exit code of their kind."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except HubError as error:
            ctx.exit(report(error))


class EcliGroup(click.Group):
    """A group of such commands, listed in the order in which they were added."""

    command_class = EcliCommand

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order in which they were added."""
        return list(self.commands)


class LazyCommands(MutableMapping[str, click.Command]):
    """Commands by name, each imported when it is first asked for: some of them import a lot.

    `places` names the module beside this one in which a command stands, under the command's own name. Commands that
    are added besides come first.
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = dict(places)
        self._loaded: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._loaded:
            self._loaded[name] = getattr(import_module(f".{self._places[name]}", __package__), name.replace("-", "_"))
        return self._loaded[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        yield from (name for name in self._loaded if name not in self._places)
        yield from self._places

    def __len__(self) -> int:
        return len(self._places | self._loaded)


def examples(text: str) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    """Add examples to a command's help, kept line by line."""

    def add(function: Callable[P, Any]) -> Callable[P, Any]:
        function.__doc__ = f"{cleandoc(function.__doc__ or '')}\n\n\b\nExamples:\n  " + "\n  ".join(
            text.strip().splitlines()
        )
        return function

    return add


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
