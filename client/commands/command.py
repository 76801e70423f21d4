"""What all click commands of ecli share: one message and the exit code of an error's kind; examples in every help."""

from __future__ import annotations

from collections.abc import Callable
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


def examples(text: str) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    """Add examples to a command's help, kept line by line."""

    def add(function: Callable[P, Any]) -> Callable[P, Any]:
        function.__doc__ = f"{cleandoc(function.__doc__ or '')}\n\n\b\nExamples:\n  " + "\n  ".join(
            text.strip().splitlines()
        )
        return function

    return add


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
