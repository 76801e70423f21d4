"""The command line of everything but `ecli run`: one click group; each command's work is in a module of its own."""

from __future__ import annotations

import click

from .command import EcliGroup, LazyCommands

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
# Where each command stands, in the order of the help.
COMMANDS = LazyCommands(
    {
        "search": "search",
        **dict.fromkeys(("pull", "verify", "inspect", "export"), "packages"),
        "trust": "trust",
        "mirrors": "mirrors",
        **dict.fromkeys(("login", "logout"), "credentials"),
        **dict.fromkeys(("init", "build"), "build"),
        "build-types": "build_types",
        "test": "test",
        "sign": "signing",
        **dict.fromkeys(("publish", "push"), "publish"),
        **dict.fromkeys(("tag", "yank", "owner", "revoke"), "ownership"),
    }
)


@click.group(cls=EcliGroup, context_settings=CONTEXT, commands=COMMANDS)
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
