"""What all `ebpfhub` commands share: errors with the exit code of their kind, examples, operations on a folder."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec

import click

from ..schemas.errors import BadInput, HubError
from ..schemas.exit_codes import EXIT_CODES, exit_code
from .folder import HubFolder

P = ParamSpec("P")
_NODE_EXTRA = ("sqlite_utils", "jwt", "jinja2", "markdown_it", "markupsafe", "nh3")


class HubCommand(click.Command):
    """A command whose HubErrors end in one clear message and the exit code of their kind."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except HubError as error:
            click.echo(f"ebpfhub: {error}", err=True)
            ctx.exit(exit_code(error))
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in _NODE_EXTRA:
                raise
            click.echo(f"ebpfhub: {error.name} is not installed\n  pip install 'ebpfhub[node]'", err=True)
            ctx.exit(EXIT_CODES["unsupported"])


class HubGroup(click.Group):
    """A group of such commands, listed in the order in which they were added."""

    command_class = HubCommand

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order in which they were added."""
        return list(self.commands)


HubGroup.group_class = HubGroup

FOLDER = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def examples(text: str) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    """Add examples to a command's help, kept line by line."""

    def add(function: Callable[P, Any]) -> Callable[P, Any]:
        function.__doc__ = f"{inspect.cleandoc(function.__doc__ or '')}\n\n\b\nExamples:\n  " + "\n  ".join(
            text.strip().splitlines()
        )
        return function

    return add


def counted(number: int, noun: str) -> str:
    """`1 release`, `2 releases`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def operate_on(folder: Path, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Carry out an operation on a hub's folder, whether it is served or not. Raises: HubError."""
    from .control import call

    return asyncio.run(call(hub_folder(folder), name, arguments))


def hub_folder(folder: Path) -> HubFolder:
    """The hub in a folder that somebody named. Raises: BadInput."""
    place = HubFolder(folder.absolute())
    if not place.settings.is_file():
        raise BadInput("this is not a hub's folder", where=str(folder), todo="`ebpfhub init DIR …` makes one.")
    return place
