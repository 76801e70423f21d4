"""The command line of everything but `ecli run`: one click group; each command's work is in a module of its own."""

from __future__ import annotations

import click

from .build import build, init
from .command import EcliGroup
from .credentials import login, logout
from .mirrors import mirrors
from .packages import export, inspect, pull, verify
from .publish import publish, push
from .search import search
from .trust import trust

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(cls=EcliGroup, context_settings=CONTEXT)
@click.version_option(package_name="ebpfhub", prog_name="ecli")
def cli() -> None:
    """Find, verify and run eBPF programs with one line; build and publish your own.

    \b
    Examples:
      ecli trust add https://hub.example.org
      ecli search opensnoop
      ecli run --verify opensnoop
      ecli init mytool && cd mytool && ecli build && ecli publish --to https://hub.example.org
    """


@cli.command("run", context_settings={"ignore_unknown_options": True, "allow_extra_args": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run_command(arguments: tuple[str, ...]) -> None:
    """Find, verify, load and run a package."""
    from .run import run

    raise click.exceptions.Exit(run(arguments))


for _command in (search, pull, verify, inspect, export, trust, mirrors, login, logout, init, build, publish, push):
    cli.add_command(_command)
